using System.Buffers.Binary;

namespace Turnpike.Protocol;

/// <summary>The 96-bit transaction ID of a STUN message (RFC 8489 §5), kept as three big-endian words: 12 bytes.</summary>
public readonly struct TransactionId : IEquatable<TransactionId>
{
    /// <summary>12 bytes.</summary>
    public const int Length = 12;

    private readonly uint _first;
    private readonly uint _second;
    private readonly uint _third;

    private TransactionId(uint first, uint second, uint third)
    {
        _first = first;
        _second = second;
        _third = third;
    }

    // The mask of an IPv6 XOR address is the magic cookie followed by the transaction ID (RFC 8489 §14.2).
    internal ulong XorMaskHigh => ((ulong)StunMessage.MagicCookie << 32) | _first;

    internal ulong XorMaskLow => ((ulong)_second << 32) | _third;

    /// <summary>Reads the first 12 bytes of <paramref name="source"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 12 bytes.</exception>
    public static TransactionId From(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt32BigEndian(source),
        BinaryPrimitives.ReadUInt32BigEndian(source[4..]),
        BinaryPrimitives.ReadUInt32BigEndian(source[8..]));

    /// <summary>Writes the 12 bytes to the front of <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 12 bytes of room.</exception>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, _first);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], _second);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], _third);
    }

    /// <inheritdoc />
    public bool Equals(TransactionId other) => _first == other._first && _second == other._second && _third == other._third;

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is TransactionId other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(_first, _second, _third);

    /// <summary>24 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{_first:x8}{_second:x8}{_third:x8}";

    /// <summary>Equality of all 12 bytes.</summary>
    public static bool operator ==(TransactionId left, TransactionId right) => left.Equals(right);

    /// <summary>Inequality of any of the 12 bytes.</summary>
    public static bool operator !=(TransactionId left, TransactionId right) => !left.Equals(right);
}
