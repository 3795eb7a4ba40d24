using System.Runtime.InteropServices;

namespace Turnpike.Sockets.Linux;

/// <summary>
/// The unsent datagrams of all sockets of a reactor: one pool of entries, a list in it per socket, and the sockets that have one.
/// So one round collects what many ready sockets give to a listener, and the listener's batch is one sendmmsg.
/// </summary>
internal sealed unsafe class SendPool
{
    public const int Capacity = 256;

    // IPV6_PKTINFO and IPV6_TCLASS together.
    private const int ControlSize = 64;
    private const int None = -1;
    private const int Flags = Option.MessageDontWait | Option.MessageNoSignal;

    // A refused send leaves ECONNREFUSED behind for whichever send comes next; while errors pour in, it may meet several.
    private const int RetriesAfterPendingError = 4;

    private readonly ReactorCounters _counters;
    private readonly Entry* _entries;
    private readonly BatchHeader* _batch;
    private readonly LinuxSocket?[] _queue = new LinuxSocket?[Capacity];
    private int _used;
    private int _queued;

    public SendPool(ReactorCounters counters)
    {
        _counters = counters;
        _entries = (Entry*)NativeMemory.AlignedAlloc((nuint)(Capacity * sizeof(Entry)), 64);
        NativeMemory.Clear(_entries, (nuint)(Capacity * sizeof(Entry)));
        _batch = (BatchHeader*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(BatchHeader));
        for (int i = 0; i < Capacity; i++)
        {
            _batch[i].Message.VectorCount = 1;
        }
    }

    public bool IsFull => _used == Capacity;

    public bool IsEmpty => _used == 0;

    /// <summary>Appends to the socket's list. The pool is not full, and the payload stays where it is until the flush.</summary>
    public void Append(
        LinuxSocket socket, byte* payload, int length, in SocketEndpoint destination, in SocketEndpoint source, byte trafficClass)
    {
        int index = _used++;
        Entry* entry = _entries + index;
        entry->Payload.Base = payload;
        entry->Payload.Length = (nuint)length;
        entry->Destination = destination;
        entry->DestinationLength = destination.NativeLength;
        entry->Next = None;
        entry->ControlLength = 0;
        if (trafficClass != 0 || socket.PacketInfo)
        {
            WriteControl(entry, socket, in destination, in source, trafficClass);
        }

        if (socket.UnsentCount++ == 0)
        {
            socket.FirstUnsent = index;
            if (!socket.IsQueued)
            {
                socket.IsQueued = true;
                _queue[_queued++] = socket;
            }
        }
        else
        {
            _entries[socket.LastUnsent].Next = index;
        }

        socket.LastUnsent = index;
    }

    /// <summary>Sends everything, socket by socket in the order of their first entries.</summary>
    public void Flush()
    {
        for (int i = 0; i < _queued; i++)
        {
            LinuxSocket socket = _queue[i]!;
            _queue[i] = null;
            Flush(socket);
            socket.IsQueued = false;
        }

        _queued = 0;
        _used = 0;
    }

    /// <summary>Sends one socket's list. Its entries are free again at the next whole flush.</summary>
    public void Flush(LinuxSocket socket)
    {
        int count = socket.UnsentCount;
        if (count == 0)
        {
            return;
        }

        socket.UnsentCount = 0;
        if (count == 1)
        {
            SendSingle(socket, _entries + socket.FirstUnsent);
            return;
        }

        BatchHeader* header = _batch;
        for (int index = socket.FirstUnsent; index != None; header++)
        {
            Entry* entry = _entries + index;
            header->Message.Name = &entry->Destination;
            header->Message.NameLength = entry->DestinationLength;
            header->Message.Vectors = &entry->Payload;
            header->Message.Control = entry->Control;
            header->Message.ControlLength = (nuint)entry->ControlLength;
            index = entry->Next;
        }

        SendBatch(socket.Descriptor, count);
    }

    /// <summary>Sends the socket's list and takes it out of the queue: it leaves this reactor.</summary>
    public void Remove(LinuxSocket socket)
    {
        Flush(socket);
        if (!socket.IsQueued)
        {
            return;
        }

        socket.IsQueued = false;
        int at = Array.IndexOf(_queue, socket, 0, _queued);
        _queued--;
        Array.Copy(_queue, at + 1, _queue, at, _queued - at);
        _queue[_queued] = null;
    }

    public void Free()
    {
        NativeMemory.AlignedFree(_entries);
        NativeMemory.Free(_batch);
    }

    private void SendSingle(LinuxSocket socket, Entry* entry)
    {
        MessageHeader* message = &_batch->Message;
        if (entry->ControlLength != 0)
        {
            message->Name = &entry->Destination;
            message->NameLength = entry->DestinationLength;
            message->Vectors = &entry->Payload;
            message->Control = entry->Control;
            message->ControlLength = (nuint)entry->ControlLength;
        }

        for (int attempt = 0; ; attempt++)
        {
            // sendto spares the kernel two copies from user memory.
            nint sent = entry->ControlLength == 0
                ? LibC.SendTo(
                    socket.Descriptor, entry->Payload.Base, entry->Payload.Length, Flags, &entry->Destination, entry->DestinationLength)
                : LibC.Send(socket.Descriptor, message, Flags);
            int errno = sent < 0 ? LibC.LastError : 0;
            _counters.SendCalls++;
            if (sent >= 0)
            {
                _counters.DatagramsSent++;
                return;
            }

            if (!MayBePending(errno, attempt))
            {
                CountDrop(errno);
                return;
            }
        }
    }

    private void SendBatch(int descriptor, int count)
    {
        int done = 0;
        int attempt = 0;
        while (done < count)
        {
            int sent = LibC.SendBatch(descriptor, _batch + done, (uint)(count - done), Flags);
            int errno = sent < 0 ? LibC.LastError : 0;
            _counters.SendCalls++;
            if (sent > 0)
            {
                // The kernel stops before a failing entry and keeps the reason to itself: the next call meets it.
                _counters.DatagramsSent += sent;
                done += sent;
                attempt = 0;
            }
            else if (MayBePending(errno, attempt))
            {
                attempt++;
            }
            else
            {
                CountDrop(errno);
                done++;
                attempt = 0;
            }
        }
    }

    /// <summary>
    /// Whether a send may have failed with an error that an earlier datagram left in the socket (an ICMP error becomes the socket's
    /// pending error and fails one call that has nothing to do with it), so that the same send is worth another try.
    /// </summary>
    private static bool MayBePending(int errno, int attempt) => errno switch
    {
        // These are about this send and never left behind by another.
        Errno.WouldBlock or Errno.NoBuffers or Errno.NoMemory or Errno.NotPermitted or Errno.InvalidArgument => false,
        // No local condition refuses a UDP send.
        Errno.ConnectionRefused or Errno.Interrupted => attempt < RetriesAfterPendingError,
        // No route, too big, prohibited: the network's answer to an earlier datagram or this host's to this one.
        _ => attempt < 1,
    };

    private void CountDrop(int errno)
    {
        switch (errno)
        {
            case Errno.WouldBlock:
                _counters.SendDroppedWouldBlock++;
                break;
            case Errno.NoBuffers or Errno.NoMemory:
                _counters.SendDroppedNoBuffers++;
                break;
            case Errno.MessageSize:
                _counters.SendDroppedTooBig++;
                break;
            default:
                _counters.SendDroppedOther++;
                break;
        }
    }

    private static void WriteControl(
        Entry* entry, LinuxSocket socket, in SocketEndpoint destination, in SocketEndpoint source, byte trafficClass)
    {
        byte* at = entry->Control;
        if (socket.PacketInfo && source.IsIPv4 && !source.IsWildcard)
        {
            // struct in_pktinfo: interface index, the source to use, (unused when sending).
            byte* data = WriteHeader(at, Option.LevelIPv4, Option.IPv4PacketInfo, 12);
            *(int*)data = 0;
            *(uint*)(data + 4) = source.NativeIPv4;
            *(int*)(data + 8) = 0;
            at += ControlHeader.Space(12);
        }
        else if (socket.PacketInfo && source.IsIPv6 && !source.IsWildcard)
        {
            // struct in6_pktinfo: the source to use, interface index.
            byte* data = WriteHeader(at, Option.LevelIPv6, Option.IPv6PacketInfo, 20);
            *(ulong*)data = source.NativeHigh;
            *(ulong*)(data + 8) = source.NativeLow;
            *(uint*)(data + 16) = source.ScopeId;
            at += ControlHeader.Space(20);
        }

        if (trafficClass != 0)
        {
            bool asIPv4 = destination.IsIPv4 || destination.IsIPv4Mapped;
            byte* data = WriteHeader(
                at,
                asIPv4 ? Option.LevelIPv4 : Option.LevelIPv6,
                asIPv4 ? Option.IPv4TypeOfService : Option.IPv6TrafficClass,
                sizeof(int));
            *(int*)data = trafficClass;
            at += ControlHeader.Space(sizeof(int));
        }

        entry->ControlLength = (int)(at - entry->Control);
    }

    private static byte* WriteHeader(byte* at, int level, int type, int dataLength)
    {
        var header = (ControlHeader*)at;
        header->Length = (nuint)(ControlHeader.DataOffset + dataLength);
        header->Level = level;
        header->Type = type;
        return at + ControlHeader.DataOffset;
    }

    /// <summary>A datagram to send. Two cache lines, of which a send without control data touches one.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Entry
    {
        [FieldOffset(0)]
        public IoVector Payload;

        [FieldOffset(16)]
        public SocketEndpoint Destination;

        [FieldOffset(44)]
        public int Next;

        [FieldOffset(48)]
        public uint DestinationLength;

        [FieldOffset(52)]
        public int ControlLength;

        [FieldOffset(64)]
        public fixed byte Control[ControlSize];
    }
}
