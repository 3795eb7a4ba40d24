using System.Buffers.Binary;

namespace Turnpike.LoadTest.Relay;

/// <summary>
/// The first bytes of every payload: which run and flow it belongs to, which way it goes, its number in the flow, and when it
/// was due (nanoseconds of the run's clock). The receiver tells loss, order and latency from it alone.
/// </summary>
internal readonly record struct PacketStamp(uint Run, int Flow, bool IsUp, long Sequence, long DueAt)
{
    public const int Length = 24;

    private const uint UpBit = 0x8000_0000;

    public void Write(Span<byte> payload)
    {
        BinaryPrimitives.WriteUInt32BigEndian(payload, Run);
        BinaryPrimitives.WriteUInt32BigEndian(payload[4..], (uint)Flow | (IsUp ? UpBit : 0));
        BinaryPrimitives.WriteInt64BigEndian(payload[8..], Sequence);
        BinaryPrimitives.WriteInt64BigEndian(payload[16..], DueAt);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out PacketStamp stamp)
    {
        if (payload.Length < Length)
        {
            stamp = default;
            return false;
        }

        uint flow = BinaryPrimitives.ReadUInt32BigEndian(payload[4..]);
        stamp = new PacketStamp(
            BinaryPrimitives.ReadUInt32BigEndian(payload),
            (int)(flow & ~UpBit),
            (flow & UpBit) != 0,
            BinaryPrimitives.ReadInt64BigEndian(payload[8..]),
            BinaryPrimitives.ReadInt64BigEndian(payload[16..]));
        return true;
    }
}
