using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Turnpike.Sockets.Portable;

/// <summary>
/// The reactor that runs everywhere, for development: it selects over non-blocking sockets and sends at once. Correct rather than
/// fast; the README's table names what it cannot do.
/// </summary>
internal sealed class PortableReactor : DatagramReactor
{
    private const int BatchSize = 64;
    private const int ArenaSize = 256 * 1024;

    private readonly Dictionary<Socket, PortableSocket> _sockets = [];
    private readonly List<Socket> _ready = [];
    private readonly PortableWake _wake = new();
    private readonly byte[] _buffer =
        GC.AllocateUninitializedArray<byte>(ReceivedDatagram.Headroom + MaxDatagram + 1 + ReceivedDatagram.Tailroom);

    private readonly byte[] _arena = GC.AllocateUninitializedArray<byte>(ArenaSize);
    private readonly SocketAddress _source = new(AddressFamily.InterNetworkV6);
    private readonly SocketAddress _destinationIPv4 = new(AddressFamily.InterNetwork);
    private readonly SocketAddress _destinationIPv6 = new(AddressFamily.InterNetworkV6);
    private int _arenaUsed;
    private bool _isPolling;
    private bool _isDisposed;

    public override bool TryOpen(
        in SocketEndpoint local,
        DatagramSocketOptions options,
        object? state,
        [NotNullWhen(true)] out DatagramSocket? socket,
        out SocketError error)
    {
        ArgumentNullException.ThrowIfNull(options);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        socket = null;
        if (!PortableSocket.TryOpen(in local, options, state, out PortableSocket? opened, out error))
        {
            return false;
        }

        Attach(opened!);
        socket = opened!;
        return true;
    }

    public override void Close(DatagramSocket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (socket.IsClosed)
        {
            return;
        }

        if (socket is not PortableSocket portable || (socket.Owner is not null && socket.Owner != this))
        {
            throw new InvalidOperationException("The socket is attached to another reactor.");
        }

        _sockets.Remove(portable.Socket);
        portable.Owner = null;
        portable.IsClosed = true;
        portable.Socket.Dispose();
    }

    public override void Detach(DatagramSocket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        PortableSocket portable = Own(socket);
        _sockets.Remove(portable.Socket);
        portable.Owner = null;
    }

    public override void Attach(DatagramSocket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (socket is not PortableSocket { Owner: null, IsClosed: false } portable)
        {
            throw new InvalidOperationException("The socket is attached, closed, or of another backend.");
        }

        _sockets.Add(portable.Socket, portable);
        portable.Owner = this;
    }

    public override int Poll(int timeoutMilliseconds, IDatagramHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_isPolling)
        {
            throw new InvalidOperationException("Poll was called inside a callback.");
        }

        _isPolling = true;
        try
        {
            Counters.PollCalls++;
            _ready.Clear();
            _ready.Add(_wake.Receiver);
            _ready.AddRange(_sockets.Keys);
            Socket.Select(_ready, null, null, TimeSpan.FromMilliseconds(Math.Max(timeoutMilliseconds, Timeout.Infinite)));
            int handled = 0;
            foreach (Socket ready in _ready)
            {
                if (ready == _wake.Receiver)
                {
                    _wake.Reset();
                }
                else if (_sockets.TryGetValue(ready, out PortableSocket? socket))
                {
                    handled += ReadDatagrams(socket, handler);
                }
            }

            Flush();
            return handled;
        }
        finally
        {
            _isPolling = false;
        }
    }

    public override void Wake() => _wake.Set();

    public override Span<byte> Rent(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)MaxDatagram, nameof(length));
        if (_arenaUsed + length > ArenaSize)
        {
            _arenaUsed = 0;
        }

        Span<byte> rented = _arena.AsSpan(_arenaUsed, length);
        _arenaUsed += length;
        return rented;
    }

    public override void Send(
        DatagramSocket socket,
        ReadOnlySpan<byte> payload,
        in SocketEndpoint destination,
        in SocketEndpoint source,
        byte trafficClass = 0,
        bool dontFragment = false)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (socket.IsClosed)
        {
            Counters.SendDroppedOther++;
            return;
        }

        PortableSocket portable = Own(socket);
        bool setsDontFragment = dontFragment && portable.Local.IsIPv4;
        try
        {
            if (setsDontFragment)
            {
                portable.Socket.DontFragment = true;
            }

            SocketAddress address = destination.IsIPv6 ? _destinationIPv6 : _destinationIPv4;
            SocketAddressConversion.Write(in destination, address);
            Counters.SendCalls++;
            portable.Socket.SendTo(payload, SocketFlags.None, address);
            Counters.DatagramsSent++;
        }
        catch (SocketException exception)
        {
            CountDrop(exception.SocketErrorCode);
        }
        finally
        {
            if (setsDontFragment)
            {
                portable.Socket.DontFragment = false;
            }
        }
    }

    /// <summary>Sends leave at once; only the rented memory returns.</summary>
    public override void Flush() => _arenaUsed = 0;

    protected override void Dispose(bool disposing)
    {
        if (_isDisposed)
        {
            return;
        }

        foreach (PortableSocket socket in _sockets.Values.ToArray())
        {
            Close(socket);
        }

        _isDisposed = true;
        _wake.Dispose();
    }

    private int ReadDatagrams(PortableSocket socket, IDatagramHandler handler)
    {
        int handled = 0;
        while (handled < BatchSize && socket.Owner == this && socket.Socket.Poll(0, SelectMode.SelectRead))
        {
            if (!TryRead(socket, out int length, out SocketEndpoint source, out SocketEndpoint destination, out bool truncated))
            {
                break;
            }

            var datagram = new ReceivedDatagram(
                _buffer, ReceivedDatagram.Headroom, length, in source, in destination, trafficClass: 0, truncated);
            handled++;
            handler.OnDatagram(socket, in datagram);
        }

        Counters.DatagramsReceived += handled;
        return handled;
    }

    private bool TryRead(
        PortableSocket socket, out int length, out SocketEndpoint source, out SocketEndpoint destination, out bool truncated)
    {
        Span<byte> space = _buffer.AsSpan(ReceivedDatagram.Headroom, MaxDatagram);
        destination = socket.Local;
        source = default;
        length = 0;
        truncated = false;
        Counters.ReceiveCalls++;
        try
        {
            if (!socket.PacketInfo)
            {
                _source.Size = _source.Buffer.Length;
                length = socket.Socket.ReceiveFrom(space, SocketFlags.None, _source);
                source = SocketAddressConversion.Read(_source);
                return true;
            }

            SocketFlags flags = SocketFlags.None;
            EndPoint from = new IPEndPoint(socket.Local.IsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
            length = socket.Socket.ReceiveMessageFrom(space, ref flags, ref from, out IPPacketInformation information);
            source = SocketEndpoint.From((IPEndPoint)from);
            destination = SocketEndpoint.From(new IPEndPoint(information.Address, socket.Local.Port));
            truncated = (flags & SocketFlags.Truncated) != 0;
            return true;
        }
        catch (SocketException exception)
        {
            if (exception.SocketErrorCode == SocketError.MessageSize)
            {
                Counters.ReceiveTruncated++;
            }
            else if (exception.SocketErrorCode != SocketError.WouldBlock)
            {
                Counters.LocalErrors++;
            }

            return false;
        }
    }

    private void CountDrop(SocketError error)
    {
        switch (error)
        {
            case SocketError.WouldBlock:
                Counters.SendDroppedWouldBlock++;
                break;
            case SocketError.NoBufferSpaceAvailable:
                Counters.SendDroppedNoBuffers++;
                break;
            case SocketError.MessageSize:
                Counters.SendDroppedTooBig++;
                break;
            default:
                Counters.SendDroppedOther++;
                break;
        }
    }

    private PortableSocket Own(DatagramSocket socket) =>
        socket.Owner == this
            ? (PortableSocket)socket
            : throw new InvalidOperationException("The socket is not attached to this reactor.");
}
