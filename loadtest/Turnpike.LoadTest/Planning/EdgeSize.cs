namespace Turnpike.LoadTest.Planning;

/// <summary>How many allocations an edge carries, and what ends it.</summary>
/// <param name="Allocations">With the target's head-room.</param>
/// <param name="Binding">The limit that is met first.</param>
/// <param name="Shares">How much of each resource is used then, 0 to 1; the binding one is at the target.</param>
internal sealed record EdgeSize(int Allocations, string Binding, IReadOnlyDictionary<string, double> Shares)
{
    private const double Micro = 1e-6;
    private const double Mebi = 1024 * 1024;

    // A relayed packet comes in and goes out; listeners, the management port and the store's connections are no allocation's.
    private const double OtherFiles = 100;

    public static EdgeSize Of(PlanValues values)
    {
        double each = Micro * ((values[Constants.PacketsPerSecond] * values[Constants.PacketCost])
            + (values[Constants.AllocateCost] / (values[Constants.CallMinutes] * 60)) + values[Constants.KeepCost]);
        double bytes = values[Constants.AllocationBytes] + values[Constants.SocketBytes] + (values[Constants.UsersPerAllocation] * values[Constants.UserBytes]);
        (string Name, double Most)[] limits =
        [
            ("CPU", values[Constants.EdgeCores] / each),
            ("relay ports", values[Constants.Ports] * values[Constants.EdgeAddresses]),
            ("file descriptors", values[Constants.EdgeFiles] - OtherFiles),
            ("memory", Math.Max(0, (values[Constants.EdgeMemory] - values[Constants.IdleMemory]) * Mebi / Math.Max(1, bytes))),
            ("bandwidth", values[Constants.EdgeGigabits] * 1e9 / Math.Max(1, BitsOf(values))),
        ];
        (string binding, double most) = limits.MinBy(limit => limit.Most);
        int allocations = (int)Math.Min(int.MaxValue, most * values[Constants.Target] / 100);
        return new EdgeSize(allocations, binding, limits.ToDictionary(limit => limit.Name, limit => limit.Most <= 0 ? 1 : allocations / limit.Most));
    }

    /// <summary>Bits a second of an allocation, headers included.</summary>
    public static double BitsOf(PlanValues values) =>
        (values[Constants.Megabits] * 1e6) + (values[Constants.PacketsPerSecond] * values[Constants.HeaderBytes] * 8);
}
