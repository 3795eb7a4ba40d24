using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>What one run of a scenario measured, as it goes to JSON, to the report and into comparisons. Times are microseconds unless a name says else.</summary>
/// <param name="Format">The version of this record: <see cref="CurrentFormat"/>; a reader refuses others.</param>
/// <param name="Scenario">The scenario's name.</param>
/// <param name="Server">The server as it was given.</param>
/// <param name="Transport">From client to server: udp, tcp or tls.</param>
/// <param name="Framing">How data travels between client and server: channel or send.</param>
/// <param name="Pacing">How the generator waited for a packet's time.</param>
/// <param name="WarmupSeconds">Traffic before the measured time.</param>
/// <param name="StartedAt">When the traffic began.</param>
/// <param name="Seconds">The measured time.</param>
/// <param name="Interrupted">A signal ended it early: it covers what was measured until then.</param>
/// <param name="SetupSeconds">What making the first allocations took.</param>
/// <param name="Streams">Each kind of traffic of the scenario; none where it only makes allocations.</param>
/// <param name="Churn">Allocations that come and go while the traffic goes on.</param>
/// <param name="Timeline">The measured time in intervals, the first first, all streams together.</param>
/// <param name="Highest">The highest rate, where it was searched for.</param>
/// <param name="Unexpected">Datagrams that belong to no flow or are damaged.</param>
/// <param name="LostAllocations">Allocations that ended while they were in use.</param>
/// <param name="FirstFailure">Why the first of them ended.</param>
/// <param name="DeletionsUnconfirmed">Allocations that may be left on the server.</param>
/// <param name="Generator">What the generator itself did.</param>
internal sealed record ScenarioResult(
    int Format,
    string Scenario,
    string Server,
    string Transport,
    string Framing,
    Pacing Pacing,
    double WarmupSeconds,
    DateTimeOffset StartedAt,
    double Seconds,
    bool Interrupted,
    double SetupSeconds,
    IReadOnlyList<StreamResult> Streams,
    ChurnResult? Churn,
    IReadOnlyList<Interval> Timeline,
    HighestRate? Highest,
    long Unexpected,
    int LostAllocations,
    string? FirstFailure,
    int DeletionsUnconfirmed,
    GeneratorResult Generator)
{
    public const int CurrentFormat = 1;

    /// <summary>Clients that the server sent elsewhere; null where it sent none.</summary>
    public RedirectionResult? Redirected { get; init; }
}

/// <summary>One kind of traffic: so many allocations that all send the same.</summary>
internal sealed record StreamResult(
    string Name, int Allocations, int PayloadBytes, int Burst, Direction Direction, double OfferedPacketsPerSecond, DirectionResult? Up, DirectionResult? Down);

/// <summary>Allocates on an open-loop schedule. A latency runs from when the Allocate was due to its success response, 401 included.</summary>
/// <param name="OfferedPerSecond">Allocates that were due a second.</param>
/// <param name="HoldSeconds">How long each allocation was held.</param>
/// <param name="Started">Allocates that were begun in the measured time.</param>
/// <param name="Succeeded">Those that were granted.</param>
/// <param name="Failures">The others by what the server said, "no answer" among them.</param>
/// <param name="LatencyMicroseconds">Of the granted ones.</param>
internal sealed record ChurnResult(
    double OfferedPerSecond, double HoldSeconds, long Started, long Succeeded, IReadOnlyDictionary<string, long> Failures, LatencyResult LatencyMicroseconds)
{
    /// <summary>What went through these allocations; null where nothing did.</summary>
    public ChurnPacketsResult? Packets { get; init; }
}

/// <summary>Packets that clients which come and go sent, and the peer sent back. They are in no stream.</summary>
/// <param name="Each">Packets of a client.</param>
/// <param name="PayloadBytes">Payload of each.</param>
/// <param name="Sent">Packets of clients whose Allocate was due in the measured time.</param>
/// <param name="Answered">Those of them that came back.</param>
/// <param name="LossPercent">The others.</param>
/// <param name="RoundTripMicroseconds">From when a packet was due until it was back.</param>
/// <param name="FirstAnswerMicroseconds">From when a client's Allocate was due until its first packet was back: what a call takes to begin.</param>
internal sealed record ChurnPacketsResult(
    int Each,
    int PayloadBytes,
    long Sent,
    long Answered,
    double LossPercent,
    LatencyResult RoundTripMicroseconds,
    LatencyResult FirstAnswerMicroseconds);

/// <summary>A part of the measured time. A packet belongs to it when it was due in it.</summary>
/// <param name="At">Seconds from the beginning of the measured time to the end of this interval.</param>
/// <param name="Seconds">How long the interval is.</param>
/// <param name="Allocations">Allocations in use at its end.</param>
/// <param name="Sent">Packets sent, both directions.</param>
/// <param name="Received">Packets received of those.</param>
/// <param name="LatencyP50">Microseconds; 0 where nothing arrived.</param>
/// <param name="LatencyP99">Microseconds.</param>
/// <param name="LatencyP999">Microseconds.</param>
/// <param name="Jitter">The flows' estimators (RFC 3550 section 6.4.1), mean over its packets, microseconds.</param>
/// <param name="AllocatesStarted">Allocates of the churn begun in it.</param>
/// <param name="AllocatesSucceeded">Those granted in it.</param>
/// <param name="AllocatesFailed">Those refused or not answered in it.</param>
internal sealed record Interval(
    double At,
    double Seconds,
    int Allocations,
    long Sent,
    long Received,
    double LatencyP50,
    double LatencyP99,
    double LatencyP999,
    double Jitter,
    long AllocatesStarted,
    long AllocatesSucceeded,
    long AllocatesFailed);

/// <summary>The highest rate that lost no more than tolerated, and was not late, all streams together, both directions.</summary>
/// <param name="PacketsPerSecond">The rate; 0 where even the lowest tried did not hold.</param>
/// <param name="ToleratedLossPercent">What counts as too much.</param>
/// <param name="LimitedByGenerator">The generator could not offer more: the server's limit may lie higher.</param>
/// <param name="Steps">Every rate that was tried, in order.</param>
internal sealed record HighestRate(double PacketsPerSecond, double ToleratedLossPercent, bool LimitedByGenerator, IReadOnlyList<RateStep> Steps);

/// <summary>One rate that was tried.</summary>
internal sealed record RateStep(double OfferedPacketsPerSecond, double LossPercent, double LatencyP99Microseconds, bool GeneratorKeptSchedule);
