namespace Turnpike.Sockets;

/// <summary>How a socket is opened. The README's table says which of these the portable backend honours.</summary>
public sealed record DatagramSocketOptions
{
    /// <summary>Joins the <c>SO_REUSEPORT</c> group of the address; the kernel spreads 5-tuples over the group's sockets.</summary>
    public bool ReusePort { get; init; }

    /// <summary>
    /// For wildcard binds: <see cref="ReceivedDatagram.Destination"/> is the datagram's real local address, and the source given to
    /// <see cref="DatagramReactor.Send"/> is honoured.
    /// </summary>
    public bool ReceivePacketInfo { get; init; }

    /// <summary>Receive buffer asked for, in bytes; 0 leaves the system's default.</summary>
    public int ReceiveBuffer { get; init; }

    /// <summary>Send buffer asked for, in bytes; 0 leaves the system's default.</summary>
    public int SendBuffer { get; init; }

    /// <summary>Reports the TOS or Traffic Class octet (DSCP and ECN) of every datagram.</summary>
    public bool ReceiveTrafficClass { get; init; }

    /// <summary>Reports ICMP errors caused by this socket's datagrams to <see cref="IDatagramHandler.OnIcmpError"/>.</summary>
    public bool ReceiveErrors { get; init; }

    /// <summary>
    /// Only binds the port, and sets what traffic needs (buffers, errors, traffic class, trains) with <see cref="DatagramSocket.Prepare"/>: seven calls that a
    /// socket saves which is never used. Before that, datagrams arrive without what was not asked for yet.
    /// </summary>
    public bool StartsIdle { get; init; }

    /// <summary>An IPv6 socket takes IPv6 only; otherwise IPv4 arrives at a wildcard bind as IPv4-mapped addresses.</summary>
    public bool IPv6Only { get; init; } = true;
}
