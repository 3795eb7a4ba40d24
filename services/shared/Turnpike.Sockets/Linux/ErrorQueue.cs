using System.Runtime.InteropServices;

namespace Turnpike.Sockets.Linux;

/// <summary>Reads a socket's error queue: what became of datagrams that it sent.</summary>
internal sealed unsafe class ErrorQueue
{
    private const int ControlSize = 256;

    private readonly ReactorCounters _counters;
    private readonly MessageHeader* _message;

    public ErrorQueue(ReactorCounters counters)
    {
        _counters = counters;
        _message = (MessageHeader*)NativeMemory.AllocZeroed(1, (nuint)(sizeof(MessageHeader) + 32 + ControlSize));
        _message->Name = (byte*)_message + sizeof(MessageHeader);
        _message->Control = (byte*)_message + sizeof(MessageHeader) + 32;
    }

    /// <summary>
    /// Takes the next error. False when the queue is empty; then the pending error that may have signalled is cleared too, else a
    /// level-triggered wait would return for ever.
    /// </summary>
    /// <param name="descriptor">The socket.</param>
    /// <param name="error">The ICMP error; meaningless when <paramref name="isIcmp"/> is false.</param>
    /// <param name="isIcmp">False for an error of this host, which is counted here.</param>
    public bool TryRead(int descriptor, out IcmpError error, out bool isIcmp)
    {
        error = default;
        isIcmp = false;
        _message->NameLength = (uint)sizeof(SocketEndpoint);
        _message->ControlLength = ControlSize;

        // No vector: the failed datagram's own bytes are not wanted.
        if (LibC.Receive(descriptor, _message, Option.MessageErrorQueue | Option.MessageDontWait) < 0)
        {
            LibC.GetSocketOption(descriptor, Option.LevelSocket, Option.SocketError);
            return false;
        }

        var control = new ControlReader(in *_message);
        while (control.Next())
        {
            bool isQueueEntry =
                (control.Level == Option.LevelIPv4 && control.Type == Option.IPv4ReceiveErrors) ||
                (control.Level == Option.LevelIPv6 && control.Type == Option.IPv6ReceiveErrors);
            if (!isQueueEntry || control.DataLength < sizeof(ExtendedError))
            {
                continue;
            }

            var extended = (ExtendedError*)control.Data;
            isIcmp = extended->Origin is ExtendedError.OriginIcmp or ExtendedError.OriginIcmp6;
            if (isIcmp)
            {
                error = new IcmpError(
                    in *(SocketEndpoint*)_message->Name,
                    extended->Origin == ExtendedError.OriginIcmp6,
                    extended->Type,
                    extended->Code,
                    extended->Info);
            }
        }

        if (!isIcmp)
        {
            _counters.LocalErrors++;
        }

        return true;
    }

    public void Free() => NativeMemory.Free(_message);
}
