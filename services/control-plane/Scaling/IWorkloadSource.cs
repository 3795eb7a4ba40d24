using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Scaling;

/// <summary>What Kubernetes knows of the edges' workload. Without it there is none, and the edges that are members are taken for the replicas.</summary>
public interface IWorkloadSource
{
    /// <summary>The workload as it is now; null while nobody knows.</summary>
    Workload? Current { get; }
}

/// <summary>The workload that the edges are replicas of.</summary>
public sealed record Workload
{
    /// <summary><c>spec.replicas</c>.</summary>
    public required int Replicas { get; init; }

    /// <summary>As <see cref="FleetSnapshot.Arriving"/>.</summary>
    public IReadOnlyList<string> Arriving { get; init; } = [];

    /// <summary>Why edges drain, by edge id, from the order on; an edge that drains and is not named does so by somebody else's order.</summary>
    public IReadOnlyDictionary<string, EdgeDrain> Drains { get; init; } = new Dictionary<string, EdgeDrain>();

    /// <summary>Ids of edges that are to go before others.</summary>
    public IReadOnlySet<string> GoFirst { get; init; } = new HashSet<string>();

    /// <summary>False: what is known of it is old, and nothing is scaled in.</summary>
    public bool IsFresh { get; init; } = true;
}

/// <summary>There is no Kubernetes.</summary>
internal sealed class NoWorkloadSource : IWorkloadSource
{
    public Workload? Current => null;
}
