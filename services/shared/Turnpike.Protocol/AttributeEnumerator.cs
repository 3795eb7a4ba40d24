using System.Buffers.Binary;

namespace Turnpike.Protocol;

/// <summary>One attribute of a message, in place.</summary>
public readonly ref struct StunAttribute
{
    internal StunAttribute(StunAttributeType type, ReadOnlySpan<byte> value, int offset)
    {
        Type = type;
        Value = value;
        Offset = offset;
    }

    /// <summary>The type; may be a number that <see cref="StunAttributeType"/> does not name.</summary>
    public StunAttributeType Type { get; }

    /// <summary>The value without its padding.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Where the attribute's four-byte header begins in <see cref="StunMessage.Bytes"/>.</summary>
    public int Offset { get; }
}

/// <summary>
/// Enumerates the effective attributes of a message. Ignored are: after MESSAGE-INTEGRITY everything but
/// MESSAGE-INTEGRITY-SHA256 and FINGERPRINT, after MESSAGE-INTEGRITY-SHA256 everything but FINGERPRINT, and everything
/// after FINGERPRINT (RFC 8489 §14.5–14.7). What is ignored is not covered by the integrity check and must not be acted on.
/// </summary>
public ref struct AttributeEnumerator
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _next;
    private Effective _effective;

    internal AttributeEnumerator(ReadOnlySpan<byte> bytes, int offset)
    {
        _bytes = bytes;
        _next = offset;
    }

    // What still counts, in the order in which it narrows.
    private enum Effective : byte
    {
        All,
        Sha256AndFingerprint,
        Fingerprint,
        Nothing,
    }

    /// <summary>The attribute that the last <see cref="MoveNext"/> found.</summary>
    public StunAttribute Current { get; private set; }

    /// <summary>Moves to the next effective attribute; false when there is none.</summary>
    public bool MoveNext()
    {
        while (_effective != Effective.Nothing && _next < _bytes.Length)
        {
            int offset = _next;
            var type = (StunAttributeType)BinaryPrimitives.ReadUInt16BigEndian(_bytes[offset..]);
            int length = BinaryPrimitives.ReadUInt16BigEndian(_bytes[(offset + 2)..]);
            _next = offset + StunMessage.AttributeHeaderLength + StunMessage.Padded(length);
            if (Counts(type))
            {
                Current = new StunAttribute(type, _bytes.Slice(offset + StunMessage.AttributeHeaderLength, length), offset);
                return true;
            }
        }

        return false;
    }

    private bool Counts(StunAttributeType type)
    {
        switch (type)
        {
            case StunAttributeType.Fingerprint:
                _effective = Effective.Nothing;
                return true;
            case StunAttributeType.MessageIntegritySha256 when _effective < Effective.Fingerprint:
                _effective = Effective.Fingerprint;
                return true;
            case StunAttributeType.MessageIntegrity when _effective == Effective.All:
                _effective = Effective.Sha256AndFingerprint;
                return true;
            default:
                return _effective == Effective.All;
        }
    }
}
