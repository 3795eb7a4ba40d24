using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Tests.Webhooks;

public sealed class WebhookApiTests : WebhookTest
{
    private const string Name = $"{Parent}/webhooks/hook";

    [Fact]
    public async Task A_webhook_comes_back_as_it_was_made_and_its_secret_is_shown_once()
    {
        CreateWebhookResponse made = await CreateAsync(change: webhook =>
        {
            webhook.Url = "https://example.com/in?key=k";
            webhook.Kinds.Add(Event.Types.Kind.QuotaReached);
            webhook.Tags.Add("red");
            webhook.Paused = true;
        });
        Assert.StartsWith("whsec_", made.Secret, StringComparison.Ordinal);
        Assert.Equal(32, Convert.FromBase64String(made.Secret["whsec_".Length..]).Length);
        Assert.Equal((Name, Webhook.Types.State.Paused, "1"), (made.Webhook.Name, made.Webhook.State, made.Webhook.Etag));
        Webhook read = await GetAsync();
        Assert.Equal(made.Webhook, read);
        Assert.Equal(("https://example.com/in?key=k", "red", Event.Types.Kind.QuotaReached), (read.Url, Assert.Single(read.Tags), Assert.Single(read.Kinds)));
        Assert.NotNull(Assert.Single(read.Secrets).CreateTime);
        string hidden = made.Secret["whsec_".Length..];
        Assert.DoesNotContain(hidden, read.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Plane.Log.Lines, line => line.Text.Contains(hidden, StringComparison.Ordinal) || line.Text.Contains("key=k", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Webhooks_are_listed_by_name_page_by_page()
    {
        foreach (string id in new[] { "c", "a", "b" })
        {
            await CreateAsync(id);
        }
        string made = (await CreateAsync("")).Webhook.Name;
        Assert.Matches("^realms/turnpike/webhooks/[0-9a-f]{8}$", made);
        await Api.DeleteWebhookAsync(new DeleteWebhookRequest { Name = made }, cancellationToken: Cancellation);
        ListWebhooksResponse first = await ListAsync(new ListWebhooksRequest { Parent = Parent, PageSize = 2 });
        ListWebhooksResponse second = await ListAsync(new ListWebhooksRequest { Parent = Parent, PageSize = 2, PageToken = first.NextPageToken });
        Assert.Equal(["a", "b", "c"], first.Webhooks.Concat(second.Webhooks).Select(webhook => webhook.Name.Split('/')[^1]));
        Assert.Empty(second.NextPageToken);
        await Refused.FieldAsync("page_token", () => ListAsync(new ListWebhooksRequest { Parent = Parent, PageToken = "x" }));
        await Refused.WithAsync(StatusCode.NotFound, () => ListAsync(new ListWebhooksRequest { Parent = "realms/nowhere" }));
    }

    [Fact]
    public async Task Only_what_the_mask_names_is_changed()
    {
        await CreateAsync(change: webhook =>
        {
            webhook.Tags.Add("red");
            webhook.Kinds.Add(Event.Types.Kind.QuotaReached);
        });
        Webhook changed = await UpdateAsync(new Webhook { Name = Name, Url = "https://example.com/", Paused = true }, "tags", "paused");
        Assert.Empty(changed.Tags);
        Assert.True(changed.Paused);
        Assert.Single(changed.Kinds);
        Assert.NotEqual("https://example.com/", changed.Url);
        Assert.Equal("2", changed.Etag);
        // Without a mask, what is set.
        changed = await UpdateAsync(new Webhook { Name = Name, Url = "https://example.com/" });
        Assert.Equal(("https://example.com/", true, 1), (changed.Url, changed.Paused, changed.Kinds.Count));
        await Refused.FieldAsync("update_mask", () => UpdateAsync(new Webhook { Name = Name }, "state"));
        await Refused.FieldAsync("webhook.url", () => UpdateAsync(new Webhook { Name = Name }, "url"));
        await Refused.WithAsync(StatusCode.Aborted, () => UpdateAsync(new Webhook { Name = Name, Paused = false, Etag = "1" }));
        await Refused.WithAsync(StatusCode.Aborted, async () => await Api.DeleteWebhookAsync(new DeleteWebhookRequest { Name = Name, Etag = "1" }));
        await Refused.WithAsync(StatusCode.NotFound, () => UpdateAsync(new Webhook { Name = Name + "x", Paused = true }));
        Assert.Equal("3", (await GetAsync()).Etag);
    }

    [Theory]
    [InlineData("webhook.url", "")]
    [InlineData("webhook.url", "example.com")]
    [InlineData("webhook.url", "http://example.com/")]
    [InlineData("webhook.url", "ftp://example.com/")]
    [InlineData("webhook.url", "file:///etc/passwd")]
    [InlineData("webhook.url", "https://user:password@example.com/")]
    [InlineData("webhook.url", "https://example.com/#part")]
    [InlineData("webhook.url", "https:///path")]
    [InlineData("webhook.url", "https://example.com/\r\nx-header: y")]
    [InlineData("webhook.url", "http://10.0.0.1/")]
    public async Task An_address_that_is_none_is_refused_and_nothing_is_written(string field, string url)
    {
        await Refused.FieldAsync(field, () => CreateAsync(change: webhook => webhook.Url = url));
        Assert.Empty(await new WebhookStore(Plane.Store).ListAsync("turnpike"));
    }

    [Fact]
    public async Task What_else_makes_no_sense_is_refused_by_its_field()
    {
        await Refused.FieldAsync("webhook.url", () => CreateAsync(change: webhook => webhook.Url = "https://example.com/" + new string('x', 2048)));
        await Refused.FieldAsync("webhook.kinds", () => CreateAsync(change: webhook => webhook.Kinds.Add((Event.Types.Kind)99)));
        await Refused.FieldAsync("webhook.kinds", () => CreateAsync(change: webhook => webhook.Kinds.Add(Event.Types.Kind.Unspecified)));
        await Refused.FieldAsync("webhook.kinds", () => CreateAsync(change: webhook => webhook.Kinds.Add(Event.Types.Kind.EdgeJoined)));
        await Refused.FieldAsync("webhook.tags", () => CreateAsync(change: webhook => webhook.Tags.Add("")));
        await Refused.FieldAsync("webhook.tags", () => CreateAsync(change: webhook => webhook.Tags.Add("a\nb")));
        await Refused.FieldAsync("webhook.tags", () => CreateAsync(change: webhook => webhook.Tags.Add(Numbers(1, 51))));
        await Refused.FieldAsync("webhook_id", () => CreateAsync("Über"));
        await Refused.FieldAsync("webhook_id", () => CreateAsync("'); redis.call('FLUSHALL') --"));
        await Refused.FieldAsync("parent", async () => await Api.CreateWebhookAsync(new CreateWebhookRequest { Parent = "turnpike", Webhook = new Webhook { Url = "https://a.b/" } }));
        await Refused.WithAsync(StatusCode.NotFound, async () => await Api.CreateWebhookAsync(new CreateWebhookRequest { Parent = "realms/nowhere", Webhook = new Webhook { Url = "https://a.b/" } }));
        await Refused.FieldAsync("name", async () => await Api.GetWebhookAsync(new GetWebhookRequest { Name = $"{Parent}/hooks/x" }));
        await CreateAsync();
        await Refused.WithAsync(StatusCode.AlreadyExists, () => CreateAsync());
        await Refused.FieldAsync("overlap", () => RotateAsync(new Duration { Seconds = -1 }));
        await Refused.FieldAsync("overlap", () => RotateAsync(new Duration { Seconds = 31 * 86_400 }));
        await Refused.WithAsync(StatusCode.NotFound, async () => await Api.TestWebhookAsync(new TestWebhookRequest { Name = Name + "x" }));
    }

    [Fact]
    public async Task There_are_limits_on_webhooks_and_on_their_secrets()
    {
        foreach (string id in Numbers(1, WebhookStore.MostOfRealm))
        {
            await CreateAsync(id);
        }
        await Refused.ReasonAsync(StatusCode.ResourceExhausted, "LIMIT", () => CreateAsync("one-more"));
        for (int secrets = 1; secrets < 8; secrets++)
        {
            await RotateAsync(null, "1");
        }
        await Refused.ReasonAsync(StatusCode.ResourceExhausted, "LIMIT", () => RotateAsync(null, "1"));
        Assert.Single((await RotateAsync(new Duration(), "1")).Webhook.Secrets);
    }

    [Fact]
    public async Task An_operator_of_another_realm_sees_and_changes_only_its_own()
    {
        await Plane.RealmService().CreateRealmAsync(new CreateRealmRequest { RealmId = "other" }, cancellationToken: Cancellation);
        WebhookService.WebhookServiceClient other = Plane.Webhooks(Tokens.OtherOperator);
        await CreateAsync();
        await other.CreateWebhookAsync(new CreateWebhookRequest { Parent = "realms/other", Webhook = new Webhook { Url = "https://example.com/" } }, cancellationToken: Cancellation);
        Assert.Single((await other.ListWebhooksAsync(new ListWebhooksRequest { Parent = "realms/other" }, cancellationToken: Cancellation)).Webhooks);
        await Refused.WithAsync(StatusCode.PermissionDenied, async () => await other.GetWebhookAsync(new GetWebhookRequest { Name = Name }));
        await Refused.WithAsync(StatusCode.PermissionDenied, async () => await other.TestWebhookAsync(new TestWebhookRequest { Name = Name }));
    }

    [Fact]
    public async Task A_webhook_goes_with_its_realm()
    {
        await Plane.RealmService().CreateRealmAsync(new CreateRealmRequest { RealmId = "shop" }, cancellationToken: Cancellation);
        await Api.CreateWebhookAsync(
            new CreateWebhookRequest { Parent = "realms/shop", WebhookId = "hook", Webhook = new Webhook { Url = Receiver.Address.AbsoluteUri } },
            cancellationToken: Cancellation);
        await Plane.RealmService().DeleteRealmAsync(new DeleteRealmRequest { Name = "realms/shop" }, cancellationToken: Cancellation);
        await Plane.RealmService().CreateRealmAsync(new CreateRealmRequest { RealmId = "shop" }, cancellationToken: Cancellation);
        Assert.Empty((await ListAsync(new ListWebhooksRequest { Parent = "realms/shop" })).Webhooks);
    }

    [Fact]
    public async Task All_of_it_goes_over_REST()
    {
        using HttpClient rest = Plane.Rest();
        using HttpResponseMessage made = await rest.PostAsJsonAsync(
            "/v1/realms/turnpike/webhooks?webhookId=hook", new { url = Receiver.Address, kinds = new[] { "KIND_QUOTA_REACHED" } }, Cancellation);
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        JsonElement answer = await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.StartsWith("whsec_", answer.GetProperty("secret").GetString(), StringComparison.Ordinal);
        using HttpResponseMessage changed = await rest.PatchAsJsonAsync($"/v1/{Name}?updateMask=paused", new { paused = true }, Cancellation);
        Assert.Equal("STATE_PAUSED", (await changed.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("state").GetString());
        using HttpResponseMessage tested = await rest.PostAsJsonAsync($"/v1/{Name}:test", new { }, Cancellation);
        Assert.True((await tested.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("delivered").GetBoolean());
        using HttpResponseMessage rotated = await rest.PostAsJsonAsync($"/v1/{Name}:rotateSecret", new { overlap = "60s" }, Cancellation);
        Assert.Equal(HttpStatusCode.OK, rotated.StatusCode);
        JsonElement listed = await rest.GetFromJsonAsync<JsonElement>("/v1/realms/turnpike/webhooks", Cancellation);
        Assert.Equal(Name, listed.GetProperty("webhooks")[0].GetProperty("name").GetString());
        using HttpResponseMessage deleted = await rest.DeleteAsync(new Uri($"/v1/{Name}", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        using HttpResponseMessage gone = await rest.GetAsync(new Uri($"/v1/{Name}", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    private async Task<ListWebhooksResponse> ListAsync(ListWebhooksRequest request) => await Api.ListWebhooksAsync(request, cancellationToken: Cancellation);

    private async Task<Webhook> UpdateAsync(Webhook webhook, params string[] mask)
    {
        UpdateWebhookRequest request = new() { Webhook = webhook };
        if (mask.Length > 0)
        {
            request.UpdateMask = new FieldMask { Paths = { mask } };
        }
        return await Api.UpdateWebhookAsync(request, cancellationToken: Cancellation);
    }

    private async Task<RotateWebhookSecretResponse> RotateAsync(Duration? overlap, string id = "hook") => await Api.RotateWebhookSecretAsync(
        new RotateWebhookSecretRequest { Name = $"{Parent}/webhooks/{id}", Overlap = overlap }, cancellationToken: Cancellation);
}
