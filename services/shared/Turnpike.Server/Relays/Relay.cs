using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>
/// One relayed transport address (RFC 8656 section 3.1): an open port of the server that belongs to one allocation. The
/// owner of the sockets derives from it, so that an <see cref="Egress"/> leads to the socket without a lookup.
/// </summary>
/// <param name="local">Where the port is bound.</param>
/// <param name="address">What clients are told (XOR-RELAYED-ADDRESS); differs from <paramref name="local"/> behind a 1:1 NAT.</param>
public abstract class Relay(in TransportAddress local, in TransportAddress address)
{
    /// <summary>Where the port is bound.</summary>
    public TransportAddress Local { get; } = local;

    /// <summary>The relayed transport address as clients and peers know it.</summary>
    public TransportAddress Address { get; } = address;

    /// <summary>The allocation that the address belongs to; null while it is reserved, and after its end.</summary>
    public Allocation? Allocation { get; internal set; }

    /// <summary>When the address stops relaying, in milliseconds of the server's clock.</summary>
    internal long ExpiresAt { get; set; }

    /// <summary>Told of the allocation's first permission: only from here on is anything relayed, and many an allocation never has one.</summary>
    protected internal virtual void OnPermitted()
    {
    }
}
