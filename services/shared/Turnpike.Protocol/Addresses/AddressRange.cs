using System.Globalization;
using System.Net;

namespace Turnpike.Protocol;

/// <summary>A range of IP addresses in CIDR form, of one family.</summary>
public readonly struct AddressRange : IEquatable<AddressRange>
{
    private readonly ulong _high;
    private readonly ulong _low;
    private readonly ulong _highMask;
    private readonly ulong _lowMask;

    private AddressRange(AddressFamily family, ulong high, ulong low, int prefixLength)
    {
        Family = family;
        PrefixLength = prefixLength;
        // IPv4 lives in the low 32 bits, so that its prefix counts from bit 96.
        int bits = family == AddressFamily.IPv4 ? prefixLength + 96 : prefixLength;
        _highMask = bits >= 64 ? ulong.MaxValue : bits == 0 ? 0 : ulong.MaxValue << (64 - bits);
        _lowMask = bits <= 64 ? 0 : ulong.MaxValue << (128 - bits);
        _high = high & _highMask;
        _low = low & _lowMask;
    }

    /// <summary>The family that the range is of.</summary>
    public AddressFamily Family { get; }

    /// <summary>Leading bits that are fixed: 0 to 32, or 0 to 128.</summary>
    public int PrefixLength { get; }

    /// <summary>True when both are the same range.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(AddressRange left, AddressRange right) => left.Equals(right);

    /// <summary>True when they differ.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(AddressRange left, AddressRange right) => !left.Equals(right);

    /// <summary>Reads <c>10.0.0.0/8</c>, <c>fc00::/7</c> or a single address. Bits set behind the prefix are refused.</summary>
    /// <param name="text">The text.</param>
    /// <param name="range">The range.</param>
    public static bool TryParse(string text, out AddressRange range)
    {
        range = default;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string addressText = slash < 0 ? text : text[..slash];
        // IPAddress takes "10", "0x7f.1" and "[::1]:80" too; a rule that means something else than it seems to is worse than an
        // error.
        if (!IPAddress.TryParse(addressText, out IPAddress? address)
            || addressText.AsSpan().ContainsAny('%', '[')
            || (!addressText.Contains(':', StringComparison.Ordinal) && address.ToString() != addressText))
        {
            return false;
        }

        TransportAddress transport = TransportAddress.From(address, 0);
        int width = transport.Family == AddressFamily.IPv4 ? 32 : 128;
        int prefixLength = width;
        if (slash >= 0
            && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefixLength)
                || prefixLength > width))
        {
            return false;
        }

        range = new AddressRange(transport.Family, transport.High, transport.Low, prefixLength);
        return range._high == transport.High && range._low == transport.Low;
    }

    /// <summary>Reads a range that is known to be well formed.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is not a range.</exception>
    public static AddressRange Parse(string text) =>
        TryParse(text, out AddressRange range) ? range : throw new FormatException($"'{text}' is not a CIDR range.");

    /// <summary>Whether the address lies in the range; the port does not matter.</summary>
    /// <param name="address">The address.</param>
    public bool Contains(in TransportAddress address) =>
        address.Family == Family && (address.High & _highMask) == _high && (address.Low & _lowMask) == _low;

    /// <inheritdoc/>
    public bool Equals(AddressRange other) =>
        Family == other.Family && PrefixLength == other.PrefixLength && _high == other._high && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is AddressRange other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Family, PrefixLength, _high, _low);

    /// <inheritdoc/>
    public override string ToString()
    {
        TransportAddress address = Family == AddressFamily.IPv4
            ? TransportAddress.IPv4((uint)_low, 0)
            : TransportAddress.IPv6(_high, _low, 0);
        return $"{address.ToIPEndPoint().Address}/{PrefixLength}";
    }
}
