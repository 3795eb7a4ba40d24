namespace Turnpike.Protocol.Attributes;

/// <summary>REQUESTED-TRANSPORT (RFC 8656 §18.8): the protocol between server and peer, as the IP header numbers it.</summary>
public static class RequestedTransport
{
    /// <summary>17, UDP: a relay of datagrams.</summary>
    public const byte Udp = 17;

    /// <summary>6, TCP: a relay of connections (RFC 6062 §5.1).</summary>
    public const byte Tcp = 6;

    /// <summary>Reads the protocol number. Malformed: not 4 bytes.</summary>
    public static AttributeResult Read(in StunMessage message, out byte protocol)
    {
        AttributeResult result = NumberValue.Read(in message, StunAttributeType.RequestedTransport, out uint word);
        protocol = (byte)(word >> 24);
        return result;
    }

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, byte protocol)
        => NumberValue.Write(ref writer, StunAttributeType.RequestedTransport, (uint)protocol << 24);
}
