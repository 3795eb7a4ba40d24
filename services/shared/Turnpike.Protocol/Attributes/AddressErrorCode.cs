namespace Turnpike.Protocol.Attributes;

/// <summary>
/// ADDRESS-ERROR-CODE (RFC 8656 §18.12): in a success response, why the relayed transport address of one family was not allocated.
/// </summary>
public static class AddressErrorCode
{
    private const int FixedLength = 4;

    /// <summary>
    /// Reads family and code. Malformed: fewer than 4 bytes, a class outside 3–6, a number above 99, or a reason of more than 763
    /// bytes.
    /// </summary>
    public static AttributeResult Read(in StunMessage message, out AddressFamily family, out int code)
    {
        family = AddressFamily.None;
        code = 0;
        AttributeResult result = BytesValue.Read(
            in message,
            StunAttributeType.AddressErrorCode,
            FixedLength,
            FixedLength + BytesValue.TextMaxLength,
            out ReadOnlySpan<byte> value);
        if (result != AttributeResult.Ok)
        {
            return result;
        }

        if (!ErrorNumber.TryDecode(value[2], value[3], out code))
        {
            return AttributeResult.Malformed;
        }

        family = (AddressFamily)value[0];
        return AttributeResult.Ok;
    }

    /// <summary>Appends the attribute with the reason phrase that the RFC recommends; <paramref name="code"/> is 300–699.</summary>
    public static void Write(ref StunMessageWriter writer, AddressFamily family, int code)
    {
        ReadOnlySpan<byte> reason = StunErrorCode.ReasonPhrase(code);
        Span<byte> value = writer.Reserve(StunAttributeType.AddressErrorCode, FixedLength + reason.Length);
        if (!value.IsEmpty)
        {
            value[0] = (byte)family;
            ErrorNumber.Encode(code, value[2..]);
            reason.CopyTo(value[FixedLength..]);
        }
    }
}
