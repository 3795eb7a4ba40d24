using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Turnpike.Edge.Cluster;
using Turnpike.Edge.Options;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;
using Turnpike.ServiceDefaults;

namespace Turnpike.Edge.Tests.Cluster;

/// <summary>A real relay on loopback that is an edge of a cluster.</summary>
internal sealed class ClusterEdge : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private bool _stopped;

    private ClusterEdge(RunningRelay relay, EdgeCluster cluster, EdgeSettings settings)
    {
        Relay = relay;
        Cluster = cluster;
        Settings = settings;
        Link = new ClusterLink(
            cluster,
            relay.Relay,
            settings,
            ServiceIdentity.Of("edge", typeof(EdgeSettings).Assembly),
            _services.GetRequiredService<IMeterFactory>(),
            TimeProvider.System,
            NullLogger<ClusterLink>.Instance);
    }

    public RunningRelay Relay { get; }

    public EdgeCluster Cluster { get; }

    public ClusterLink Link { get; }

    public EdgeSettings Settings { get; }

    /// <summary>Starts an edge and waits until it knows the cluster.</summary>
    public static async Task<ClusterEdge> StartAsync(TestCluster test, params (string Key, string? Value)[] pairs)
    {
        ClusterEdge edge = await StartAloneAsync(test.Redis, test.Prefix, pairs);
        await Eventually.TrueAsync(() => edge.Cluster.View.Current.Loaded && edge.Cluster.Keys.Ring is not null);
        return edge;
    }

    /// <summary>Starts an edge, be the store there or not.</summary>
    public static async Task<ClusterEdge> StartAloneAsync(string redis, string prefix, params (string Key, string? Value)[] pairs)
    {
        EdgeCluster? cluster = null;
        EdgeSettings? settings = null;
        RunningRelay relay = await RunningRelay.StartAsync(
            TimeProvider.System,
            read => cluster = new EdgeCluster(settings = read, TimeProvider.System, NullLoggerFactory.Instance),
            [
                ("Cluster:Redis", redis),
                ("Cluster:KeyPrefix", prefix),
                ("Cluster:Heartbeat", "200"),
                ("Cluster:MemberExpiry", "2"),
                ("Cluster:Lease", "3"),
                ("Cluster:UsageFlush", "1"),
                ("Cluster:Timeout", "500"),
                ("Edge:Shards", "2"),
                ("Edge:Peers:AllowPrivate:0", "127.0.0.0/8"),
                .. pairs,
            ]);
        ClusterEdge edge = new(relay, cluster!, settings!);
        await edge.Link.StartAsync(CancellationToken.None);
        return edge;
    }

    /// <summary>Ends it in order, as a host does.</summary>
    public async Task StopAsync()
    {
        if (!_stopped)
        {
            _stopped = true;
            await Link.StoppingAsync(CancellationToken.None);
            await Relay.DisposeAsync();
            await Link.StoppedAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Link.Dispose();
        await Cluster.DisposeAsync();
        await _services.DisposeAsync();
    }
}
