using System.Security.Cryptography;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Tests.Webhooks;

/// <summary>Events of a realm come to a real receiver.</summary>
public sealed class DeliveryTests : WebhookTest
{
    [Fact]
    public async Task An_event_comes_with_all_that_is_known_and_a_signature_that_the_example_of_the_readme_verifies()
    {
        CreateWebhookResponse made = await CreateAsync();
        await AppendAsync(new ClusterEvent
        {
            Kind = EventKind.AllocationEnded,
            Realm = "turnpike",
            User = "käse 🧀",
            Tag = "red",
            Edge = "north-1",
            Allocation = 42,
            At = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
            Reason = "expired",
            Totals = new UsageAmount { BytesToPeers = 5 },
        });
        Received received = (await Receiver.HasAsync(1))[0];

        Assert.Equal("application/json", received.ContentType);
        Assert.Equal(("events", "realms/turnpike/webhooks/hook", 0), (received.Payload.Type, received.Payload.Webhook, received.Payload.Missed));
        Assert.Equal(1_700_000_000, received.Payload.Timestamp.Seconds);
        Event entry = Assert.Single(received.Payload.Events);
        Assert.Equal((Event.Types.Kind.AllocationEnded, "käse 🧀", "red", "expired", 5), (entry.Kind, entry.User, entry.Tag, entry.Reason, entry.Totals.BytesToPeers));
        Assert.NotEmpty(entry.Id);
        Assert.True(await Example.VerifiesAsync(made.Secret, received));
        Assert.False(await Example.VerifiesAsync(made.Secret, received with { Body = received.Body.Replace("red", "blue", StringComparison.Ordinal) }));
        Assert.False(await Example.VerifiesAsync(made.Secret, received with { Id = "msg_other" }));
        Assert.False(await Example.VerifiesAsync("whsec_" + Convert.ToBase64String(new byte[32]), received));
        // One that was sent an hour ago may be one that somebody has kept and sends again.
        Assert.False(await Example.VerifiesAsync(made.Secret, Signed(made.Secret, received, TimeProvider.System.GetUtcNow().AddHours(-1))));
    }

    [Fact]
    public async Task Many_events_come_in_their_order_in_deliveries_of_at_most_a_hundred()
    {
        await AppendAsync("before");
        await CreateAsync();
        await AppendAsync(Numbers(1, 250));
        await Receiver.HasUsersAsync("250");
        Assert.Equal(Numbers(1, 250), Receiver.Users);
        Assert.All(Receiver.All, received => Assert.InRange(received.Payload.Events.Count, 1, 100));
        Assert.Equal(Receiver.All.Count, Receiver.All.Select(received => received.Id).Distinct().Count());
        Assert.Equal(250, Receiver.All.SelectMany(received => received.Payload.Events).Select(entry => entry.Id).Distinct().Count());
        Webhook webhook = await GetAsync("all delivered", webhook => webhook.Status.DeliveredEvents == 250);
        Assert.Equal(Webhook.Types.State.Enabled, webhook.State);
        Assert.NotNull(webhook.Status.LastSuccessTime);
        Assert.Null(webhook.Status.Lag);
    }

    [Fact]
    public async Task Only_the_kinds_and_tags_come_that_are_asked_for()
    {
        await CreateAsync(change: webhook =>
        {
            webhook.Kinds.Add(Event.Types.Kind.AllocationStarted);
            webhook.Tags.Add(["red", "blue"]);
        });
        await AppendAsync(
            Started("1", "red"), Started("2", "green"), Started("3", "blue") with { Kind = EventKind.QuotaReached }, Started("4"), Started("5", "blue"));
        await Receiver.HasUsersAsync("5");
        Assert.Equal(["1", "5"], Receiver.Users);
        await AppendAsync(Started("6", "green"), Started("7", "green"));
        // What nobody wants is passed over without a delivery.
        await GetAsync("passed over", webhook => webhook.Status.Lag is null);
        Assert.Equal(["1", "5"], Receiver.Users);
    }

    [Fact]
    public async Task What_fails_comes_again_as_it_was_under_the_same_id_and_before_what_is_newer()
    {
        Receiver.Answer = (_, context) =>
        {
            context.Response.StatusCode = Receiver.All.Count <= 2 ? 503 : 200;
            return Task.CompletedTask;
        };
        await CreateAsync();
        await AppendAsync("1", "2");
        await Receiver.HasAsync(1);
        Webhook failing = await GetAsync("a failure", webhook => webhook.State == Webhook.Types.State.Failing);
        Assert.Equal("HTTP 503", failing.Status.LastFailure);
        Assert.NotNull(failing.Status.NextAttemptTime);
        Assert.True(failing.Status.Lag.Seconds > 0);
        await AppendAsync("3");
        await Receiver.HasUsersAsync("3");
        Assert.Equal(["1", "2", "3"], Receiver.Users);
        IReadOnlyList<Received> all = Receiver.All;
        Assert.Equal(4, all.Count);
        Assert.Single(all.Take(3).Select(received => (received.Id, received.Body)).Distinct());
        Webhook mended = await GetAsync("mended", webhook => webhook.Status.DeliveredEvents == 3);
        Assert.Equal((Webhook.Types.State.Enabled, 0), (mended.State, mended.Status.FailedAttempts));
        Assert.Equal("realms/turnpike/webhooks/hook could not be delivered: HTTP 503; it is tried again", Assert.Single(Plane.Log.Of(3150)));
        Assert.Single(Plane.Log.Of(3151));
    }

    [Fact]
    public async Task A_receiver_that_is_gone_gets_nothing_until_the_webhook_is_changed()
    {
        Receiver.Answer = (_, context) =>
        {
            context.Response.StatusCode = Receiver.All.Count == 1 ? 410 : 200;
            return Task.CompletedTask;
        };
        await CreateAsync();
        await AppendAsync("1");
        Webhook disabled = await GetAsync("disabled", webhook => webhook.State == Webhook.Types.State.Disabled);
        Assert.Contains("410", disabled.Status.DisabledReason, StringComparison.Ordinal);
        await Until.TrueAsync("the log says so", () => Plane.Log.Of(3152).Count() == 1);
        await AppendAsync("2");
        await Api.UpdateWebhookAsync(
            new UpdateWebhookRequest { Webhook = new Webhook { Name = disabled.Name, Paused = false } }, cancellationToken: Cancellation);
        await Receiver.HasUsersAsync("1", "2");
        IReadOnlyList<Received> all = Receiver.All;
        Assert.Equal(all[0].Id, all[1].Id);
        Assert.Equal(["1", "2"], Receiver.Users);
    }

    [Fact]
    public async Task What_was_not_kept_long_enough_is_told_as_a_gap()
    {
        await AppendAsync("before");
        await CreateAsync();
        await PauseAsync(true);
        await AppendAsync(new ClusterOptions { EventLog = 100 }, [.. Numbers(1, 150).Select(user => Started(user))]);
        Assert.Equal(Webhook.Types.State.Paused, (await GetAsync()).State);
        await PauseAsync(false);
        await Receiver.HasUsersAsync("150");
        Assert.Equal(Numbers(51, 100), Receiver.Users);
        Assert.Equal(50, Receiver.All[0].Payload.Missed);
        Webhook webhook = await GetAsync("told", webhook => webhook.Status.DeliveredEvents == 100);
        Assert.Equal(50, webhook.Status.MissedEvents);
        await Until.TrueAsync("the log says so", () => Plane.Log.Of(3153).Any());
        Assert.Contains("missed 50 events", Assert.Single(Plane.Log.Of(3153)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gap_is_told_also_where_no_event_is_wanted()
    {
        await AppendAsync("before");
        await CreateAsync(change: webhook => webhook.Tags.Add("red"));
        await PauseAsync(true);
        await AppendAsync(new ClusterOptions { EventLog = 100 }, [.. Numbers(1, 120).Select(user => Started(user))]);
        await PauseAsync(false);
        Received received = (await Receiver.HasAsync(1))[0];
        Assert.Equal((20, 0), (received.Payload.Missed, received.Payload.Events.Count));
    }

    [Fact]
    public async Task For_an_overlap_there_is_a_signature_by_the_old_secret_too()
    {
        CreateWebhookResponse made = await CreateAsync();
        RotateWebhookSecretResponse rotated = await RotateAsync(null);
        Assert.NotEqual(made.Secret, rotated.Secret);
        Assert.Equal(2, rotated.Webhook.Secrets.Count);
        Assert.NotNull(rotated.Webhook.Secrets[1].ExpireTime);
        await AppendAsync("1");
        Received both = (await Receiver.HasAsync(1))[0];
        Assert.Equal(2, both.Signature.Split(' ').Length);
        Assert.True(await Example.VerifiesAsync(made.Secret, both));
        Assert.True(await Example.VerifiesAsync(rotated.Secret, both));

        RotateWebhookSecretResponse last = await RotateAsync(new Duration());
        Assert.Single(last.Webhook.Secrets);
        await AppendAsync("2");
        Received one = (await Receiver.HasAsync(2))[1];
        Assert.False(await Example.VerifiesAsync(rotated.Secret, one));
        Assert.True(await Example.VerifiesAsync(last.Secret, one));
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_holds_up_nobody_else()
    {
        TaskCompletionSource end = new();
        Receiver.Answer = (received, context) =>
        {
            context.Response.StatusCode = 500;
            return received.Payload.Webhook.EndsWith("/slow", StringComparison.Ordinal) ? end.Task : Answer(context, 200);
        };
        await CreateAsync("slow");
        await CreateAsync("fast");
        await AppendAsync("1");
        await Until.TrueAsync("both are asked", () => Receiver.All.Count == 2);
        await AppendAsync("2");
        await Receiver.HasUsersAsync("1", "2");
        Assert.Single(Receiver.All, received => received.Payload.Webhook.EndsWith("/slow", StringComparison.Ordinal));
        end.SetResult();
    }

    [Fact]
    public async Task What_a_receiver_writes_back_is_not_read()
    {
        TaskCompletionSource end = new();
        Receiver.Answer = async (_, context) =>
        {
            await context.Response.WriteAsync(new string('x', 100_000), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await end.Task;
        };
        await CreateAsync();
        await AppendAsync("1");
        await GetAsync("delivered", webhook => webhook.Status.DeliveredEvents == 1);
        end.SetResult();
    }

    [Fact]
    public async Task A_deleted_webhook_gets_nothing_and_a_new_one_of_its_name_begins_anew()
    {
        Receiver.Answer = (_, context) => Answer(context, 503);
        CreateWebhookResponse made = await CreateAsync();
        await AppendAsync("1");
        await Receiver.HasAsync(1);
        await Api.DeleteWebhookAsync(new DeleteWebhookRequest { Name = made.Webhook.Name }, cancellationToken: Cancellation);
        Receiver.Answer = (_, context) => Answer(context, 200);
        await CreateAsync();
        await AppendAsync("2");
        await Receiver.HasUsersAsync("2");
        Assert.Equal(["2"], Receiver.Users);
    }

    [Fact]
    public async Task Metrics_tell_what_was_delivered_and_what_was_not()
    {
        Receiver.Answer = (_, context) => Answer(context, Receiver.All.Count == 1 ? 500 : 200);
        await CreateAsync();
        await AppendAsync("1", "2", "3");
        await GetAsync("delivered", webhook => webhook.Status.DeliveredEvents == 3);
        using HttpClient client = Plane.Rest(token: null);
        string scrape = "";
        // Nothing waits any more when the next look at the log has found nothing.
        await Until.TrueAsync("no lag", async () =>
        {
            scrape = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation);
            return scrape.Contains("turnpike_control_plane_webhook_lag_seconds 0\n", StringComparison.Ordinal);
        });
        Assert.Contains("turnpike_control_plane_webhook_attempts_total{result=\"delivered\"} 1\n", scrape, StringComparison.Ordinal);
        Assert.Contains("turnpike_control_plane_webhook_attempts_total{result=\"refused\"} 1\n", scrape, StringComparison.Ordinal);
        Assert.Contains("turnpike_control_plane_webhook_attempts_total{result=\"blocked\"} 0\n", scrape, StringComparison.Ordinal);
        Assert.Contains("turnpike_control_plane_webhook_retries_total 1\n", scrape, StringComparison.Ordinal);
        Assert.Contains("turnpike_control_plane_webhook_events_total 3\n", scrape, StringComparison.Ordinal);
        Assert.Contains("turnpike_control_plane_webhook_missed_events_total 0\n", scrape, StringComparison.Ordinal);
        Assert.Contains("turnpike_control_plane_webhook_disabled_total 0\n", scrape, StringComparison.Ordinal);
        Assert.Contains("turnpike_control_plane_webhooks 1\n", scrape, StringComparison.Ordinal);
    }

    private static Task Answer(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static Received Signed(string secret, Received received, DateTimeOffset at)
    {
        string timestamp = $"{at.ToUnixTimeSeconds()}";
        byte[] key = Convert.FromBase64String(secret["whsec_".Length..]);
        byte[] digest = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{received.Id}.{timestamp}.{received.Body}"));
        return received with { Timestamp = timestamp, Signature = $"v1,{Convert.ToBase64String(digest)}" };
    }

    private async Task PauseAsync(bool paused) => await Api.UpdateWebhookAsync(
        new UpdateWebhookRequest { Webhook = new Webhook { Name = $"{Parent}/webhooks/hook", Paused = paused } }, cancellationToken: Cancellation);

    private async Task<RotateWebhookSecretResponse> RotateAsync(Duration? overlap) => await Api.RotateWebhookSecretAsync(
        new RotateWebhookSecretRequest { Name = $"{Parent}/webhooks/hook", Overlap = overlap }, cancellationToken: Cancellation);
}
