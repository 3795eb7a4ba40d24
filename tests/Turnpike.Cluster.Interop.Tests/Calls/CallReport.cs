using Turnpike.LoadTest.Relay;

namespace Turnpike.Cluster.Interop.Calls;

/// <summary>One direction of all calls over one edge. A packet that is still under way counts as sent and not as received.</summary>
internal readonly record struct CallTraffic(long Sent, long Received, long OutOfOrder)
{
    public long Lost => Sent - Received;

    public static CallTraffic Of(FlowTraffic traffic) => new(traffic.Sent, traffic.Received, traffic.OutOfOrder);
}

/// <summary>What the calls saw until now. Traffic is by edge, in the order in which the edges were given.</summary>
internal sealed record CallReport(
    int Calls, int PayloadBytes, IReadOnlyList<string> Failures, long Refreshes, IReadOnlyList<CallTraffic> Up, IReadOnlyList<CallTraffic> Down)
{
    public long Sent => Up.Sum(way => way.Sent) + Down.Sum(way => way.Sent);

    public long Lost => Up.Sum(way => way.Lost) + Down.Sum(way => way.Lost);

    public long OutOfOrder => Up.Sum(way => way.OutOfOrder) + Down.Sum(way => way.OutOfOrder);

    /// <summary>Payload bytes that came through all edges, in both directions.</summary>
    public long Bytes => (Up.Sum(way => way.Received) + Down.Sum(way => way.Received)) * PayloadBytes;

    /// <summary>Payload bytes that came through one edge, to the peers and to the clients.</summary>
    public (long ToPeers, long ToClients) BytesThrough(int edge) => (Up[edge].Received * PayloadBytes, Down[edge].Received * PayloadBytes);

    /// <summary>No call failed, and every packet of every call arrived once and in order.</summary>
    public void AssertNothingLost()
    {
        Assert.True(Failures.Count == 0, $"{Failures.Count} of {Calls} calls failed: {string.Join("; ", Failures.Distinct())}");
        Assert.True(Sent > 0, "no packet was sent at all");
        Assert.True(Lost == 0 && OutOfOrder == 0, $"of {Sent} packets {Lost} were lost and {OutOfOrder} came out of order");
    }
}
