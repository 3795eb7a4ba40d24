namespace Turnpike.Sockets;

/// <summary>An ICMP or ICMPv6 error about a datagram that a socket sent (what RFC 8656 section 11.5 forwards).</summary>
public readonly struct IcmpError
{
    internal IcmpError(in SocketEndpoint destination, bool isIPv6, byte type, byte code, uint info)
    {
        Destination = destination;
        IsIPv6 = isIPv6;
        Type = type;
        Code = code;
        Info = info;
    }

    /// <summary>To whom the failed datagram went.</summary>
    public SocketEndpoint Destination { get; }

    /// <summary>Whether the error is ICMPv6, which numbers types and codes differently.</summary>
    public bool IsIPv6 { get; }

    /// <summary>The ICMP type.</summary>
    public byte Type { get; }

    /// <summary>The ICMP code.</summary>
    public byte Code { get; }

    /// <summary>The next hop's MTU in bytes for "fragmentation needed" and "packet too big"; otherwise 0.</summary>
    public uint Info { get; }
}
