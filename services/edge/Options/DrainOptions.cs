using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:Drain</c>: how the edge ends.</summary>
public sealed class DrainOptions : ISettingsSection
{
    /// <summary>Default 3600: calls rarely last longer than an hour. In Kubernetes terminationGracePeriodSeconds must be longer.</summary>
    [Setting("Time that SIGTERM waits for allocations to end; 0 cuts them at once", Unit = "seconds")]
    [Range(0, 86_400)]
    public int Deadline { get; init; } = 3600;

    /// <summary>Default true: a client that follows has its relay at once; one that does not takes 300 for what 508 would have been.</summary>
    [Setting("While it drains, an edge of a cluster names another one to clients that ask for an allocation (300 Try Alternate); else 508")]
    public bool Redirect { get; init; } = true;
}
