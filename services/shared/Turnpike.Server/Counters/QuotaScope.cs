namespace Turnpike.Server;

/// <summary>Which limit refused something; the label of <c>turnpike_edge_quota_rejections_total</c>.</summary>
public enum QuotaScope : byte
{
    /// <summary>Allocations of one user.</summary>
    User,

    /// <summary>Allocations of one realm.</summary>
    Realm,

    /// <summary>Allocations in all.</summary>
    Total,

    /// <summary>Bytes of the running period, of a user or a realm.</summary>
    Bytes,

    /// <summary>The quota could not be asked for: the store is away or too slow.</summary>
    Unavailable,

    /// <summary>Ports held back for one user.</summary>
    Reservations,

    /// <summary>Permissions of one allocation.</summary>
    Permissions,

    /// <summary>Channels of one allocation.</summary>
    Channels,

    /// <summary>New peers of one allocation in a second.</summary>
    NewPeers,

    /// <summary>TCP connections with peers of one allocation.</summary>
    PeerConnections,

    /// <summary>Requests that wait for the store at once.</summary>
    ParkedRequests,

    /// <summary>Packets a second of one allocation: datagrams dropped.</summary>
    Rate,

    /// <summary>Bits a second of one allocation, with its share of its user's: datagrams dropped.</summary>
    Bandwidth,
}
