namespace Turnpike.Protocol.Attributes;

/// <summary>MOBILITY-TICKET (RFC 8016 §5): opaque to the client; empty in the Allocate that asks for one.</summary>
public static class MobilityTicket
{
    /// <summary>Reads the value in place. Every length is well-formed.</summary>
    public static AttributeResult Read(scoped in StunMessage message, out ReadOnlySpan<byte> value)
        => BytesValue.Read(in message, StunAttributeType.MobilityTicket, minLength: 0, maxLength: ushort.MaxValue, out value);

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, scoped ReadOnlySpan<byte> value)
        => writer.Append(StunAttributeType.MobilityTicket, value);
}
