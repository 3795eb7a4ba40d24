using System.Runtime.InteropServices;

namespace Turnpike.Sockets.Linux;

/// <summary>
/// The native memory that datagrams are received into: one slot a datagram, with its recvmmsg header, address and control buffer
/// preset. A slot is used once between two flushes, because the datagram in it may be part of the unsent batch.
/// </summary>
internal sealed unsafe class ReceiveSlots
{
    public const int Count = 64;
    public const int SlotSize = ReceivedDatagram.Headroom + DatagramReactor.MaxDatagram + 1 + ReceivedDatagram.Tailroom + 56;

    // A dual-stack socket has both families' address and traffic class, beside the drop count and the length of a train's datagrams.
    public const int ControlSize = 192;

    // Five cache lines beyond the slot: slots 64 KiB apart would all fall into the same sets of the first-level cache.
    private const int Stride = SlotSize + 192;

    private readonly byte* _memory;
    private readonly BatchHeader* _headers;
    private readonly IoVector* _vectors;
    private readonly byte* _addresses;
    private readonly byte* _controls;
    private readonly SocketEndpoint* _destinations;

    /// <param name="memory">At least <see cref="MemorySize"/> bytes, which the caller frees after this object's own memory.</param>
    public ReceiveSlots(byte* memory)
    {
        _memory = memory;
        _headers = (BatchHeader*)NativeMemory.AllocZeroed(Count, (nuint)sizeof(BatchHeader));
        _vectors = (IoVector*)NativeMemory.AllocZeroed(Count, (nuint)sizeof(IoVector));
        _addresses = (byte*)NativeMemory.AllocZeroed(Count, (nuint)sizeof(SocketEndpoint));
        _controls = (byte*)NativeMemory.AllocZeroed(Count, ControlSize);
        _destinations = (SocketEndpoint*)NativeMemory.AllocZeroed(Count, (nuint)sizeof(SocketEndpoint));
        for (int i = 0; i < Count; i++)
        {
            _vectors[i].Base = Slot(i) + ReceivedDatagram.Headroom;
            _vectors[i].Length = DatagramReactor.MaxDatagram;
            ref MessageHeader message = ref _headers[i].Message;
            message.Name = Source(i);
            message.Vectors = _vectors + i;
            message.VectorCount = 1;
            message.Control = _controls + (i * ControlSize);
        }
    }

    public static nuint MemorySize => (nuint)Count * Stride;

    /// <summary>The first slot that is free until the next flush.</summary>
    public int Next { get; set; }

    public BatchHeader* Header(int index) => _headers + index;

    public byte* Slot(int index) => _memory + ((nint)index * Stride);

    public SocketEndpoint* Source(int index) => (SocketEndpoint*)_addresses + index;

    public SocketEndpoint* Destination(int index) => _destinations + index;

    /// <summary>Restores what the kernel overwrote in the headers (recvmmsg returns lengths in the fields that gave capacities).</summary>
    public void Prepare(int first, int count)
    {
        BatchHeader* header = _headers + first;
        for (BatchHeader* end = header + count; header < end; header++)
        {
            header->Message.NameLength = (uint)sizeof(SocketEndpoint);
            header->Message.ControlLength = ControlSize;
        }
    }

    public void Free()
    {
        NativeMemory.Free(_headers);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_addresses);
        NativeMemory.Free(_controls);
        NativeMemory.Free(_destinations);
    }
}
