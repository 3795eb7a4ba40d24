namespace Turnpike.Protocol.Attributes;

/// <summary>DONT-FRAGMENT (RFC 8656 §18.9): set DF on what goes to the peer. A flag without a value.</summary>
public static class DontFragment
{
    /// <summary>Whether the attribute is there. Malformed: it has a value.</summary>
    public static AttributeResult Read(in StunMessage message)
        => BytesValue.Read(in message, StunAttributeType.DontFragment, 0, 0, out _);

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer) => writer.Append(StunAttributeType.DontFragment, []);
}
