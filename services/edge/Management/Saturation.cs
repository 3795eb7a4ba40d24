using Turnpike.Edge.Options;

namespace Turnpike.Edge.Management;

/// <summary>How much of what this edge is good for is in use, by dimension, as the scaler counts it.</summary>
internal static class Saturation
{
    /// <summary>Each dimension whose capacity is known; 1 is full, and more is possible, since a capacity is no limit.</summary>
    public static IEnumerable<(string Dimension, double Ratio)> Of(RelaySnapshot snapshot, CapacityOptions capacity)
    {
        (string Name, double Load, double Capacity)[] dimensions =
        [
            ("allocations", snapshot.Allocations, capacity.Allocations),
            ("relay-ports", snapshot.RelayPortsUsed, snapshot.RelayPortsTotal),
            ("packets-per-second", snapshot.Load.PacketsPerSecond, capacity.PacketsPerSecond),
            ("bits-per-second", snapshot.Load.BitsPerSecond, capacity.BitsPerSecond),
            ("shard-busy", snapshot.Load.Busiest, 1),
        ];
        return dimensions.Where(dimension => dimension.Capacity > 0).Select(dimension => (dimension.Name, dimension.Load / dimension.Capacity));
    }
}
