using Turnpike.ControlPlane.Kubernetes.Workloads;

namespace Turnpike.ControlPlane.Kubernetes.Planning;

/// <summary>The one thing to do next.</summary>
/// <param name="Why">For people.</param>
internal abstract record Step(string Why);

/// <summary>Nothing, for now.</summary>
/// <param name="Why">What is waited for, or that all is as it should be.</param>
/// <param name="Trouble">The kind of trouble that somebody has to look at; null where there is none.</param>
internal sealed record Wait(string Why, string? Trouble = null) : Step(Why);

/// <summary>Write marks on a pod: those that are given; null takes one away.</summary>
internal sealed record MarkPod(EdgePod Pod, IReadOnlyDictionary<string, string?> Annotations, string? Busy, string Why) : Step(Why);

/// <summary>Mark a pod: its edge is to drain.</summary>
internal sealed record BeginDrain(EdgePod Pod, DrainMark Mark, string Why) : Step(Why);

/// <summary>Order the edge of a marked pod to drain.</summary>
internal sealed record OrderDrain(EdgePod Pod, string EdgeId, DateTimeOffset Until, string Why) : Step(Why);

/// <summary>Take an edge back into service: the order first, then the mark.</summary>
internal sealed record TakeBack(EdgePod Pod, string Why) : Step(Why);

/// <summary>Write down which pod goes next, before anything that lets it go.</summary>
internal sealed record BeginRemoval(Removal Removal, string Why) : Step(Why);

/// <summary>Write down that the step is over.</summary>
internal sealed record EndRemoval(Removal Removal, RemovalEnd End, string Why) : Step(Why);

/// <summary>Another number of replicas.</summary>
internal sealed record Scale(int From, int To, string Why) : Step(Why);

/// <summary>How a step ended.</summary>
internal enum RemovalEnd
{
    /// <summary>The pod went.</summary>
    Removed,

    /// <summary>Another pod went in its place.</summary>
    WrongPod,

    /// <summary>It was not begun in earnest: the pod is needed, is not empty any more, or went by itself.</summary>
    Cancelled,

    /// <summary>Somebody else changed the number of replicas.</summary>
    ChangedByHand,
}
