using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Turnpike.FakeKubernetes;
using Turnpike.Interop.Servers;

namespace Turnpike.Cluster.Interop.Scaling;

/// <summary>What runs in the pods: published edges as processes, started, probed and told to end as a kubelet does it.</summary>
internal sealed class EdgePods(string store, int capacity) : IPodRuntime, IAsyncDisposable
{
    /// <summary>Milliseconds: a busy machine is no store that is away.</summary>
    public const int StoreTimeout = 10_000;

    // terminationGracePeriodSeconds: longer than any call of these tests.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(120);

    private readonly ConcurrentDictionary<string, EdgeServer> _edges = [];
    private readonly ConcurrentBag<EdgeServer> _all = [];

    /// <summary>Pods whose process was told to end, in order.</summary>
    public ConcurrentQueue<string> Ended { get; } = [];

    public string Log => string.Join('\n', _all.Select(edge => $"The log of the edge at {edge.EndPoint}:\n{edge.Log}"));

    /// <summary>The edge of a pod.</summary>
    public EdgeServer this[string pod] => _edges[pod];

    /// <summary>Whether the edge of a pod has started and not ended.</summary>
    public bool Has(string pod) => _edges.ContainsKey(pod);

    public async Task StartAsync(JsonObject pod, CancellationToken cancellation)
    {
        EdgeServer edge = await EdgeServer.StartAsync(
            new ServerSettings(),
            ("Edge__Name", pod.Name()),
            ("Edge__Shards", "1"),
            ("Edge__Capacity__Allocations", capacity.ToString(CultureInfo.InvariantCulture)),
            ("Edge__Drain__Deadline", Grace.TotalSeconds.ToString(CultureInfo.InvariantCulture)),
            ("Cluster__Redis", store),
            ("Cluster__Timeout", StoreTimeout.ToString(CultureInfo.InvariantCulture)),
            ("Cluster__Heartbeat", "500"));
        _all.Add(edge);
        _edges[pod.Name()] = edge;
    }

    public async Task<bool> IsReadyAsync(JsonObject pod, CancellationToken cancellation) => await _edges[pod.Name()].HealthAsync("ready") == HttpStatusCode.OK;

    public async Task StopAsync(JsonObject pod, CancellationToken cancellation)
    {
        Ended.Enqueue(pod.Name());
        EdgeServer edge = _edges[pod.Name()];
        await edge.Process.TerminateAsync();
        await edge.Process.WaitForExitAsync(Grace);
        _edges.TryRemove(pod.Name(), out _);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (EdgeServer edge in _all)
        {
            await edge.DisposeAsync();
        }
    }
}
