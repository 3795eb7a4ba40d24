using Org.BouncyCastle.Tls;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>
/// The network as a handshake's thread sees it: datagrams that the shard puts in, and flights that the shard sends. Records are
/// gathered into datagrams of <see cref="SendLimit"/> bytes; one is complete when it is full or when the library waits for the client.
/// </summary>
/// <param name="send">Takes a datagram, on the handshake's thread.</param>
/// <param name="work">Held while the handshake computes, given back while it waits.</param>
internal sealed class HandshakeTransport(Action<byte[]> send, SemaphoreSlim work) : DatagramTransport
{
    /// <summary>Flights are cut to this: it passes any path that RFC 8200 and tunnels leave.</summary>
    public const int SendLimit = 1200;

    /// <summary>Longest datagram taken from a client: one Ethernet frame, with room to spare.</summary>
    public const int ReceiveLimit = 2048;

    /// <summary>Datagrams that may wait; the longest flight of a client has three messages.</summary>
    public const int MaxWaiting = 16;

    private readonly object _lock = new();
    private readonly Queue<byte[]> _waiting = new();
    private readonly List<byte[]> _finalFlight = [];
    private readonly byte[] _out = new byte[SendLimit];
    private int _outLength;
    private bool _inFinalFlight;
    private volatile bool _closed;

    /// <summary>From ChangeCipherSpec on: what is sent again, byte by byte, when the client repeats its last flight.</summary>
    public IReadOnlyList<byte[]> FinalFlight => _finalFlight;

    /// <summary>The first number that no record of epoch 1 carries yet.</summary>
    public ulong NextSequence { get; private set; }

    /// <summary>On the shard's thread: a datagram from the client. False when too many wait, or it is too long.</summary>
    public bool TryPut(ReadOnlySpan<byte> datagram)
    {
        lock (_lock)
        {
            if (_closed || _waiting.Count == MaxWaiting || datagram.Length > ReceiveLimit)
            {
                return false;
            }

            _waiting.Enqueue(datagram.ToArray());
            Monitor.Pulse(_lock);
            return true;
        }
    }

    /// <summary>What arrived and was not read: it may carry the first records behind the handshake.</summary>
    public byte[][] TakeRest()
    {
        lock (_lock)
        {
            byte[][] rest = [.. _waiting];
            _waiting.Clear();
            return rest;
        }
    }

    /// <summary>Ends the handshake, at the latest when it waits for its client; nothing is sent any more.</summary>
    public void Cancel()
    {
        lock (_lock)
        {
            _closed = true;
            Monitor.Pulse(_lock);
        }
    }

    public int GetReceiveLimit() => ReceiveLimit;

    public int GetSendLimit() => SendLimit;

    public int Receive(byte[] buf, int off, int len, int waitMillis) => Receive(buf.AsSpan(off, len), waitMillis);

    public int Receive(Span<byte> buffer, int waitMillis)
    {
        Flush();
        work.Release();
        byte[]? datagram = Take(waitMillis);
        work.Wait();
        if (_closed)
        {
            throw new TlsFatalAlert(AlertDescription.user_canceled);
        }

        datagram?.CopyTo(buffer);
        return datagram?.Length ?? -1;
    }

    public void Send(byte[] buf, int off, int len) => Send(buf.AsSpan(off, len));

    public void Send(ReadOnlySpan<byte> buffer)
    {
        bool isRecord = DtlsRecord.TryRead(buffer, out DtlsRecord record);
        bool beginsFinalFlight = !_inFinalFlight && isRecord && record.Type == ContentType.ChangeCipherSpec;
        if (beginsFinalFlight || _outLength + buffer.Length > _out.Length)
        {
            Flush();
            _inFinalFlight |= beginsFinalFlight;
        }

        if (isRecord && record.Epoch == 1)
        {
            NextSequence = Math.Max(NextSequence, record.Sequence + 1);
        }

        buffer.CopyTo(_out.AsSpan(_outLength));
        _outLength += buffer.Length;
    }

    /// <summary>Hands over what is gathered.</summary>
    public void Flush()
    {
        if (_outLength == 0 || _closed)
        {
            return;
        }

        byte[] datagram = _out[.._outLength];
        _outLength = 0;
        if (_inFinalFlight)
        {
            _finalFlight.Add(datagram);
        }

        send(datagram);
    }

    /// <summary>The library closes its transport when a handshake fails; the alert may still stand in the buffer.</summary>
    public void Close()
    {
    }

    /// <summary>The next datagram; null when none came in time.</summary>
    private byte[]? Take(int waitMillis)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0 && !_closed)
            {
                Monitor.Wait(_lock, waitMillis);
            }

            return _waiting.TryDequeue(out byte[]? datagram) ? datagram : null;
        }
    }
}
