using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Cluster;

/// <summary>All figures of one run.</summary>
internal sealed record ClusterFigures(
    string RedisVersion, IReadOnlyList<AllocateFigure> Allocates, HeartbeatFigure Heartbeat, FleetFigure Fleet, CredentialFigure Credentials);

/// <summary>Allocations made and deleted again at one edge, so many at a time.</summary>
/// <param name="Setting">What the edge knows of the cluster: nothing, the store, or the store and a quota.</param>
/// <param name="Concurrent">Clients, each of which waits for its answers.</param>
/// <param name="PerSecond">Allocations a second; each is deleted, too.</param>
/// <param name="LatencyMicroseconds">From an Allocate to its answer.</param>
/// <param name="StoreCallsEach">Commands that the store ran for an allocation and its deletion, beside what it runs anyway; null without a store.</param>
internal sealed record AllocateFigure(
    string Setting, int Concurrent, double PerSecond, LatencyResult LatencyMicroseconds, double? StoreCallsEach);

/// <summary>What an edge without clients asks of the store.</summary>
internal sealed record HeartbeatFigure(double CallsPerSecond, IReadOnlyDictionary<string, double> ByCommand);

/// <summary>Many edges at one store.</summary>
/// <param name="Edges">Edges, each with connections of its own.</param>
/// <param name="UsersPerEdge">Users of each, whose usage is written.</param>
/// <param name="StoreCpuPercent">Of one core.</param>
/// <param name="StoreCallsPerSecond">Commands and scripts that clients sent.</param>
/// <param name="HeartbeatMicroseconds">Time that a heartbeat took.</param>
/// <param name="Grants">Quota grants in the measured time.</param>
/// <param name="GrantMicroseconds">Time that a grant took.</param>
/// <param name="Failures">Calls without an answer.</param>
internal sealed record FleetFigure(
    int Edges,
    int UsersPerEdge,
    double StoreCpuPercent,
    double StoreCallsPerSecond,
    LatencyResult HeartbeatMicroseconds,
    long Grants,
    LatencyResult GrantMicroseconds,
    long Failures);

/// <summary>Credentials on one thread, microseconds each.</summary>
internal sealed record CredentialFigure(int Count, double IssueMicroseconds, double VerifyMicroseconds);
