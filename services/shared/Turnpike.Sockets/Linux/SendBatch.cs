using System.Runtime.InteropServices;

namespace Turnpike.Sockets.Linux;

/// <summary>
/// Sends one socket's list of datagrams: a run of equally long ones to one address as one message that the kernel splits
/// (UDP_SEGMENT), all messages in one sendmmsg.
/// </summary>
internal sealed unsafe class SendBatch
{
    // What fits into one IPv4 datagram; the kernel cuts trains out of one of that size.
    private const int MaxTrainBytes = 65_507;

    // IPV6_PKTINFO, IPV6_TCLASS and UDP_SEGMENT.
    private const int ControlSize = 88;

    private const int Flags = Option.MessageDontWait | Option.MessageNoSignal;

    // A refused send leaves ECONNREFUSED behind for whichever send comes next; while errors pour in, it may meet several.
    private const int RetriesAfterPendingError = 4;

    // Linux believes in no path MTU below 552, so a datagram below this is not beyond it.
    private const int FitsEverywhere = 552 - 28;

    private readonly ReactorCounters _counters;
    private readonly int _trainLimit;
    private readonly SendEntry* _entries;
    private readonly BatchHeader* _headers;
    private readonly MessageHeader* _single;
    private readonly Train* _trains;
    private readonly IoVector* _vectors;
    private readonly byte* _controls;

    /// <param name="entries">The pool's.</param>
    /// <param name="capacity">How many there are.</param>
    /// <param name="trainLimit">Datagrams that one message may be split into; 0: none is.</param>
    /// <param name="counters">What was sent, and what was not.</param>
    public SendBatch(SendEntry* entries, int capacity, int trainLimit, ReactorCounters counters)
    {
        _counters = counters;
        _trainLimit = trainLimit;
        _entries = entries;
        _headers = (BatchHeader*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(BatchHeader));
        _single = (MessageHeader*)NativeMemory.AllocZeroed(1, (nuint)sizeof(MessageHeader));
        _trains = (Train*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(Train));
        _vectors = (IoVector*)NativeMemory.AllocZeroed((nuint)(capacity * SendEntry.MaxVectors), (nuint)sizeof(IoVector));
        _controls = (byte*)NativeMemory.AllocZeroed((nuint)capacity, ControlSize);
    }

    /// <summary>Sends a list.</summary>
    /// <param name="socket">Through which socket.</param>
    /// <param name="first">The list's first entry.</param>
    /// <param name="count">How long it is.</param>
    public void Send(LinuxSocket socket, int first, int count)
    {
        if (count == 1)
        {
            SendSingle(socket, _entries + first);
            return;
        }

        int limit = socket.SendsTrains ? _trainLimit : 0;
        IoVector* vectors = _vectors;
        int messages = 0;
        for (int index = first; index != SendEntry.None; messages++)
        {
            Train train = TrainAt(index, limit);
            _trains[messages] = train;
            index = WriteMessage(_headers + messages, train, _controls + (messages * ControlSize), ref vectors);
        }

        SendMessages(socket, messages);
    }

    public void Free()
    {
        NativeMemory.Free(_headers);
        NativeMemory.Free(_single);
        NativeMemory.Free(_trains);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_controls);
    }

    /// <summary>How much of the list from an entry on leaves in one piece: all equally long but the last, which may be shorter.</summary>
    private Train TrainAt(int first, int limit)
    {
        SendEntry* head = _entries + first;
        int count = 1;
        int bytes = head->Length;
        for (int index = head->Next; index != SendEntry.None && count < limit; count++)
        {
            SendEntry* entry = _entries + index;
            bytes += entry->Length;
            if (entry->Length > head->Length || entry->Length == 0 || bytes > MaxTrainBytes || !SendEntry.SameWay(head, entry))
            {
                break;
            }

            if (entry->Length < head->Length)
            {
                count++;
                break;
            }

            index = entry->Next;
        }

        return new Train { First = first, Count = count };
    }

    /// <summary>Writes a message's header, and says where the rest of the list begins.</summary>
    private int WriteMessage(BatchHeader* header, Train train, byte* control, ref IoVector* vectors)
    {
        SendEntry* head = _entries + train.First;
        ref MessageHeader message = ref header->Message;
        message.Name = &head->Destination;
        message.NameLength = head->DestinationLength;
        message.Control = head->Control;
        message.ControlLength = head->ControlLength;
        if (train.Count == 1 && head->IsWhole)
        {
            message.Vectors = &head->Payload;
            message.VectorCount = 1;
            return head->Next;
        }

        message.Vectors = vectors;
        int next = train.First;
        for (int i = 0; i < train.Count; i++)
        {
            vectors += SendEntry.WriteVectors(_entries + next, vectors);
            next = _entries[next].Next;
        }

        message.VectorCount = (nuint)(vectors - message.Vectors);
        if (train.Count > 1)
        {
            new Span<byte>(head->Control, head->ControlLength).CopyTo(new Span<byte>(control, ControlSize));
            TrainLimit.Write(control + head->ControlLength, head->Length);
            message.Control = control;
            message.ControlLength = (nuint)(head->ControlLength + TrainLimit.ControlSpace);
        }

        return next;
    }

    private void SendSingle(LinuxSocket socket, SendEntry* entry)
    {
        bool plain = entry->ControlLength == 0 && entry->IsWhole;
        IoVector* vectors = stackalloc IoVector[SendEntry.MaxVectors];
        if (!plain)
        {
            _single->Name = &entry->Destination;
            _single->NameLength = entry->DestinationLength;
            _single->Vectors = vectors;
            _single->VectorCount = (nuint)SendEntry.WriteVectors(entry, vectors);
            _single->Control = entry->Control;
            _single->ControlLength = entry->ControlLength;
        }

        for (int attempt = 0; ; attempt++)
        {
            // sendto spares the kernel two copies from user memory.
            nint sent = plain
                ? LibC.SendTo(
                    socket.Descriptor, entry->Payload.Base, entry->Payload.Length, Flags, &entry->Destination, entry->DestinationLength)
                : LibC.Send(socket.Descriptor, _single, Flags);
            int errno = sent < 0 ? LibC.LastError : 0;
            _counters.SendCalls++;
            if (sent >= 0)
            {
                _counters.DatagramsSent++;
                return;
            }

            if (!MayBePending(errno, attempt))
            {
                CountDrop(errno, 1);
                return;
            }
        }
    }

    private void SendMessages(LinuxSocket socket, int count)
    {
        int done = 0;
        int attempt = 0;
        while (done < count)
        {
            int sent = LibC.SendBatch(socket.Descriptor, _headers + done, (uint)(count - done), Flags);
            int errno = sent < 0 ? LibC.LastError : 0;
            _counters.SendCalls++;
            if (sent > 0)
            {
                // The kernel stops before a failing message and keeps the reason to itself: the next call meets it.
                for (int end = done + sent; done < end; done++)
                {
                    _counters.DatagramsSent += _trains[done].Count;
                    _counters.TrainsSent += _trains[done].Count > 1 ? 1 : 0;
                }

                attempt = 0;
            }
            else if (MayBePending(errno, attempt))
            {
                attempt++;
            }
            else
            {
                OnRefused(socket, _trains[done], errno);
                done++;
                attempt = 0;
            }
        }
    }

    /// <summary>
    /// A train may be refused where its datagrams are not: one is longer than the way's MTU (EMSGSIZE, on older kernels EINVAL), which
    /// a single one would be fragmented for, or the way cannot carry trains at all.
    /// </summary>
    private void OnRefused(LinuxSocket socket, Train train, int errno)
    {
        if (train.Count == 1 || errno is not (Errno.MessageSize or Errno.InvalidArgument or Errno.InputOutput))
        {
            CountDrop(errno, train.Count);
            return;
        }

        _counters.TrainsRefused++;
        long before = _counters.DatagramsSent;
        int index = train.First;
        for (int i = 0; i < train.Count; i++)
        {
            SendSingle(socket, _entries + index);
            index = _entries[index].Next;
        }

        // EINVAL may be about the destination, which any client chooses: then single datagrams are refused as well.
        bool goAlone = _counters.DatagramsSent - before == train.Count;
        if (errno == Errno.InputOutput || (errno == Errno.InvalidArgument && goAlone && _entries[train.First].Length <= FitsEverywhere))
        {
            socket.SendsTrains = false;
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

    private void CountDrop(int errno, int datagrams)
    {
        switch (errno)
        {
            case Errno.WouldBlock:
                _counters.SendDroppedWouldBlock += datagrams;
                break;
            case Errno.NoBuffers or Errno.NoMemory:
                _counters.SendDroppedNoBuffers += datagrams;
                break;
            case Errno.MessageSize:
                _counters.SendDroppedTooBig += datagrams;
                break;
            default:
                _counters.SendDroppedOther += datagrams;
                break;
        }
    }

    /// <summary>Neighbours in a list that leave in one piece.</summary>
    private struct Train
    {
        public int First;
        public int Count;
    }
}
