using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Turnpike.Protocol;

/// <summary>
/// A transport address (RFC 8656 §2): IP address and port, IPv4 or IPv6, as a 24-byte value that is a cheap dictionary key.
/// Equality is family, address and port; <see cref="ScopeId"/> is carried along and not compared.
/// </summary>
public readonly struct TransportAddress : IEquatable<TransportAddress>
{
    private const ulong HighMix = 0x9E37_79B9_7F4A_7C15;
    private const ulong LowMix = 0xC2B2_AE3D_27D4_EB4F;

    private TransportAddress(ulong high, ulong low, ushort port, AddressFamily family, uint scopeId)
    {
        High = high;
        Low = low;
        ScopeId = scopeId;
        Port = port;
        Family = family;
    }

    /// <summary>The first 8 bytes of an IPv6 address read as a big-endian number; 0 for IPv4.</summary>
    public ulong High { get; }

    /// <summary>The last 8 bytes of an IPv6 address read as a big-endian number; for IPv4 the address in host order.</summary>
    public ulong Low { get; }

    /// <summary>The interface of a link-local IPv6 address, as the operating system numbers it; else 0.</summary>
    public uint ScopeId { get; }

    /// <summary>The port in host order.</summary>
    public ushort Port { get; }

    /// <summary>IPv4 or IPv6; None in the default value only.</summary>
    public AddressFamily Family { get; }

    /// <summary>An IPv4 transport address; <paramref name="hostOrder"/> is 0x7F000001 for 127.0.0.1.</summary>
    public static TransportAddress IPv4(uint hostOrder, ushort port) => new(0, hostOrder, port, AddressFamily.IPv4, 0);

    /// <summary>An IPv6 transport address from the two halves of the address, each read as a big-endian number.</summary>
    public static TransportAddress IPv6(ulong high, ulong low, ushort port, uint scopeId = 0)
        => new(high, low, port, AddressFamily.IPv6, scopeId);

    /// <summary>The same address and port as <paramref name="endPoint"/>; IPv4-mapped IPv6 addresses stay IPv6.</summary>
    public static TransportAddress From(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return From(endPoint.Address, (ushort)endPoint.Port);
    }

    /// <summary><paramref name="address"/> with <paramref name="port"/>; IPv4-mapped IPv6 addresses stay IPv6.</summary>
    public static TransportAddress From(IPAddress address, ushort port)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out int written) && written == 4
            ? IPv4(BinaryPrimitives.ReadUInt32BigEndian(bytes), port)
            : IPv6(
                BinaryPrimitives.ReadUInt64BigEndian(bytes),
                BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
                port,
                (uint)address.ScopeId);
    }

    /// <summary>
    /// Reads <c>1.2.3.4:5</c> or <c>[::1]:5</c>. The port is required; an IPv4 address has four decimal numbers without leading
    /// zeros, so that the octal and short forms of inet_aton are refused.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TransportAddress address)
    {
        address = default;
        int colon = text.LastIndexOf(':');
        if (colon <= 0
            || !ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            return false;
        }

        ReadOnlySpan<char> host = text[..colon];
        if (host[0] != '[')
        {
            bool parsed = TryParseDottedQuad(host, out uint hostOrder);
            address = parsed ? IPv4(hostOrder, port) : default;
            return parsed;
        }

        // The colon rules out that IPAddress reads the text as an IPv4 address.
        if (host[^1] != ']' || !host.Contains(':') || !IPAddress.TryParse(host[1..^1], out IPAddress? ip))
        {
            return false;
        }

        address = From(ip, port);
        return true;
    }

    /// <summary>The same as an <see cref="IPEndPoint"/>. Allocates.</summary>
    public IPEndPoint ToIPEndPoint() => new(ToIPAddress(), Port);

    /// <summary>The same address with another port.</summary>
    public TransportAddress WithPort(ushort port) => new(High, Low, port, Family, ScopeId);

    /// <summary>Whether family and address are equal; the port is ignored, as permissions do (RFC 8656 §9).</summary>
    public bool SameAddress(in TransportAddress other) => Low == other.Low && High == other.High && Family == other.Family;

    /// <inheritdoc />
    public bool Equals(TransportAddress other) => Port == other.Port && SameAddress(in other);

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is TransportAddress other && Equals(other);

    /// <summary>Cheap multiplicative mixing, not keyed: a table open to hostile keys bounds its entries by other means.</summary>
    public override int GetHashCode()
    {
        ulong hash = (High * HighMix) ^ ((Low + (((ulong)Port << 40) | ((ulong)Family << 32))) * LowMix);
        hash ^= hash >> 29;
        hash *= HighMix;
        return (int)(hash >> 32);
    }

    /// <summary>
    /// <c>1.2.3.4:5</c> or <c>[::1]:5</c>, as <see cref="TryParse"/> reads it; <c>none</c> for the default value. Allocates.
    /// </summary>
    public override string ToString() => Family == AddressFamily.None ? "none" : ToIPEndPoint().ToString();

    /// <summary>Equality of family, address and port.</summary>
    public static bool operator ==(TransportAddress left, TransportAddress right) => left.Equals(right);

    /// <summary>Inequality of family, address or port.</summary>
    public static bool operator !=(TransportAddress left, TransportAddress right) => !left.Equals(right);

    private IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        if (Family != AddressFamily.IPv6)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Low);
            return new IPAddress(bytes[..4]);
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
        return new IPAddress(bytes, ScopeId);
    }

    private static bool TryParseDottedQuad(ReadOnlySpan<char> text, out uint hostOrder)
    {
        hostOrder = 0;
        for (int part = 0; part < 4; part++)
        {
            int dot = text.IndexOf('.');
            bool last = part == 3;
            if (last != (dot < 0))
            {
                return false;
            }

            ReadOnlySpan<char> digits = last ? text : text[..dot];
            if ((digits.Length > 1 && digits[0] == '0')
                || !byte.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out byte value))
            {
                return false;
            }

            hostOrder = (hostOrder << 8) | value;
            text = last ? [] : text[(dot + 1)..];
        }

        return true;
    }
}
