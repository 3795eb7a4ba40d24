namespace Turnpike.Protocol.Attributes;

/// <summary>CONNECTION-ID (RFC 6062 §6.2.1): names a peer data connection.</summary>
public static class ConnectionId
{
    /// <summary>Reads the number. Malformed: not 4 bytes.</summary>
    public static AttributeResult Read(in StunMessage message, out uint value)
        => NumberValue.Read(in message, StunAttributeType.ConnectionId, out value);

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, uint value)
        => NumberValue.Write(ref writer, StunAttributeType.ConnectionId, value);
}
