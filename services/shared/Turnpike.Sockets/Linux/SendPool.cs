using System.Runtime.InteropServices;

namespace Turnpike.Sockets.Linux;

/// <summary>
/// The unsent datagrams of all sockets of a reactor: one pool of entries, a list in it per socket, and the sockets that have one.
/// So one round collects what many ready sockets give to a listener, and the listener's batch is one sendmmsg.
/// </summary>
internal sealed unsafe class SendPool
{
    public const int Capacity = 256;

    private readonly SendEntry* _entries;
    private readonly SendBatch _batch;
    private readonly LentRoom _room;
    private readonly LinuxSocket?[] _queue = new LinuxSocket?[Capacity];
    private int _used;
    private int _queued;

    /// <param name="counters">What was sent, and what was not.</param>
    /// <param name="room">The room that a handler may be writing into while it causes a flush.</param>
    /// <param name="sendsTrains">Whether runs of equally long datagrams leave in one piece.</param>
    public SendPool(ReactorCounters counters, LentRoom room, bool sendsTrains)
    {
        _room = room;
        _entries = (SendEntry*)NativeMemory.AlignedAlloc((nuint)(Capacity * sizeof(SendEntry)), 64);
        NativeMemory.Clear(_entries, (nuint)(Capacity * sizeof(SendEntry)));
        _batch = new SendBatch(_entries, Capacity, sendsTrains ? TrainLimit.Value : 0, counters);
    }

    public bool IsFull => _used == Capacity;

    /// <summary>Appends to the socket's list. The pool is not full, and the payload stays where it is until the flush.</summary>
    /// <param name="socket">Whose it is.</param>
    /// <param name="payload">What lies in its place.</param>
    /// <param name="around">What lies elsewhere: bytes in front of the payload and behind it, one after the other.</param>
    /// <param name="aroundLength">How many of either.</param>
    /// <param name="destination">To whom.</param>
    /// <param name="source">From which address.</param>
    /// <param name="trafficClass">The TOS or Traffic Class octet.</param>
    public void Append(
        LinuxSocket socket,
        IoVector payload,
        byte* around,
        (int Front, int Back) aroundLength,
        in SocketEndpoint destination,
        in SocketEndpoint source,
        byte trafficClass)
    {
        int index = _used++;
        SendEntry* entry = _entries + index;
        entry->Payload = payload;
        entry->Around = around;
        entry->FrontLength = (byte)aroundLength.Front;
        entry->BackLength = (byte)aroundLength.Back;
        entry->Length = (int)payload.Length + aroundLength.Front + aroundLength.Back;
        entry->Destination = destination;
        entry->DestinationLength = (byte)destination.NativeLength;
        entry->Next = SendEntry.None;
        entry->ControlLength = 0;
        if (trafficClass != 0 || socket.PacketInfo)
        {
            SendEntry.WriteControl(entry, socket.PacketInfo, in destination, in source, trafficClass);
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
        if (_room.IsLent)
        {
            _room.Exchange();
            _batch.Send(socket, socket.FirstUnsent, count);
            _room.Exchange();
        }
        else
        {
            _batch.Send(socket, socket.FirstUnsent, count);
        }
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
        _batch.Free();
        NativeMemory.AlignedFree(_entries);
    }
}
