using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Fleet;

/// <summary>How near an edge is to the end of what it can carry.</summary>
public static class Saturation
{
    /// <summary>From here on an edge gets no new clients as long as there are others: what is left is for those who are on their way.</summary>
    public const double Hot = 0.9;

    /// <summary>
    /// The worst of allocations, relay ports, packets, bits and shard busy time, 0 to 1. A capacity that is not known is not counted;
    /// the share of time that a shard works always is.
    /// </summary>
    public static double Of(EdgeRecord edge)
    {
        // Of every edge for every credential: it makes no garbage.
        double counts = Math.Max(Part(edge.Load.Allocations, edge.Capacity.Allocations), Part(edge.Load.RelayPortsUsed, edge.Capacity.RelayPorts));
        double rates = Math.Max(Part(edge.Load.PacketsPerSecond, edge.Capacity.PacketsPerSecond), Part(edge.Load.BitsPerSecond, edge.Capacity.BitsPerSecond));
        return Math.Clamp(Math.Max(Math.Max(counts, rates), edge.Load.ShardBusy), 0, 1);
    }

    private static double Part(double load, long capacity) => capacity > 0 ? load / capacity : 0;
}
