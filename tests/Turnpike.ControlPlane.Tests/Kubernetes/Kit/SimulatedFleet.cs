using System.Text.Json.Nodes;
using Turnpike.Cluster;
using Turnpike.ControlPlane.Fleet;
using Turnpike.ControlPlane.Kubernetes.Acting;
using Turnpike.FakeKubernetes;

namespace Turnpike.ControlPlane.Tests.Kubernetes;

/// <summary>
/// Edges without sockets: members of a cluster as soon as their pod runs, with the calls that the test gives them. They drain by order and by
/// the end of their pod, and whatever call is cut is counted.
/// </summary>
internal sealed class SimulatedFleet(TimeProvider time) : IPodRuntime, IEdgeDirectory, IDrainOrders
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SimulatedEdge> _edges = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _orders = new(StringComparer.Ordinal);

    /// <summary>Calls that did not end by themselves.</summary>
    public int Cut { get; private set; }

    public bool IsFresh { get; set; } = true;

    /// <summary>While set, orders cannot be given or read.</summary>
    public bool StoreIsAway { get; set; }

    /// <summary>While false no pod becomes ready.</summary>
    public bool Starts { get; set; } = true;

    public IReadOnlyList<EdgeRecord> Current
    {
        get
        {
            lock (_lock)
            {
                return [.. _edges.Values.Select(Record)];
            }
        }
    }

    public IReadOnlyList<SimulatedEdge> Edges
    {
        get
        {
            lock (_lock)
            {
                return [.. _edges.Values.OrderBy(edge => edge.Name, StringComparer.Ordinal)];
            }
        }
    }

    public IReadOnlyCollection<string> Ordered
    {
        get
        {
            lock (_lock)
            {
                return [.. _orders.Keys];
            }
        }
    }

    public int Calls => Edges.Sum(edge => edge.Calls);

    public SimulatedEdge this[string name] => Edges.Single(edge => edge.Name == name);

    /// <summary>Begins calls, each on the emptiest edge that takes them.</summary>
    public void Begin(int calls)
    {
        lock (_lock)
        {
            for (int i = 0; i < calls; i++)
            {
                _edges.Values.Where(edge => !IsDraining(edge)).MinBy(edge => edge.Calls)!.Calls++;
            }
        }
    }

    /// <summary>Ends the calls of an edge.</summary>
    public void HangUp(SimulatedEdge edge)
    {
        lock (_lock)
        {
            edge.Calls = 0;
        }
    }

    /// <summary>The process begins anew: another incarnation, without what it had.</summary>
    public void Restart(SimulatedEdge edge)
    {
        lock (_lock)
        {
            edge.Incarnation++;
            edge.Calls = 0;
        }
    }

    public bool IsDraining(SimulatedEdge edge)
    {
        lock (_lock)
        {
            return edge.IsEnding || _orders.ContainsKey(edge.Id);
        }
    }

    public Task StartAsync(JsonObject pod, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (Starts)
            {
                Add(pod.Name());
            }
        }
        return Task.CompletedTask;
    }

    public Task<bool> IsReadyAsync(JsonObject pod, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (Starts)
            {
                Add(pod.Name());
            }
            // As the real one: not ready once it drains and has nothing left.
            return Task.FromResult(_edges.TryGetValue(pod.Name(), out SimulatedEdge? edge) && !edge.IsBroken && !(IsDraining(edge) && edge.Calls == 0));
        }
    }

    public async Task StopAsync(JsonObject pod, CancellationToken cancellation)
    {
        if (!Current.Any(record => record.Name == pod.Name()))
        {
            return;
        }
        SimulatedEdge edge = this[pod.Name()];
        edge.IsEnding = true;
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(5));
        while (edge.Calls > 0)
        {
            await timer.WaitForNextTickAsync(cancellation);
        }
        lock (_lock)
        {
            _edges.Remove(edge.Name);
        }
    }

    public Task<bool> IsOrderedAsync(string edgeId)
    {
        lock (_lock)
        {
            Reach();
            return Task.FromResult(_orders.ContainsKey(edgeId));
        }
    }

    public Task DrainAsync(string edgeId, DateTimeOffset until)
    {
        lock (_lock)
        {
            Reach();
            _orders[edgeId] = until;
        }
        return Task.CompletedTask;
    }

    public Task UndrainAsync(string edgeId)
    {
        lock (_lock)
        {
            Reach();
            _orders.Remove(edgeId);
        }
        return Task.CompletedTask;
    }

    /// <summary>What is left at the deadline of a drain is cut.</summary>
    public void EnforceDeadlines()
    {
        lock (_lock)
        {
            foreach (SimulatedEdge edge in _edges.Values.Where(edge => _orders.TryGetValue(edge.Id, out DateTimeOffset until) && until <= time.GetUtcNow()))
            {
                Cut += edge.Calls;
                edge.Calls = 0;
            }
        }
    }

    private void Reach()
    {
        if (StoreIsAway)
        {
            throw new StoreUnavailableException("the test took it away");
        }
    }

    private void Add(string name) => _edges.TryAdd(name, new SimulatedEdge(name));

    private EdgeRecord Record(SimulatedEdge edge) => Make.Edge(edge.Name) with
    {
        Id = edge.Id,
        State = IsDraining(edge) ? "draining" : "ready",
        StartedAt = 1_700_000_000 + edge.Incarnation,
        Capacity = new EdgeCapacity { Allocations = SimulatedEdge.Capacity },
        Load = new EdgeLoad { ReportedAt = time.GetUtcNow().ToUnixTimeSeconds(), Allocations = edge.Calls },
    };
}

/// <summary>One of them.</summary>
internal sealed class SimulatedEdge(string name)
{
    public const int Capacity = 10;

    public string Name { get; } = name;

    public string Id => $"{Name}-{Incarnation}";

    public int Incarnation { get; set; } = 1;

    public int Calls { get; set; }

    /// <summary>Its pod is not ready, whatever it does.</summary>
    public bool IsBroken { get; set; }

    /// <summary>Its process was told to end.</summary>
    public bool IsEnding { get; set; }
}
