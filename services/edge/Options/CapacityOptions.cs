using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>
/// Section <c>Edge:Capacity</c>: what this edge can do at most, as the cluster is told. Nothing here is a limit; who hands out clients
/// and who adds edges compares it with the load.
/// </summary>
public sealed class CapacityOptions : ISettingsSection
{
    /// <summary>Default 0, unknown: the relay ports end it, and those are told anyway.</summary>
    [Setting("Allocations that this edge is good for; 0 is unknown")]
    [Range(0, 10_000_000)]
    public int Allocations { get; init; }

    /// <summary>Default 0, unknown: it depends on the machine.</summary>
    [Setting("Packets a second that this edge is good for, both directions together; 0 is unknown")]
    [Range(0d, 1_000_000_000d)]
    public long PacketsPerSecond { get; init; }

    /// <summary>Default 0, unknown: it depends on the network.</summary>
    [Setting("Bits a second that this edge is good for, both directions together; 0 is unknown")]
    [Range(0d, 1_000_000_000_000d)]
    public long BitsPerSecond { get; init; }
}
