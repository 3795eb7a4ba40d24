using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>What an Allocate asks of the port (RFC 8656 section 18.5).</summary>
public enum PortParity : byte
{
    /// <summary>Any port.</summary>
    Any,

    /// <summary>EVEN-PORT with R = 0: an even port.</summary>
    Even,

    /// <summary>EVEN-PORT with R = 1: an even port, and the next higher one held back.</summary>
    EvenAndReserveNext,
}

/// <summary>How opening a relayed transport address ended.</summary>
public enum RelayOpening : byte
{
    /// <summary>The address is open.</summary>
    Opened,

    /// <summary>The server relays no such address family (440).</summary>
    FamilyNotSupported,

    /// <summary>No port is free, or the system has none to give (508).</summary>
    NoCapacity,
}

/// <summary>Where relayed transport addresses come from. One a shard; called on that shard's thread only.</summary>
public interface IRelayedTransportAddressPool
{
    /// <summary>Whether the IPv4 DF bit can be set per datagram; where it cannot, DONT-FRAGMENT is answered with 420.</summary>
    bool SupportsDontFragment { get; }

    /// <summary>Opens a relayed transport address on an unpredictable free port.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="server">The address that the request came in on, which is preferred where it relays.</param>
    /// <param name="parity">What the client asks of the port.</param>
    /// <param name="relay">The open address.</param>
    /// <param name="reserved">The next higher port, for <see cref="PortParity.EvenAndReserveNext"/>: open, and read by nobody.</param>
    RelayOpening TryOpen(
        AddressFamily family, in TransportAddress server, PortParity parity, out Relay? relay, out Relay? reserved);

    /// <summary>Takes over an address that another shard reserved, and begins to read it.</summary>
    /// <param name="relay">An open address that no shard reads.</param>
    void Adopt(Relay relay);

    /// <summary>Closes an address and gives its port back.</summary>
    /// <param name="relay">An address opened here, adopted here, or reserved anywhere.</param>
    void Close(Relay relay);
}
