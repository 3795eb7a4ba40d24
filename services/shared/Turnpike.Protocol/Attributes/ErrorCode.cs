namespace Turnpike.Protocol.Attributes;

/// <summary>ERROR-CODE (RFC 8489 §14.8): a code of 300–699 and a reason phrase for people.</summary>
public static class ErrorCode
{
    private const int FixedLength = 4;

    /// <summary>Reads the code. Malformed: see the overload that gives the reason, too.</summary>
    public static AttributeResult Read(in StunMessage message, out int code) => Read(in message, out code, out _);

    /// <summary>
    /// Reads code and reason phrase (UTF-8). Malformed: fewer than 4 bytes, a class outside 3–6, a number above 99, or a reason of
    /// more than 763 bytes.
    /// </summary>
    public static AttributeResult Read(scoped in StunMessage message, out int code, out ReadOnlySpan<byte> reason)
    {
        code = 0;
        AttributeResult result = BytesValue.Read(
            in message, StunAttributeType.ErrorCode, FixedLength, FixedLength + BytesValue.TextMaxLength, out reason);
        if (result == AttributeResult.Ok)
        {
            result = ErrorNumber.TryDecode(reason[2], reason[3], out code) ? AttributeResult.Ok : AttributeResult.Malformed;
            reason = result == AttributeResult.Ok ? reason[FixedLength..] : [];
        }

        return result;
    }

    /// <summary>Appends the attribute with the reason phrase that the RFC recommends.</summary>
    public static void Write(ref StunMessageWriter writer, int code) => Write(ref writer, code, StunErrorCode.ReasonPhrase(code));

    /// <summary>Appends the attribute; <paramref name="code"/> is 300–699.</summary>
    public static void Write(ref StunMessageWriter writer, int code, scoped ReadOnlySpan<byte> reason)
    {
        Span<byte> value = writer.Reserve(StunAttributeType.ErrorCode, FixedLength + reason.Length);
        if (!value.IsEmpty)
        {
            ErrorNumber.Encode(code, value[2..]);
            reason.CopyTo(value[FixedLength..]);
        }
    }
}
