using System.Buffers.Binary;

namespace Turnpike.Protocol;

/// <summary>
/// Writes one STUN message (RFC 8489 §5) into the caller's buffer. The length field is kept right after every attribute, as
/// MESSAGE-INTEGRITY and FINGERPRINT need it. Padding is zero whatever the buffer held. Never throws for lack of room:
/// <see cref="Overflowed"/> turns true, nothing more is written and <see cref="Finish"/> gives an empty span.
/// </summary>
public ref struct StunMessageWriter
{
    private readonly Span<byte> _buffer;

    /// <summary>Writes the header. <paramref name="buffer"/> is best aligned with what one datagram may hold.</summary>
    public StunMessageWriter(Span<byte> buffer, StunClass @class, StunMethod method, scoped in TransactionId transactionId)
    {
        // The length field holds 16 bits, the last two of them zero.
        _buffer = buffer.Length > StunMessage.HeaderLength + 0xFFFC ? buffer[..(StunMessage.HeaderLength + 0xFFFC)] : buffer;
        if (_buffer.Length < StunMessage.HeaderLength)
        {
            Overflowed = true;
            return;
        }

        BinaryPrimitives.WriteUInt16BigEndian(_buffer, StunMessageType.Of(@class, method));
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[StunMessage.LengthOffset..], 0);
        BinaryPrimitives.WriteUInt32BigEndian(_buffer[StunMessage.CookieOffset..], StunMessage.MagicCookie);
        transactionId.CopyTo(_buffer[StunMessage.TransactionIdOffset..]);
        Length = StunMessage.HeaderLength;
    }

    /// <summary>Whether an attribute found no room; it stays true.</summary>
    public bool Overflowed { readonly get; private set; }

    /// <summary>Bytes written so far, header included; 0 if not even the header found room.</summary>
    public int Length { readonly get; private set; }

    internal readonly ReadOnlySpan<byte> Written => _buffer[..Length];

    internal readonly TransactionId TransactionId => Overflowed ? default : TransactionId.From(_buffer[StunMessage.TransactionIdOffset..]);

    /// <summary>
    /// Appends an attribute with its padding. The value may already lie at its place in the buffer (4 bytes after
    /// <see cref="Length"/>), as a relayed payload with headroom does.
    /// </summary>
    public void Append(StunAttributeType type, scoped ReadOnlySpan<byte> value)
    {
        if (TryBegin(type, value.Length, out Span<byte> destination))
        {
            value.CopyTo(destination);
            End(value.Length);
        }
    }

    /// <summary>
    /// Appends an attribute of <paramref name="length"/> zero bytes and gives the value to be filled in. Empty when it
    /// overflowed, so a caller that stores at fixed places checks the span's length first.
    /// </summary>
    public Span<byte> Reserve(StunAttributeType type, int length)
    {
        if (!TryBegin(type, length, out Span<byte> destination))
        {
            return [];
        }

        destination.Clear();
        End(length);
        return destination;
    }

    /// <summary>The written message; empty if it overflowed.</summary>
    public readonly ReadOnlySpan<byte> Finish() => Overflowed ? [] : Written;

    private bool TryBegin(StunAttributeType type, int length, out Span<byte> value)
    {
        value = [];
        if (Overflowed || (uint)length > ushort.MaxValue
            || StunMessage.AttributeHeaderLength + StunMessage.Padded(length) > _buffer.Length - Length)
        {
            Overflowed = true;
            return false;
        }

        BinaryPrimitives.WriteUInt16BigEndian(_buffer[Length..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[(Length + 2)..], (ushort)length);
        value = _buffer.Slice(Length + StunMessage.AttributeHeaderLength, length);
        return true;
    }

    private void End(int length)
    {
        int end = Length + StunMessage.AttributeHeaderLength + length;
        Length = StunMessage.Padded(end);
        _buffer[end..Length].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[StunMessage.LengthOffset..], (ushort)(Length - StunMessage.HeaderLength));
    }
}
