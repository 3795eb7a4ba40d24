using Turnpike.Cluster;
using Turnpike.Edge.Management;
using Turnpike.Edge.Options;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// Writes what this edge tells the cluster about itself: where it is, what it can do, and what it did since the last time.
/// </summary>
/// <param name="id">Name and incarnation.</param>
/// <param name="version">The build.</param>
/// <param name="settings">Name, region, capacity.</param>
/// <param name="time">The source of time.</param>
internal sealed class EdgeRecorder(string id, string version, EdgeSettings settings, TimeProvider time)
{
    private readonly long _startedAt = time.GetUtcNow().ToUnixTimeSeconds();
    private readonly LoadMeter _meter = new(time);

    /// <summary>The record as it is now. Not thread-safe: of the heartbeat alone.</summary>
    /// <param name="relay">The relay.</param>
    /// <param name="degraded">Whether the store was away a moment ago.</param>
    /// <param name="management">Where the control plane reaches this edge; empty before it listens.</param>
    public EdgeRecord Write(IRelay relay, bool degraded, string management = "")
    {
        RelaySnapshot snapshot = relay.Read();
        RelayLoad load = _meter.Measure(relay, snapshot);
        return new EdgeRecord
        {
            Id = id,
            Name = settings.Name,
            Region = settings.Region,
            State = StateOf(relay),
            Version = version,
            Urls = relay.ListenerUrls,
            RelayAddresses = [.. relay.RelayAddresses.Select(address => address.ToString())],
            MinPort = settings.Relay.MinPort,
            MaxPort = settings.Relay.MaxPort,
            Management = management,
            StartedAt = _startedAt,
            Degraded = degraded,
            Capacity = new EdgeCapacity
            {
                Allocations = settings.Capacity.Allocations,
                RelayPorts = snapshot.RelayPortsTotal,
                PacketsPerSecond = settings.Capacity.PacketsPerSecond,
                BitsPerSecond = settings.Capacity.BitsPerSecond,
            },
            Load = new EdgeLoad
            {
                PacketsPerSecond = load.PacketsPerSecond,
                BitsPerSecond = load.BitsPerSecond,
                ShardBusy = load.Busiest,
                ReportedAt = time.GetUtcNow().ToUnixTimeSeconds(),
                Allocations = snapshot.Allocations,
                RelayPortsUsed = snapshot.RelayPortsUsed,
            },
        };
    }

    /// <summary>The word for an edge that takes no more allocations and ends with its last one.</summary>
    public const string Draining = "draining";

    /// <summary>The word for an edge's state.</summary>
    public static string StateOf(IRelay relay) => relay.State switch
    {
        RelayState.Ready when relay.NotReadyReason is null => "ready",
        RelayState.Draining => Draining,
        _ => "not-ready",
    };
}
