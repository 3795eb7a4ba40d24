using System.Text.Json.Serialization;
using Turnpike.LoadTest.Measuring;

namespace Turnpike.LoadTest.Relay;

/// <summary>One run's result, as it goes to JSON. Rates are per second of the measured window.</summary>
internal sealed record RelayResult(
    string Server,
    int Allocations,
    int PayloadBytes,
    double OfferedPacketsPerSecond,
    double Seconds,
    Direction Direction,
    Pacing Pacing,
    bool Interrupted,
    double SetupSeconds,
    DirectionResult? Up,
    DirectionResult? Down,
    long Unexpected,
    int LostAllocations,
    string? FirstFailure,
    int DeletionsUnconfirmed,
    GeneratorResult Generator)
{
    [JsonIgnore]
    public long Sent => (Up?.Sent ?? 0) + (Down?.Sent ?? 0);

    [JsonIgnore]
    public long Received => (Up?.Received ?? 0) + (Down?.Received ?? 0);

    /// <summary>Clients that the server sent elsewhere; null where it sent none.</summary>
    public RedirectionResult? Redirected { get; init; }

    /// <summary>The second of the measured time from which on nothing arrived; null where something did until the end, or never.</summary>
    public double? SilentSince { get; init; }

    public double LossPercent => DirectionResult.PercentLost(Sent, Received);
}

internal sealed record DirectionResult(
    long Sent,
    long Received,
    double LossPercent,
    long OutOfOrder,
    int FlowsWithLoss,
    double PacketsPerSecond,
    double MegabitsPerSecond,
    LatencyResult LatencyMicroseconds,
    JitterResult JitterMicroseconds)
{
    /// <summary>Packets were sent, and none came.</summary>
    [JsonIgnore]
    public bool IsSilent => Sent > 0 && Received == 0;

    /// <summary>Copies of packets that had come already, which count nowhere else.</summary>
    public long Duplicates { get; init; }

    /// <summary>Never negative. Nothing sent is nothing lost.</summary>
    public static double PercentLost(long sent, long received) => sent == 0 ? 0 : Math.Max(0, sent - received) * 100.0 / sent;
}

/// <summary>Microseconds from the time a packet was due to its arrival.</summary>
internal sealed record LatencyResult(double P50, double P90, double P99, double P999, double Maximum)
{
    public static LatencyResult From(LatencyHistogram histogram) => new(
        histogram.Percentile(0.5) / 1e3,
        histogram.Percentile(0.9) / 1e3,
        histogram.Percentile(0.99) / 1e3,
        histogram.Percentile(0.999) / 1e3,
        histogram.Maximum / 1e3);
}

/// <summary>
/// The interarrival jitter of RFC 3550 section 6.4.1, in microseconds, with the time at which a packet was due as its timestamp. Every flow has its own estimator.
/// </summary>
/// <param name="Mean">The estimators' mean over all packets.</param>
/// <param name="Worst">The highest value that any flow's estimator had.</param>
internal sealed record JitterResult(double Mean, double Worst);

/// <summary>What the generator itself did: a result is only the server's if the generator kept its schedule and lost nothing.</summary>
internal sealed record GeneratorResult(double CpuMicrosecondsPerPacket, double WorstLatenessMilliseconds, long SendDrops, long ReceiveDrops)
{
    /// <summary>Behind its schedule by more than this, the generator offered another load than it says.</summary>
    public const double ToleratedLatenessMilliseconds = 20;

    /// <summary>The same in nanoseconds.</summary>
    public const long ToleratedLateness = (long)(ToleratedLatenessMilliseconds * 1e6);

    /// <summary>As many may be later: one moment of a long run does not make its figures the generator's.</summary>
    public const double ToleratedLatePercent = 0.1;

    /// <summary>Of the measured packets and Allocates, those that were later than is tolerated; null in a file of a version that knew the worst alone.</summary>
    public double? LatePercent { get; init; }

    public bool KeptSchedule => LatePercent is double late ? late <= ToleratedLatePercent : WorstLatenessMilliseconds <= ToleratedLatenessMilliseconds;

    /// <summary>Whether more is lost than tolerated, but no more without what it lost itself: such a loss says nothing of the server.</summary>
    public bool ExplainsLoss(long sent, long received, double toleratedPercent) =>
        DirectionResult.PercentLost(sent, received) > toleratedPercent
        && DirectionResult.PercentLost(sent, received + SendDrops + ReceiveDrops) <= toleratedPercent;
}
