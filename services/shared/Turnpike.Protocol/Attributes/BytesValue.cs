namespace Turnpike.Protocol.Attributes;

/// <summary>Attributes whose value is a run of bytes with a least and a greatest length.</summary>
internal static class BytesValue
{
    /// <summary>RFC 8489 §14: texts of fewer than 128 characters, which take up to 763 bytes.</summary>
    public const int TextMaxLength = 763;

    public static AttributeResult Read(
        scoped in StunMessage message, StunAttributeType type, int minLength, int maxLength, out ReadOnlySpan<byte> value)
    {
        if (!message.TryGet(type, out value))
        {
            return AttributeResult.Absent;
        }

        if (value.Length >= minLength && value.Length <= maxLength)
        {
            return AttributeResult.Ok;
        }

        value = [];
        return AttributeResult.Malformed;
    }
}
