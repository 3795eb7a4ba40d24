using System.Globalization;
using System.Net;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.Cluster.Interop.Fleet;

/// <summary>Real edges of one cluster, each a process with an address of its own.</summary>
internal sealed class EdgeFleet : IAsyncDisposable, ILogging
{
    /// <summary>Grants of a killed edge last so long; short, so that a test sees it.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);

    /// <summary>What a killed edge has not flushed is at most what it relayed in this time.</summary>
    public static readonly TimeSpan UsageFlush = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(20);

    private readonly List<EdgeServer> _edges = [];

    public IReadOnlyList<EdgeServer> Edges => _edges;

    public string Log => string.Join('\n', _edges.Select(edge => $"The log of the edge at {edge.EndPoint}:\n{edge.Log}"));

    public IReadOnlyList<IPEndPoint> EndPoints => [.. _edges.Select(edge => edge.EndPoint)];

    /// <summary>Starts edges at once, one for each store as that edge reaches it; an empty one is an edge alone.</summary>
    public Task StartAsync(params IReadOnlyList<string> stores) => StartAsync([.. stores.Select(store => (store, Array.Empty<(string, string)>()))]);

    /// <summary>The same, each with settings of its own in addition. Returns once each knows the cluster and that the others are there.</summary>
    public async Task StartAsync(IReadOnlyList<(string Store, (string Key, string Value)[] Settings)> edges)
    {
        _edges.AddRange(await Task.WhenAll(edges.Select(each =>
            EdgeServer.StartAsync(new ServerSettings(), [.. Settings(each.Store), .. each.Settings]))));
        foreach (EdgeServer edge in _edges.Where((_, i) => edges[i].Store.Length > 0))
        {
            await Deadline.UntilAsync("an edge knows the others", StartDeadline, async () =>
                (await edge.MetricsAsync()).Value("turnpike_edge_cluster_edges") >= edges.Count && !await edge.IsDegradedAsync());
        }
    }

    /// <summary>Allocations that live now, on all edges.</summary>
    public async Task<int> LiveAsync() => (int)(await Task.WhenAll(_edges.Select(edge => edge.MetricsAsync()))).Sum(metrics => metrics.Allocations);

    public async ValueTask DisposeAsync()
    {
        foreach (EdgeServer edge in _edges)
        {
            await edge.DisposeAsync();
        }
    }

    private static IEnumerable<(string Key, string Value)> Settings(string store)
    {
        yield return ("Edge__Shards", "2");
        yield return ("Edge__Lifetimes__Permission", "30");
        if (store.Length > 0)
        {
            yield return ("Cluster__Redis", store);
            yield return ("Cluster__Lease", Lease.TotalSeconds.ToString(CultureInfo.InvariantCulture));
            yield return ("Cluster__MemberExpiry", "4");
            yield return ("Cluster__UsageFlush", UsageFlush.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        }
    }
}
