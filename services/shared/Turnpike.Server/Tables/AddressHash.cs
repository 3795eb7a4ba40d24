using System.Buffers.Binary;
using System.Security.Cryptography;
using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>
/// Hashes for the tables of the data path. They are keyed with a secret of the process, because clients choose their own
/// ports and peers and could otherwise aim many of them at one slot.
/// </summary>
internal static class AddressHash
{
    private static readonly ulong Seed = RandomSeed();

    /// <summary>Of the address alone: permissions are per IP address (RFC 8656 section 9).</summary>
    public static uint OfAddress(in TransportAddress address) =>
        Fold(Mix(Mix(Seed ^ address.Low) + address.High + (ulong)address.Family));

    /// <summary>Of address and port.</summary>
    public static uint Of(in TransportAddress address) => Fold(Mix(Start(address)));

    /// <summary>Of the whole 5-tuple.</summary>
    public static uint Of(in FiveTuple tuple) =>
        Fold(Mix(Mix(Mix(Start(tuple.Client)) + tuple.Server.Low) + (tuple.Server.High ^ ((ulong)tuple.Server.Port << 8) ^ (ulong)tuple.Transport)));

    private static ulong Start(in TransportAddress address) =>
        Mix(Seed ^ address.Low) + address.High + (((ulong)address.Port << 8) | (ulong)address.Family);

    private static ulong Mix(ulong value)
    {
        value ^= value >> 32;
        value *= 0x9E3779B97F4A7C15;
        value ^= value >> 29;
        return value * 0xBF58476D1CE4E5B9;
    }

    private static uint Fold(ulong value) => (uint)(value >> 32);

    private static ulong RandomSeed()
    {
        Span<byte> bytes = stackalloc byte[8];
        RandomNumberGenerator.Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
