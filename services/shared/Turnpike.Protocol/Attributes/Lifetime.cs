namespace Turnpike.Protocol.Attributes;

/// <summary>LIFETIME (RFC 8656 §18.2): for how long the server keeps the allocation without a refresh, in seconds.</summary>
public static class Lifetime
{
    /// <summary>Reads the lifetime in seconds. Malformed: not 4 bytes.</summary>
    public static AttributeResult Read(in StunMessage message, out uint seconds)
        => NumberValue.Read(in message, StunAttributeType.Lifetime, out seconds);

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, uint seconds)
        => NumberValue.Write(ref writer, StunAttributeType.Lifetime, seconds);
}
