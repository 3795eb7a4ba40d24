using System.ComponentModel.DataAnnotations;
using Turnpike.Cluster;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:Quota</c>: limits on what a user, a realm, an allocation and an unknown sender may take.</summary>
public sealed class QuotaOptions : ISettingsSection
{
    /// <summary>Default 0, no limit: a browser holds several allocations a call, and only the operator knows how many calls a user makes.</summary>
    [Setting("Concurrent allocations of one user, on all edges of a cluster together; 0 is no limit")]
    [Range(0, 1_000_000)]
    public int AllocationsPerUser { get; init; }

    /// <summary>Default 0, no limit.</summary>
    [Setting("Concurrent allocations of one realm, on all edges of a cluster together; 0 is no limit")]
    [Range(0, 1_000_000)]
    public int AllocationsPerRealm { get; init; }

    /// <summary>Default 0, no limit: relay ports and memory end it by themselves.</summary>
    [Setting("Concurrent allocations of this edge, or of all edges of a cluster together; 0 is no limit")]
    [Range(0, 1_000_000)]
    public int Allocations { get; init; }

    /// <summary>Default 128: a call needs a permission for each candidate address of its peer, some ten.</summary>
    [Setting("Permissions of one allocation")]
    [Range(1, 4096)]
    public int PermissionsPerAllocation { get; init; } = 128;

    /// <summary>Default 128: as many as permissions; RFC 8656 §12 leaves room for 4096 channel numbers.</summary>
    [Setting("Channels of one allocation")]
    [Range(1, 4096)]
    public int ChannelsPerAllocation { get; init; } = 128;

    /// <summary>Default 16: each takes two sockets, and ICE over TCP tries one for each candidate of the peer.</summary>
    [Setting("TCP connections with peers of one allocation at once, for Edge:Protocol:TcpRelay")]
    [Range(1, 4096)]
    public int PeerConnectionsPerAllocation { get; init; } = 16;

    /// <summary>Default 64: above what ICE needs at the start of a call, far below what a port scan needs.</summary>
    [Setting("New peer addresses a second of one allocation; 0 is no limit")]
    [Range(0, 1_000_000)]
    public int NewPeersPerSecondPerAllocation { get; init; } = 64;

    /// <summary>Default 0, no limit: what media needs varies too much for a default.</summary>
    [Setting("Packets a second of one allocation, each direction; 0 is no limit")]
    [Range(0, 100_000_000)]
    public int PacketsPerSecondPerAllocation { get; init; }

    /// <summary>Default 0, no limit: what media needs varies too much for a default.</summary>
    [Setting("Bits a second of one allocation, each direction; 0 is no limit")]
    [Range(0d, 1_000_000_000_000d)]
    public long BitsPerSecondPerAllocation { get; init; }

    /// <summary>Default 0, no limit: what media needs varies too much for a default.</summary>
    [Setting("Bits a second of one user over all of its allocations, each direction, on all edges of a cluster together; 0 is no limit")]
    [Range(0d, 1_000_000_000_000d)]
    public long BitsPerSecondPerUser { get; init; }

    /// <summary>Default local-share: a store that is away is no reason to turn callers away.</summary>
    [Setting("Who decides about new allocations that have a limit while the cluster's store is away: this edge, by its share of the limit, or nobody")]
    public WhenStoreUnavailable WhenStoreUnavailable { get; init; }

    /// <summary>Default 32: a client reserves one port for RTCP beside RTP, for 30 seconds; a range of thousands stays out of one user's reach.</summary>
    [Setting("Ports of one user held back by EVEN-PORT at once; 0 is no limit")]
    [Range(0, 65_536)]
    public int ReservationsPerUser { get; init; } = 32;

    /// <summary>Default 100, burst twice that: a NAT full of clients stays below it, and a spoofed victim gets some 10 kB/s at most.</summary>
    [Setting("Error responses a second to one unauthenticated source (IPv6: one /64) over UDP; 0 is no limit")]
    [Range(0, 1_000_000)]
    public int UnauthenticatedResponsesPerSecond { get; init; } = 100;
}
