using System.Security.Cryptography;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;
using Turnpike.ControlPlane.Realms;
using Contract = Turnpike.Contracts.V1.WebhookService;
using WebhookSecret = Turnpike.Cluster.WebhookSecret;

namespace Turnpike.ControlPlane.Webhooks;

/// <summary>Webhooks over the API.</summary>
internal sealed class WebhookApi(
    RealmStore realms, WebhookStore webhooks, WebhookLeases leases, WebhookRules rules, WebhookSender sender, ClusterStore store, TimeProvider time)
    : Contract.WebhookServiceBase
{
    private const string Kind = "webhook";
    private const int MostSecrets = 8;
    private const int IdDigits = 8;
    private const int UidDigits = 16;

    private readonly EventLog _log = new(store);

    private long UnixNow => time.GetUtcNow().ToUnixTimeSeconds();

    public override async Task<CreateWebhookResponse> CreateWebhook(CreateWebhookRequest request, ServerCallContext context)
    {
        string realm = ResourceName.Realm(request.Parent, "parent");
        if (request.WebhookId.Length > 0 && !ResourceName.IsWebhookId(request.WebhookId))
        {
            throw Problems.Invalid("webhook_id", "must be 1 to 32 of a-z 0-9 -");
        }
        if (request.Webhook is not { Url.Length: > 0 } asked)
        {
            throw Problems.Invalid("webhook.url", "missing");
        }
        WebhookSecret secret = WebhookSignature.Make(UnixNow);
        WebhookRecord webhook = rules.Apply(
            new WebhookRecord
            {
                Realm = realm,
                Id = request.WebhookId.Length > 0 ? request.WebhookId : RandomNumberGenerator.GetHexString(IdDigits, lowercase: true),
                Uid = RandomNumberGenerator.GetHexString(UidDigits, lowercase: true),
                Url = "",
                Secrets = [secret],
                CreatedAt = UnixNow,
                Version = 1,
            },
            asked, mask: null);
        await RequireRealmAsync(realm, request.Parent);
        webhook = webhook with { Start = await _log.EndAsync(realm) };
        return await webhooks.AddAsync(webhook) switch
        {
            WebhookAddition.NoRealm => throw Problems.NotFound("realm", request.Parent),
            WebhookAddition.Exists => throw Problems.AlreadyExists(Kind, ResourceName.OfWebhook(realm, webhook.Id)),
            WebhookAddition.TooMany => throw Problems.TooMany(Limit.Webhooks, $"A realm has at most {WebhookStore.MostOfRealm} webhooks; delete one first."),
            _ => new CreateWebhookResponse { Webhook = await ShowAsync(webhook), Secret = WebhookSignature.Show(secret) },
        };
    }

    public override async Task<Webhook> GetWebhook(GetWebhookRequest request, ServerCallContext context) =>
        await ShowAsync(await FindAsync(request.Name));

    public override async Task<ListWebhooksResponse> ListWebhooks(ListWebhooksRequest request, ServerCallContext context)
    {
        string realm = ResourceName.Realm(request.Parent, "parent");
        int size = PageToken.Size(request.PageSize);
        string? after = PageToken.Read(request.PageToken, request.Parent);
        await RequireRealmAsync(realm, request.Parent);
        WebhookRecord[] rest =
            [.. (await webhooks.ListAsync(realm)).SkipWhile(webhook => after is not null && string.CompareOrdinal(webhook.Id, after) <= 0)];
        return new ListWebhooksResponse
        {
            Webhooks = { await Task.WhenAll(rest.Take(size).Select(ShowAsync)) },
            NextPageToken = rest.Length > size ? PageToken.Make(rest[size - 1].Id, request.Parent) : "",
        };
    }

    public override async Task<Webhook> UpdateWebhook(UpdateWebhookRequest request, ServerCallContext context)
    {
        if (request.Webhook is null)
        {
            throw Problems.Invalid(Kind, "missing");
        }
        (string realm, string id) = ResourceName.Webhook(request.Webhook.Name, "webhook.name");
        WebhookRecord? changed = await webhooks.ChangeAsync(realm, id, before =>
        {
            CheckEtag(before, request.Webhook.Etag);
            return rules.Apply(before, request.Webhook, request.UpdateMask);
        });
        return await ShowAsync(changed ?? throw Problems.NotFound(Kind, request.Webhook.Name));
    }

    public override async Task<Empty> DeleteWebhook(DeleteWebhookRequest request, ServerCallContext context)
    {
        (string realm, string id) = ResourceName.Webhook(request.Name, "name");
        WebhookRecord deleted = await webhooks.DeleteAsync(realm, id, webhook => CheckEtag(webhook, request.Etag))
            ?? throw Problems.NotFound(Kind, request.Name);
        await leases.ForgetAsync(deleted.Uid);
        return new Empty();
    }

    public override async Task<RotateWebhookSecretResponse> RotateWebhookSecret(RotateWebhookSecretRequest request, ServerCallContext context)
    {
        (string realm, string id) = ResourceName.Webhook(request.Name, "name");
        TimeSpan overlap = WebhookRules.Overlap(request.Overlap);
        long now = UnixNow;
        long end = now + (long)overlap.TotalSeconds;
        WebhookSecret secret = WebhookSignature.Make(now);
        WebhookRecord? changed = await webhooks.ChangeAsync(realm, id, before =>
        {
            WebhookSecret[] old =
                [.. before.Secrets.Select(older => older with { NotAfter = Math.Min(older.NotAfter, end) }).Where(older => older.IsValid(now))];
            return old.Length < MostSecrets
                ? before with { Secrets = [secret, .. old] }
                : throw Problems.TooMany(Limit.WebhookSecrets, $"A webhook has at most {MostSecrets} secrets; rotate with an overlap of 0 s to be rid of the older ones.");
        });
        return new RotateWebhookSecretResponse
        {
            Webhook = await ShowAsync(changed ?? throw Problems.NotFound(Kind, request.Name)),
            Secret = WebhookSignature.Show(secret),
        };
    }

    public override async Task<TestWebhookResponse> TestWebhook(TestWebhookRequest request, ServerCallContext context)
    {
        WebhookRecord webhook = await FindAsync(request.Name);
        string id = $"ping_{RandomNumberGenerator.GetHexString(UidDigits, lowercase: true)}";
        using IDisposable place = await sender.EnterAsync(context.CancellationToken);
        SendOutcome outcome = await sender.SendAsync(
            webhook, id, WebhookBatch.Ping(webhook, time.GetUtcNow()), sender.Limit, context.CancellationToken);
        return new TestWebhookResponse
        {
            Delivered = outcome.Result == SendResult.Delivered,
            HttpStatus = outcome.Status,
            Failure = outcome.Failure,
            Duration = Duration.FromTimeSpan(outcome.Duration),
            Id = id,
        };
    }

    private async Task<WebhookRecord> FindAsync(string name)
    {
        (string realm, string id) = ResourceName.Webhook(name, "name");
        return await webhooks.FindAsync(realm, id) ?? throw Problems.NotFound(Kind, name);
    }

    private async Task<Webhook> ShowAsync(WebhookRecord webhook)
    {
        WebhookProgress progress = await leases.ReadAsync(webhook.Uid);
        EventPage waiting = await _log.ReadAsync(webhook.Realm, progress.CursorOf(webhook), 1);
        return WebhookMapping.ToWire(webhook, progress, waiting.Events.Count > 0 ? waiting.Events[0].At : null, time.GetUtcNow());
    }

    private async Task RequireRealmAsync(string realm, string name)
    {
        if (await realms.GetAsync(realm) is null)
        {
            throw Problems.NotFound("realm", name);
        }
    }

    private static void CheckEtag(WebhookRecord webhook, string etag)
    {
        if (etag.Length > 0 && etag != WebhookMapping.Etag(webhook))
        {
            throw Problems.Aborted(Kind, ResourceName.OfWebhook(webhook.Realm, webhook.Id));
        }
    }
}
