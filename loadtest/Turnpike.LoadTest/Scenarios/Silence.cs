namespace Turnpike.LoadTest.Scenarios;

/// <summary>A server that is gone before the end: over UDP nothing says so but that no packet arrives any more.</summary>
internal static class Silence
{
    /// <summary>Said of a run through which no packet came at all. The commonest reason is an address of the peers that means nothing at the server.</summary>
    public const string Whole = "no packet arrived (the server has to reach the peers on this machine: see --peer-address)";

    /// <summary>In seconds; less is a stall, whose packets are lost.</summary>
    private const double Shortest = 1;

    /// <summary>Fewer in that time can be lost one by one.</summary>
    private const long FewestPackets = 10;

    /// <summary>From which second on nothing arrived; null where something did until the end, or never.</summary>
    public static double? Since(IReadOnlyList<Interval> timeline)
    {
        int silent = timeline.Count;
        while (silent > 0 && timeline[silent - 1].Received == 0)
        {
            silent--;
        }

        Interval[] tail = [.. timeline.Skip(silent)];
        return silent > 0 && tail.Sum(each => each.Seconds) >= Shortest && tail.Sum(each => each.Sent) >= FewestPackets
            ? tail[0].At - tail[0].Seconds
            : null;
    }

    public static string Describe(double since, double seconds) => FormattableString.Invariant(
        $"nothing arrived any more after {since:0.#} s of the {seconds:0.#} s that were measured: the server, or the way to it, is gone");
}
