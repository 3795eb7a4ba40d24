namespace Turnpike.Sockets.Linux;

/// <summary>
/// The receiving half of the reactor: recvmsg or recvmmsg into the free slots, then one callback a datagram. With UDP_GRO a slot
/// may hold a train: datagrams of one flow wall to wall, equally long but the last.
/// </summary>
internal sealed unsafe class BatchReader
{
    // A read never starts with fewer free slots than it asks for, or than this.
    private const int WorthwhileBatch = 32;

    // Pending errors that a read may meet before its datagrams; while errors pour in, the next round tries again.
    private const int MaxAttempts = 8;

    // A socket that gives more datagrams than this in a round gets smaller batches: trains must not starve the other sockets.
    private const int DatagramsPerRound = 512;

    private readonly LinuxReactor _owner;
    private readonly ReceiveSlots _slots;
    private readonly SendPool _pool;
    private readonly LentRoom _room;
    private readonly ReactorCounters _counters;
    private long _round;

    public BatchReader(LinuxReactor owner, ReceiveSlots slots, SendPool pool, LentRoom room)
    {
        _owner = owner;
        _slots = slots;
        _pool = pool;
        _room = room;
        _counters = owner.Counters;
    }

    /// <summary>Another round, before which everything was sent.</summary>
    public void BeginRound()
    {
        _round++;
        FreeSlots();
    }

    /// <summary>Nothing received is unsent any more.</summary>
    public void FreeSlots() => _slots.Next = 0;

    /// <summary>Reads one batch and delivers it, unless the handler closes or detaches the socket meanwhile.</summary>
    public int Read(LinuxSocket socket, IDatagramHandler handler)
    {
        int ask = socket.ReadBatch;
        if (ReceiveSlots.Count - _slots.Next < Math.Min(ask, WorthwhileBatch))
        {
            _pool.Flush();
            FreeSlots();
        }

        int first = _slots.Next;
        ask = Math.Min(ask, ReceiveSlots.Count - first);
        int received = Receive(socket.Descriptor, first, ask);
        AdaptBatch(socket, ask, received);
        _slots.Next = first + received;
        int delivered = 0;
        for (int slot = first; slot < first + received; slot++)
        {
            delivered += Deliver(socket, slot, handler);
        }

        _counters.DatagramsReceived += delivered;
        if (delivered > 0)
        {
            socket.ReadBatch = Math.Min(socket.ReadBatch, Math.Max(1, ask * DatagramsPerRound / delivered));
        }

        return delivered;
    }

    private int Receive(int descriptor, int first, int ask)
    {
        _slots.Prepare(first, ask);
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            int received = ask == 1
                ? ReceiveSingle(descriptor, _slots.Header(first))
                : LibC.ReceiveBatch(descriptor, _slots.Header(first), (uint)ask, Option.MessageDontWait, null);
            int errno = received < 0 ? LibC.LastError : 0;
            _counters.ReceiveCalls++;
            if (received >= 0)
            {
                return received;
            }

            if (errno == Errno.WouldBlock)
            {
                break;
            }

            // Anything else is an earlier send's pending error, cleared by having been returned; the datagrams are still there.
        }

        return 0;
    }

    /// <summary>
    /// Reads one datagram and answers as recvmmsg does: how many came, or -1. It spares the kernel the batch's own bookkeeping, some
    /// 60 ns.
    /// </summary>
    private static int ReceiveSingle(int descriptor, BatchHeader* header)
    {
        nint length = LibC.Receive(descriptor, &header->Message, Option.MessageDontWait);
        if (length < 0)
        {
            return -1;
        }

        header->Length = (uint)length;
        return 1;
    }

    /// <summary>
    /// Asking for more than is there costs the kernel one look into an empty queue and us headers to restore, so a socket that
    /// carries one flow is read one by one, and grows to whole batches when a filled read is followed by readiness at once.
    /// </summary>
    private void AdaptBatch(LinuxSocket socket, int asked, int received)
    {
        if (received == asked)
        {
            if (socket.LastFullRound == _round - 1 || asked > 1)
            {
                socket.ReadBatch = Math.Min(ReceiveSlots.Count, socket.ReadBatch * 4);
            }

            socket.LastFullRound = _round;
        }
        else if (received <= Math.Max(1, asked / 4))
        {
            socket.ReadBatch = Math.Max(1, socket.ReadBatch / 2);
        }
    }

    /// <summary>Delivers what a slot holds, as long as the socket is here, and says how many datagrams that were.</summary>
    private int Deliver(LinuxSocket socket, int slot, IDatagramHandler handler)
    {
        ref readonly BatchHeader header = ref *_slots.Header(slot);
        ref readonly SocketEndpoint destination = ref socket.LocalReference;
        byte trafficClass = 0;
        int length = (int)header.Length;
        int each = length;
        if (header.Message.ControlLength != 0)
        {
            trafficClass = ReadControl(socket, slot, out bool hasDestination, ref each);
            if (hasDestination)
            {
                destination = ref *_slots.Destination(slot);
            }
        }

        bool truncated = (header.Message.Flags & Option.MessageTruncated) != 0;
        if (truncated)
        {
            _counters.ReceiveTruncated++;
        }

        bool isTrain = each < length;
        _counters.TrainsReceived += isTrain ? 1 : 0;
        int at = 0;
        int delivered = 0;
        do
        {
            if (socket.Owner != _owner)
            {
                _counters.ReceiveDiscarded += Math.Max(1, (length - at + each - 1) / Math.Max(1, each));
                break;
            }

            int own = Math.Min(each, length - at);
            var datagram = new ReceivedDatagram(
                new Span<byte>(_slots.Slot(slot), ReceiveSlots.SlotSize),
                ReceivedDatagram.Headroom + at,
                own,
                in *_slots.Source(slot),
                in destination,
                trafficClass,
                truncated && at + own == length);
            if (isTrain)
            {
                byte* start = _slots.Slot(slot) + ReceivedDatagram.Headroom + at;
                _room.Lend(start, start + own, front: at > 0, back: at + own < length);
                try
                {
                    handler.OnDatagram(socket, in datagram);
                }
                finally
                {
                    _room.Return();
                }
            }
            else
            {
                handler.OnDatagram(socket, in datagram);
            }

            at += own;
            delivered++;
        }
        while (at < length);

        return delivered;
    }

    private byte ReadControl(LinuxSocket socket, int slot, out bool hasDestination, ref int each)
    {
        byte trafficClass = 0;
        hasDestination = false;
        var control = new ControlReader(in _slots.Header(slot)->Message);
        while (control.Next())
        {
            switch (control.Level, control.Type)
            {
                // The TOS octet comes as one byte, the Traffic Class as an int.
                case (Option.LevelIPv4, Option.IPv4TypeOfService):
                    trafficClass = *control.Data;
                    break;
                case (Option.LevelIPv6, Option.IPv6TrafficClass):
                    trafficClass = (byte)*(int*)control.Data;
                    break;
                case (Option.LevelIPv4, Option.IPv4PacketInfo) when !socket.IsIPv6:
                    // struct in_pktinfo: interface index, local address, destination address of the header.
                    *_slots.Destination(slot) = socket.LocalReference.WithNativeAddress(control.Data + 8, 0);
                    hasDestination = true;
                    break;
                case (Option.LevelIPv6, Option.IPv6PacketInfo):
                    *_slots.Destination(slot) = socket.LocalReference.WithNativeAddress(control.Data, ScopeOf(control.Data));
                    hasDestination = true;
                    break;
                case (Option.LevelUdp, Option.UdpReceiveOffload):
                    each = Math.Clamp(*(int*)control.Data, 1, Math.Max(1, each));
                    break;
                case (Option.LevelSocket, Option.ReceiveQueueOverflow):
                    uint drops = *(uint*)control.Data;
                    _counters.KernelReceiveDrops += drops - socket.KernelDrops;
                    socket.KernelDrops = drops;
                    break;
            }
        }

        return trafficClass;
    }

    /// <summary>The interface index of struct in6_pktinfo, which belongs to link-local addresses only (fe80::/10).</summary>
    private static uint ScopeOf(byte* packetInfo) =>
        packetInfo[0] == 0xFE && (packetInfo[1] & 0xC0) == 0x80 ? *(uint*)(packetInfo + 16) : 0;

    public void Free() => _slots.Free();
}
