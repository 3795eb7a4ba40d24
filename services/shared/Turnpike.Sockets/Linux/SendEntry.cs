using System.Runtime.InteropServices;

namespace Turnpike.Sockets.Linux;

/// <summary>A datagram to send. Two cache lines, of which a send without control data touches one.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal unsafe struct SendEntry
{
    public const int None = -1;

    /// <summary>Vectors that one datagram takes at most: what it has in front of the payload, the payload, what it has behind.</summary>
    public const int MaxVectors = 3;

    // IPV6_PKTINFO and IPV6_TCLASS together.
    private const int ControlSize = 64;

    [FieldOffset(0)]
    public IoVector Payload;

    [FieldOffset(16)]
    public SocketEndpoint Destination;

    /// <summary>The next entry of the same socket, or <see cref="None"/>.</summary>
    [FieldOffset(44)]
    public int Next;

    /// <summary>What lies elsewhere: the bytes in front of the payload, and right behind them those after it.</summary>
    [FieldOffset(48)]
    public byte* Around;

    /// <summary>Bytes of the whole datagram.</summary>
    [FieldOffset(56)]
    public int Length;

    [FieldOffset(60)]
    public byte FrontLength;

    [FieldOffset(61)]
    public byte BackLength;

    [FieldOffset(62)]
    public byte DestinationLength;

    [FieldOffset(63)]
    public byte ControlLength;

    [FieldOffset(64)]
    public fixed byte Control[ControlSize];

    /// <summary>Whether the payload is all of it.</summary>
    public readonly bool IsWhole => (FrontLength | BackLength) == 0;

    /// <summary>Whether another datagram goes the same way: to the same address, from the same one, with the same traffic class.</summary>
    public static bool SameWay(SendEntry* one, SendEntry* other) =>
        one->Destination == other->Destination
        && one->ControlLength == other->ControlLength
        && (one->ControlLength == 0
            || new Span<byte>(one->Control, one->ControlLength).SequenceEqual(new Span<byte>(other->Control, one->ControlLength)));

    /// <summary>Writes the datagram's vectors, and says how many there are.</summary>
    public static int WriteVectors(SendEntry* entry, IoVector* at)
    {
        IoVector* next = at;
        if (entry->FrontLength != 0)
        {
            *next++ = new IoVector { Base = entry->Around, Length = entry->FrontLength };
        }

        *next++ = entry->Payload;
        if (entry->BackLength != 0)
        {
            *next++ = new IoVector { Base = entry->Around + entry->FrontLength, Length = entry->BackLength };
        }

        return (int)(next - at);
    }

    public static void WriteControl(
        SendEntry* entry, bool packetInfo, in SocketEndpoint destination, in SocketEndpoint source, byte trafficClass)
    {
        byte* at = entry->Control;
        if (packetInfo && source.IsIPv4 && !source.IsWildcard)
        {
            // struct in_pktinfo: interface index, the source to use, (unused when sending).
            byte* data = ControlHeader.Write(at, Option.LevelIPv4, Option.IPv4PacketInfo, 12);
            *(int*)data = 0;
            *(uint*)(data + 4) = source.NativeIPv4;
            *(int*)(data + 8) = 0;
            at += ControlHeader.Space(12);
        }
        else if (packetInfo && source.IsIPv6 && !source.IsWildcard)
        {
            // struct in6_pktinfo: the source to use, interface index.
            byte* data = ControlHeader.Write(at, Option.LevelIPv6, Option.IPv6PacketInfo, 20);
            *(ulong*)data = source.NativeHigh;
            *(ulong*)(data + 8) = source.NativeLow;
            *(uint*)(data + 16) = source.ScopeId;
            at += ControlHeader.Space(20);
        }

        if (trafficClass != 0)
        {
            bool asIPv4 = destination.IsIPv4 || destination.IsIPv4Mapped;
            byte* data = ControlHeader.Write(
                at,
                asIPv4 ? Option.LevelIPv4 : Option.LevelIPv6,
                asIPv4 ? Option.IPv4TypeOfService : Option.IPv6TrafficClass,
                sizeof(int));
            *(int*)data = trafficClass;
            at += ControlHeader.Space(sizeof(int));
        }

        entry->ControlLength = (byte)(at - entry->Control);
    }
}
