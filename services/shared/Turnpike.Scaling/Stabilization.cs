namespace Turnpike.Scaling;

/// <summary>
/// The most cautious recommendation of a window, as a HorizontalPodAutoscaler has it: the lowest of the scale-up window, the highest of
/// the scale-down window. Only those are remembered that can still be the most cautious one.
/// </summary>
internal static class Stabilization
{
    /// <summary>Adds a recommendation to those of the scale-down window.</summary>
    public static List<RememberedNumber> Highs(IReadOnlyList<RememberedNumber> before, int recommended, TimeSpan window, DateTimeOffset now) =>
        Add(before, recommended, window, now, static (old, added) => old > added);

    /// <summary>Adds a recommendation to those of the scale-up window.</summary>
    public static List<RememberedNumber> Lows(IReadOnlyList<RememberedNumber> before, int recommended, TimeSpan window, DateTimeOffset now) =>
        Add(before, recommended, window, now, static (old, added) => old < added);

    // What is left is sorted by value, the most cautious first; the last one is the one added now. Another process, whose clock was
    // a little ahead, may have remembered what is yet to come here.
    private static List<RememberedNumber> Add(
        IReadOnlyList<RememberedNumber> before, int recommended, TimeSpan window, DateTimeOffset now, Func<int, int, bool> isMoreCautious) =>
        [.. before.Where(entry => (now - entry.At).Duration() < window && isMoreCautious(entry.Value, recommended)), new(now, recommended)];
}
