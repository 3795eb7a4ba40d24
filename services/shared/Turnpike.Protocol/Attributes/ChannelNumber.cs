namespace Turnpike.Protocol.Attributes;

/// <summary>CHANNEL-NUMBER (RFC 8656 §18.1): 16 bits of number, 16 bits reserved.</summary>
public static class ChannelNumber
{
    /// <summary>Reads the number, which is not judged here. Malformed: not 4 bytes.</summary>
    public static AttributeResult Read(in StunMessage message, out ushort number)
    {
        AttributeResult result = NumberValue.Read(in message, StunAttributeType.ChannelNumber, out uint word);
        number = (ushort)(word >> 16);
        return result;
    }

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, ushort number)
        => NumberValue.Write(ref writer, StunAttributeType.ChannelNumber, (uint)number << 16);
}
