using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Turnpike.Sockets;

/// <summary>
/// An IPv4 or IPv6 address with a port, held as a raw <c>sockaddr_in</c> or <c>sockaddr_in6</c> in Linux layout (28 bytes), so that
/// it goes to the kernel and comes from it without conversion. The default value is neither family and means "unspecified".
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = 28)]
public struct SocketEndpoint : IEquatable<SocketEndpoint>
{
    private const ushort Inet = 2;
    private const ushort Inet6 = 10;

    private ushort _family;
    private ushort _port;        // network order
    private uint _address4;      // network order; the flow information of IPv6, always zero here
    private ulong _high;         // network order
    private ulong _low;          // network order
    private uint _scopeId;

    /// <summary>Whether this is an IPv4 address.</summary>
    public readonly bool IsIPv4 => _family == Inet;

    /// <summary>Whether this is an IPv6 address.</summary>
    public readonly bool IsIPv6 => _family == Inet6;

    /// <summary>The port in host order.</summary>
    public ushort Port
    {
        readonly get => Swap(_port);
        set => _port = Swap(value);
    }

    /// <summary>The IPv4 address in host order (127.0.0.1 is 0x7F000001); 0 for IPv6.</summary>
    public readonly uint IPv4Address => IsIPv4 ? Swap(_address4) : 0;

    /// <summary>The first eight bytes of the IPv6 address, read big-endian; 0 for IPv4.</summary>
    public readonly ulong IPv6High => IsIPv6 ? Swap(_high) : 0;

    /// <summary>The last eight bytes of the IPv6 address, read big-endian; 0 for IPv4.</summary>
    public readonly ulong IPv6Low => IsIPv6 ? Swap(_low) : 0;

    /// <summary>The interface index of a link-local IPv6 address; otherwise 0.</summary>
    public readonly uint ScopeId => IsIPv6 ? _scopeId : 0;

    /// <summary>Whether the address is 0.0.0.0 or ::, the port aside.</summary>
    public readonly bool IsWildcard => IsIPv4 ? _address4 == 0 : (_high | _low) == 0;

    /// <summary>Whether this is an IPv4 address in IPv6 form (::ffff:a.b.c.d), as a dual-stack socket reports it.</summary>
    public readonly bool IsIPv4Mapped => IsIPv6 && _high == 0 && (uint)(IPv6Low >> 32) == 0xFFFF;

    internal readonly uint NativeIPv4 => _address4;

    internal readonly ulong NativeHigh => _high;

    internal readonly ulong NativeLow => _low;

    /// <summary>The bytes of the structure that the kernel reads: 16 for IPv4, 28 for IPv6.</summary>
    internal readonly uint NativeLength => IsIPv4 ? 16u : 28u;

    /// <summary>An IPv4 address from its host-order value.</summary>
    public static SocketEndpoint IPv4(uint hostOrder, ushort port) =>
        new() { _family = Inet, _port = Swap(port), _address4 = Swap(hostOrder) };

    /// <summary>An IPv6 address from its two halves, each read big-endian.</summary>
    public static SocketEndpoint IPv6(ulong high, ulong low, ushort port, uint scopeId = 0) =>
        new() { _family = Inet6, _port = Swap(port), _high = Swap(high), _low = Swap(low), _scopeId = scopeId };

    /// <summary>Takes the address that the kernel wrote at <paramref name="address"/> (4 or 16 bytes), and keeps the port.</summary>
    internal readonly unsafe SocketEndpoint WithNativeAddress(byte* address, uint scopeId)
    {
        SocketEndpoint changed = this;
        if (IsIPv4)
        {
            changed._address4 = Unsafe.ReadUnaligned<uint>(address);
        }
        else
        {
            changed._high = Unsafe.ReadUnaligned<ulong>(address);
            changed._low = Unsafe.ReadUnaligned<ulong>(address + 8);
            changed._scopeId = scopeId;
        }

        return changed;
    }

    /// <summary>Converts from the framework's type. Allocation-free.</summary>
    /// <exception cref="ArgumentException">The address is of another family.</exception>
    public static SocketEndpoint From(IPEndPoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        Span<byte> bytes = stackalloc byte[16];
        endpoint.Address.TryWriteBytes(bytes, out int written);
        return endpoint.AddressFamily switch
        {
            AddressFamily.InterNetwork when written == 4 =>
                IPv4(BinaryPrimitives.ReadUInt32BigEndian(bytes), (ushort)endpoint.Port),
            AddressFamily.InterNetworkV6 when written == 16 => IPv6(
                BinaryPrimitives.ReadUInt64BigEndian(bytes),
                BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
                (ushort)endpoint.Port,
                (uint)endpoint.Address.ScopeId),
            _ => throw new ArgumentException($"{endpoint.AddressFamily} is not an Internet address family.", nameof(endpoint)),
        };
    }

    /// <summary>Converts to the framework's type.</summary>
    /// <exception cref="InvalidOperationException">The value is unspecified.</exception>
    public readonly IPEndPoint ToIPEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        if (IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, IPv4Address);
            return new IPEndPoint(new IPAddress(bytes[..4]), Port);
        }

        if (!IsIPv6)
        {
            throw new InvalidOperationException("An unspecified endpoint has no address.");
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes, IPv6High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], IPv6Low);
        return new IPEndPoint(new IPAddress(bytes, ScopeId), Port);
    }

    /// <inheritdoc/>
    /// <remarks>The kernel leaves the bytes behind a <c>sockaddr_in</c> untouched, so only the family's own fields take part.</remarks>
    public readonly bool Equals(SocketEndpoint other) =>
        _family == other._family && _port == other._port &&
        (IsIPv4
            ? _address4 == other._address4
            : _high == other._high && _low == other._low && _scopeId == other._scopeId);

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is SocketEndpoint other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() =>
        IsIPv4 ? HashCode.Combine(_port, _address4) : HashCode.Combine(_port, _high, _low, _scopeId);

    /// <inheritdoc/>
    public override readonly string ToString() => IsIPv4 || IsIPv6 ? ToIPEndPoint().ToString() : "unspecified";

    /// <summary>Whether two endpoints have the same family, address, port and scope.</summary>
    public static bool operator ==(SocketEndpoint left, SocketEndpoint right) => left.Equals(right);

    /// <summary>Whether two endpoints differ.</summary>
    public static bool operator !=(SocketEndpoint left, SocketEndpoint right) => !left.Equals(right);

    private static ushort Swap(ushort value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    private static uint Swap(uint value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    private static ulong Swap(ulong value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
