using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using Turnpike.Edge.Options;
using Turnpike.Protocol;

namespace Turnpike.Edge.Transport.Streams;

internal enum ProxyHeaderResult
{
    /// <summary>The header is not complete.</summary>
    NeedMore,

    /// <summary>A header that names the client.</summary>
    Proxied,

    /// <summary>A header that says to keep the connection's own address: LOCAL, UNKNOWN, UNSPEC.</summary>
    Own,

    /// <summary>No header, or one that breaks the specification.</summary>
    Malformed,
}

/// <summary>The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt).</summary>
internal static class ProxyHeader
{
    /// <summary>The longest header that is read, in bytes. Section 2.2 leaves the length open; what proxies add is far below it.</summary>
    public const int MaxLength = 2048;

    // Section 2.1: the longest line of version 1, with its line end.
    private const int MaxLine = 107;

    private const int FixedLength = 16;
    private const int IPv4AddressesLength = 12;
    private const int IPv6AddressesLength = 36;
    private const byte Version2 = 0x20;
    private const byte Stream = 1;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Reads a header at the front of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">What has arrived, up to <see cref="MaxLength"/>.</param>
    /// <param name="allowed">Which versions are taken.</param>
    /// <param name="client">The client's address, for <see cref="ProxyHeaderResult.Proxied"/>.</param>
    /// <param name="length">Bytes of the header, once it is complete.</param>
    public static ProxyHeaderResult TryRead(ReadOnlySpan<byte> bytes, ProxyProtocol allowed, out TransportAddress client, out int length)
    {
        client = default;
        length = 0;
        if (bytes.IsEmpty)
        {
            return ProxyHeaderResult.NeedMore;
        }

        if (bytes[0] == (byte)'P' && allowed is ProxyProtocol.V1 or ProxyProtocol.Any)
        {
            return TryReadLine(bytes, out client, out length);
        }

        return bytes[0] == Signature[0] && allowed is ProxyProtocol.V2 or ProxyProtocol.Any
            ? TryReadBinary(bytes, out client, out length)
            : ProxyHeaderResult.Malformed;
    }

    private static ProxyHeaderResult TryReadLine(ReadOnlySpan<byte> bytes, out TransportAddress client, out int length)
    {
        client = default;
        length = 0;
        ReadOnlySpan<byte> start = bytes[..Math.Min(bytes.Length, MaxLine)];
        ReadOnlySpan<byte> word = "PROXY "u8;
        int known = Math.Min(start.Length, word.Length);
        if (!start[..known].SequenceEqual(word[..known]))
        {
            return ProxyHeaderResult.Malformed;
        }

        int end = start.IndexOf("\r\n"u8);
        if (end < 0)
        {
            return start.Length < MaxLine ? ProxyHeaderResult.NeedMore : ProxyHeaderResult.Malformed;
        }

        length = end + 2;
        string[] words = Encoding.Latin1.GetString(start[..end]).Split(' ');

        // After UNKNOWN the receiver must ignore the rest of the line.
        if (words[1] == "UNKNOWN")
        {
            return ProxyHeaderResult.Own;
        }

        return words is ["PROXY", "TCP4" or "TCP6", string source, string destination, string sourcePort, string destinationPort]
            && TryAddress(words[1] == "TCP6", source, sourcePort, out client)
            && TryAddress(words[1] == "TCP6", destination, destinationPort, out _)
            ? ProxyHeaderResult.Proxied
            : ProxyHeaderResult.Malformed;
    }

    private static bool TryAddress(bool ipv6, string address, string port, out TransportAddress read)
    {
        read = default;
        if (!AddressText.TryParseAddress(address, out IPAddress ip)
            || ip.AddressFamily != (ipv6 ? System.Net.Sockets.AddressFamily.InterNetworkV6 : System.Net.Sockets.AddressFamily.InterNetwork)
            || (port.Length > 1 && port[0] == '0')
            || !ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number))
        {
            return false;
        }

        read = TransportAddress.From(ip, number);
        return true;
    }

    private static ProxyHeaderResult TryReadBinary(ReadOnlySpan<byte> bytes, out TransportAddress client, out int length)
    {
        client = default;
        length = 0;
        int known = Math.Min(bytes.Length, Signature.Length);
        if (!bytes[..known].SequenceEqual(Signature[..known]))
        {
            return ProxyHeaderResult.Malformed;
        }

        if (bytes.Length < FixedLength)
        {
            return ProxyHeaderResult.NeedMore;
        }

        int command = bytes[12] & 0x0F;
        int family = bytes[13] >> 4;
        int protocol = bytes[13] & 0x0F;
        int rest = BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if ((bytes[12] & 0xF0) != Version2 || command > 1 || FixedLength + rest > MaxLength)
        {
            return ProxyHeaderResult.Malformed;
        }

        if (bytes.Length < FixedLength + rest)
        {
            return ProxyHeaderResult.NeedMore;
        }

        length = FixedLength + rest;
        ReadOnlySpan<byte> addresses = bytes.Slice(FixedLength, rest);

        // LOCAL is the proxy's own connection, a health check, whatever follows; UNSPEC and a Unix socket name no Internet address.
        if (command == 0 || (family is 0 or 3 && protocol <= 2))
        {
            return ProxyHeaderResult.Own;
        }

        if (family > 3 || protocol != Stream || rest < (family == 1 ? IPv4AddressesLength : IPv6AddressesLength))
        {
            return ProxyHeaderResult.Malformed;
        }

        client = family == 1
            ? TransportAddress.IPv4(BinaryPrimitives.ReadUInt32BigEndian(addresses), BinaryPrimitives.ReadUInt16BigEndian(addresses[8..]))
            : TransportAddress.IPv6(
                BinaryPrimitives.ReadUInt64BigEndian(addresses),
                BinaryPrimitives.ReadUInt64BigEndian(addresses[8..]),
                BinaryPrimitives.ReadUInt16BigEndian(addresses[32..]));
        return ProxyHeaderResult.Proxied;
    }
}
