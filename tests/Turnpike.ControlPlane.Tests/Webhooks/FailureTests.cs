using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Options;
using Turnpike.ControlPlane.Webhooks;
using Turnpike.Stores;

namespace Turnpike.ControlPlane.Tests.Webhooks;

/// <summary>What happens when a receiver, its address or the store is not as it should be.</summary>
public sealed class FailureTests : WebhookTest
{
    private const int RetryFor = 60;

    protected override string[] Settings =>
    [
        "--ControlPlane:Webhooks:AllowPrivate:0=127.0.0.0/8", "--ControlPlane:Webhooks:Timeout=1", "--ControlPlane:Webhooks:FirstRetry=2",
        "--ControlPlane:Webhooks:LongestRetry=8", $"--ControlPlane:Webhooks:RetryFor={RetryFor}",
    ];

    [Fact]
    public async Task A_test_says_at_once_what_became_of_it()
    {
        CreateWebhookResponse made = await CreateAsync(change: webhook => webhook.Paused = true);
        TestWebhookResponse good = await TestAsync();
        Assert.Equal((true, 200, ""), (good.Delivered, good.HttpStatus, good.Failure));
        Received ping = Assert.Single(Receiver.All);
        Assert.Equal(("ping", "realms/turnpike/webhooks/hook", 0), (ping.Payload.Type, ping.Payload.Webhook, ping.Payload.Events.Count));
        Assert.Equal(good.Id, ping.Id);
        Assert.True(await Example.VerifiesAsync(made.Secret, ping));

        Receiver.Answer = (_, context) => Task.FromResult(context.Response.StatusCode = 404);
        TestWebhookResponse bad = await TestAsync();
        Assert.Equal((false, 404, "HTTP 404"), (bad.Delivered, bad.HttpStatus, bad.Failure));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using Receiver elsewhere = await Receiver.StartAsync();
        Receiver.Answer = (_, context) =>
        {
            context.Response.Redirect(elsewhere.Address.AbsoluteUri, permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        };
        await CreateAsync();
        TestWebhookResponse answer = await TestAsync();
        Assert.Equal((false, 307, "HTTP 307, and redirects are not followed"), (answer.Delivered, answer.HttpStatus, answer.Failure));
        Assert.Empty(elsewhere.All);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_in_time_is_asked_again()
    {
        TaskCompletionSource end = new();
        Receiver.Answer = (_, _) => Receiver.All.Count == 1 ? end.Task : Task.CompletedTask;
        await CreateAsync();
        await AppendAsync("1");
        Webhook webhook = await GetAsync("a failure", webhook => webhook.State == Webhook.Types.State.Failing);
        Assert.Matches(@"^no answer within 1(\.\d)? s$", webhook.Status.LastFailure);
        await Receiver.HasUsersAsync("1");
        end.SetResult();
        Assert.Equal(Receiver.All[0].Id, Receiver.All[1].Id);
    }

    [Fact]
    public async Task What_cannot_be_reached_is_named_without_an_address()
    {
        int port;
        await using (Receiver gone = await Receiver.StartAsync())
        {
            port = gone.Address.Port;
        }
        Assert.Equal("no connection", await FailureAsync($"http://127.0.0.1:{port}/"));
        Assert.Equal("the name has no address", await FailureAsync("https://no-such-name.invalid/"));
        Assert.Equal("the receiver's certificate is not accepted, or there is no TLS", await FailureAsync($"https://127.0.0.1:{Receiver.Address.Port}/"));
    }

    [Fact]
    public async Task Nothing_is_sent_to_an_address_that_the_settings_do_not_open()
    {
        await using TestControlPlane closed = await TestControlPlane.StartAsync(Plane.Redis, []);
        // A name is judged when it is used: it may lead elsewhere by then.
        await closed.Webhooks().CreateWebhookAsync(
            new CreateWebhookRequest { Parent = Parent, WebhookId = "hook", Webhook = new Webhook { Url = $"http://localhost:{Receiver.Address.Port}/" } },
            cancellationToken: Cancellation);
        TestWebhookResponse answer = await closed.Webhooks().TestWebhookAsync(
            new TestWebhookRequest { Name = $"{Parent}/webhooks/hook" }, cancellationToken: Cancellation);
        Assert.Equal((false, 0), (answer.Delivered, answer.HttpStatus));
        Assert.Contains("private or special", answer.Failure, StringComparison.Ordinal);
        Assert.Empty(Receiver.All);
        foreach (string url in new[] { "https://10.1.2.3/", "https://[::1]/", "https://169.254.169.254/latest", "https://[::ffff:10.0.0.1]/", "https://0x7f.1/", "https://2130706433/" })
        {
            await Refused.FieldAsync("webhook.url", async () => await closed.Webhooks().CreateWebhookAsync(
                new CreateWebhookRequest { Parent = Parent, Webhook = new Webhook { Url = url } }, cancellationToken: Cancellation));
        }
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.0.0.1", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("::ffff:8.8.8.8", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::1", false)]
    public void Special_addresses_are_closed_but_for_those_that_the_settings_open(string address, bool allowed) =>
        Assert.Equal(allowed, Plane.Services.GetRequiredService<ReceiverAddresses>().Allows(IPAddress.Parse(address)));

    [Fact]
    public async Task While_the_store_is_away_nothing_is_sent_and_what_has_arrived_does_not_come_again()
    {
        RedisServer redis = Plane.Redis;
        Receiver.Answer = (_, _) =>
        {
            if (Receiver.All.Count == 1)
            {
                // Just behind the delivery, so that its success cannot be written.
                redis.Pause();
            }
            return Task.CompletedTask;
        };
        await CreateAsync();
        await AppendAsync("1");
        await Receiver.HasAsync(1);
        await Until.TrueAsync("the store is away", () => !Plane.Store.IsAvailable);
        redis.Resume();
        await Until.TrueAsync("the store is back", () => Plane.Store.IsAvailable);
        await GetAsync("delivered", webhook => webhook.Status.DeliveredEvents == 1);
        await AppendAsync("2");
        await Receiver.HasUsersAsync("2");
        Assert.Equal(["1", "2"], Receiver.Users);
    }

    [Fact]
    public async Task Attempts_come_twice_as_late_each_time_up_to_a_limit_and_end_when_all_have_failed_for_too_long()
    {
        FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());
        await using RedisServer redis = await RedisServer.StartAsync();
        await using TestControlPlane plane = await TestControlPlane.StartAsync(redis, Settings, services => OnClock(services, clock));
        await Until.TrueAsync("the default realm", async () => await plane.Realms.GetAsync("turnpike") is not null);
        Receiver.Answer = (_, context) => Task.FromResult(context.Response.StatusCode = 500);
        await plane.Webhooks().CreateWebhookAsync(
            new CreateWebhookRequest { Parent = Parent, WebhookId = "hook", Webhook = new Webhook { Url = Receiver.Address.AbsoluteUri } },
            cancellationToken: Cancellation);
        WebhookRecord hook = (await new WebhookStore(plane.Store).FindAsync("turnpike", "hook"))!;
        WebhookLeases leases = plane.Services.GetRequiredService<WebhookLeases>();
        await AppendAsync(plane, "1");

        List<double> delays = [];
        WebhookProgress progress = new();
        while (!progress.IsDisabled)
        {
            int attempt = delays.Count + 1;
            await Until.TrueAsync($"attempt {attempt}", async () => (progress = await leases.ReadAsync(hook.Uid)).FailedAttempts == attempt);
            if (!progress.IsDisabled)
            {
                delays.Add((progress.NextAttempt - progress.LastFailure) / 1000.0);
                clock.Advance(TimeSpan.FromMilliseconds(progress.NextAttempt - progress.LastFailure));
            }
        }

        Assert.InRange(delays[0], 1, 2);
        Assert.InRange(delays[1], 2, 4);
        Assert.All(delays.Skip(2), delay => Assert.InRange(delay, 4, 8));
        Assert.InRange(delays.Sum(), RetryFor, RetryFor + 8);
        Assert.Equal(delays.Count + 1, Receiver.All.Count);
        Assert.Single(Receiver.All.Select(received => received.Id).Distinct());
        Assert.StartsWith("nothing has arrived for", progress.DisabledReason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_receiver_may_ask_for_more_time_within_the_limit()
    {
        RetrySchedule schedule = new(new WebhookOptions { FirstRetry = 10, LongestRetry = 100 });
        Assert.Equal(60, schedule.Delay(1, TimeSpan.FromSeconds(60)).TotalSeconds);
        Assert.Equal(100, schedule.Delay(1, TimeSpan.FromDays(1)).TotalSeconds);
        Assert.InRange(schedule.Delay(1, TimeSpan.FromSeconds(-5)).TotalSeconds, 5, 10);
        Assert.InRange(schedule.Delay(int.MaxValue, null).TotalSeconds, 50, 100);
    }

    [Fact]
    public async Task What_a_receiver_asks_for_is_honoured()
    {
        Receiver.Answer = (_, context) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "7";
            return Task.CompletedTask;
        };
        await CreateAsync();
        await AppendAsync("1");
        Webhook webhook = await GetAsync("a failure", webhook => webhook.State == Webhook.Types.State.Failing);
        Assert.Equal(7, (webhook.Status.NextAttemptTime - webhook.Status.LastFailureTime).ToTimeSpan().TotalSeconds);
    }

    private static void OnClock(IServiceCollection services, TimeProvider clock)
    {
        ServiceDescriptor usual = services.Single(service => service.ServiceType == typeof(WebhookServices));
        services.Replace(ServiceDescriptor.Singleton(provider => (WebhookServices)usual.ImplementationFactory!(provider) with { Time = clock }));
    }

    private async Task<string> FailureAsync(string url)
    {
        Webhook made = (await CreateAsync("away", webhook => webhook.Url = url)).Webhook;
        TestWebhookResponse answer = await TestAsync("away");
        await Api.DeleteWebhookAsync(new DeleteWebhookRequest { Name = made.Name }, cancellationToken: Cancellation);
        Assert.Equal((false, 0), (answer.Delivered, answer.HttpStatus));
        return answer.Failure;
    }

    private async Task<TestWebhookResponse> TestAsync(string id = "hook") =>
        await Api.TestWebhookAsync(new TestWebhookRequest { Name = $"{Parent}/webhooks/{id}" }, cancellationToken: Cancellation);
}
