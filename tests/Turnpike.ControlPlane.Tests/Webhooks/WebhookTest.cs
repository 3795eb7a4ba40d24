using Microsoft.Extensions.Logging.Abstractions;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Tests.Webhooks;

/// <summary>A control plane whose webhooks may lead to loopback, a receiver there, and a log that events are appended to.</summary>
public abstract class WebhookTest : ControlPlaneTest
{
    internal const string Parent = "realms/turnpike";
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
    private Receiver? _receiver;
    private int _edges;

    /// <summary>What every control plane of these tests has; a failed delivery is tried again after half a second to a second.</summary>
    internal static string[] Usual { get; } =
    [
        "--ControlPlane:Webhooks:AllowPrivate:0=127.0.0.0/8", "--ControlPlane:Webhooks:AllowPrivate:1=::1/128", "--ControlPlane:Webhooks:FirstRetry=1",
        "--ControlPlane:Webhooks:Timeout=5",
    ];

    internal Receiver Receiver => _receiver!;

    internal WebhookService.WebhookServiceClient Api => Plane.Webhooks();

    protected override string[] Settings => Usual;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _receiver = await Receiver.StartAsync();
        await Until.TrueAsync("the default realm", async () => await Plane.Realms.GetAsync("turnpike") is not null);
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await base.DisposeAsync();
        if (_receiver is not null)
        {
            await _receiver.DisposeAsync();
        }
    }

    internal static ClusterEvent Started(string user, string tag = "") =>
        new() { Kind = EventKind.AllocationStarted, Realm = "turnpike", User = user, Tag = tag, Edge = "north-1", Allocation = 1, At = At };

    internal async Task<CreateWebhookResponse> CreateAsync(string id = "hook", Action<Webhook>? change = null)
    {
        Webhook webhook = new() { Url = new Uri(Receiver.Address, "events").AbsoluteUri };
        change?.Invoke(webhook);
        return await Api.CreateWebhookAsync(new CreateWebhookRequest { Parent = Parent, WebhookId = id, Webhook = webhook }, cancellationToken: Cancellation);
    }

    internal async Task<Webhook> GetAsync(string id = "hook") =>
        await Api.GetWebhookAsync(new GetWebhookRequest { Name = $"{Parent}/webhooks/{id}" }, cancellationToken: Cancellation);

    /// <summary>Waits until the webhook is as a test wants it.</summary>
    internal async Task<Webhook> GetAsync(string what, Func<Webhook, bool> condition)
    {
        Webhook webhook = new();
        await Until.TrueAsync(what, async () => condition(webhook = await GetAsync()));
        return webhook;
    }

    internal Task AppendAsync(params ClusterEvent[] events) => AppendAsync(Plane, new ClusterOptions(), events);

    internal Task AppendAsync(ClusterOptions options, params ClusterEvent[] events) => AppendAsync(Plane, options, events);

    internal Task AppendAsync(params string[] users) => AppendAsync(Plane, users);

    internal Task AppendAsync(TestControlPlane plane, params string[] users) =>
        AppendAsync(plane, new ClusterOptions(), [.. users.Select(user => Started(user))]);

    private async Task AppendAsync(TestControlPlane plane, ClusterOptions options, ClusterEvent[] events)
    {
        await using EventWriter writer = new(
            plane.Store, $"edge-{Interlocked.Increment(ref _edges)}", options, TimeProvider.System, NullLoggerFactory.Instance);
        foreach (ClusterEvent entry in events)
        {
            writer.Add(entry);
        }
        await writer.FlushAsync();
    }

    internal static string[] Numbers(int from, int count) => [.. Enumerable.Range(from, count).Select(number => $"{number}")];
}
