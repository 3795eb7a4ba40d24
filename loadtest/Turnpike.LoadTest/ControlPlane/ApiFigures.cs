using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.ControlPlane;

/// <summary>All figures of one run. What belongs to the server's process is null where that cannot be looked at.</summary>
internal sealed record ApiFigures(IReadOnlyList<IssueRound> Rounds, IssueLatency Latency, WatcherFigure? Watchers);

/// <summary>Credentials issued as fast as answers come back.</summary>
/// <param name="Concurrent">Calls at the same time.</param>
/// <param name="PerSecond">Calls a second.</param>
/// <param name="CpuMicrosecondsEach">CPU time of all the server's threads, by call.</param>
/// <param name="LatencyMicroseconds">From a call to its answer.</param>
internal sealed record IssueRound(int Concurrent, double PerSecond, double? CpuMicrosecondsEach, LatencyResult LatencyMicroseconds)
{
    /// <summary>Calls that a core would answer in a second if it did nothing else.</summary>
    public double? PerCoreSecond => 1e6 / CpuMicrosecondsEach;
}

/// <summary>Credentials issued at a fixed rate, whatever happened to the calls before.</summary>
/// <param name="PerSecond">The rate.</param>
/// <param name="Calls">Calls that were due in the measured time.</param>
/// <param name="Failed">Those of them without a credential.</param>
/// <param name="FirstFailure">Why.</param>
/// <param name="LatencyMicroseconds">From when a call was due to its answer.</param>
/// <param name="WorstLatenessMilliseconds">How late this generator began a call at worst; it is in the latency.</param>
/// <param name="CpuPercent">CPU time of the server, of one core.</param>
internal sealed record IssueLatency(
    int PerSecond, long Calls, long Failed, string? FirstFailure, LatencyResult LatencyMicroseconds, double WorstLatenessMilliseconds, double? CpuPercent);

/// <summary>Many streams of events.</summary>
/// <param name="Count">Streams.</param>
/// <param name="PerConnection">Streams on one connection.</param>
/// <param name="KilobytesEach">What the server's resident memory grew by, divided by the streams.</param>
/// <param name="ResidentMegabytes">The server's resident memory with all of them.</param>
/// <param name="EverybodyToldMilliseconds">From writing an event into the store until every stream has brought it; null with a server of somebody else's.</param>
internal sealed record WatcherFigure(
    int Count, int PerConnection, double? KilobytesEach, double? ResidentMegabytes, double? EverybodyToldMilliseconds);
