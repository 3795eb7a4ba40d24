using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Turnpike.Sockets.Linux;

/// <summary>
/// The reactor of the product: level-triggered epoll, one recvmmsg a ready socket a round, one sendmmsg a socket a flush;
/// recvmsg and sendto where it is one datagram. Nothing here allocates managed memory once a socket is open.
/// </summary>
internal sealed unsafe class LinuxReactor : DatagramReactor
{
    // A round ends after this many ready sockets, so that timers and the inbox get their turn.
    private const int MaxEvents = 128;

    // A round first sends after this many sockets, and then each time after twice as many as the time before: after a pause those who
    // have waited longest do not wait for all the others to be read, and many ready sockets still share a few calls.
    private const int FirstFlush = 4;
    private const int ArenaSize = 256 * 1024;

    private const int MaxErrorsPerRound = 16;

    private readonly SocketTable _table = new();
    private readonly LentRoom _room = new();
    private readonly SendPool _pool;
    private readonly BatchReader _reader;
    private readonly ErrorQueue _errors;
    private readonly WakeDescriptor _wake;
    private readonly bool _trains;
    private readonly int _epoll;
    private readonly byte* _events;
    private readonly byte* _memory;
    private readonly byte* _memoryEnd;
    private readonly byte* _arena;
    private int _arenaUsed;
    private bool _isPolling;
    private bool _isDisposed;

    /// <param name="trains">Whether the kernel's segmentation offload is used, where it has it.</param>
    public LinuxReactor(bool trains)
    {
        _trains = trains;
        _epoll = LibC.EpollCreate(Option.CloseOnExec);
        if (_epoll < 0)
        {
            throw new SocketException((int)LibC.ToSocketError(LibC.LastError));
        }

        if (!WakeDescriptor.TryOpen(out WakeDescriptor? wake, out int errno) || !Watch(wake.Descriptor, ulong.MaxValue, out errno))
        {
            wake?.Dispose();
            _ = LibC.Close(_epoll);
            throw new SocketException((int)LibC.ToSocketError(errno));
        }

        _wake = wake;
        _events = (byte*)NativeMemory.AllocZeroed(MaxEvents, (nuint)EpollEvent.Size);
        nuint size = ReceiveSlots.MemorySize + ArenaSize;
        _memory = (byte*)NativeMemory.AlignedAlloc(size, 4096);
        _memoryEnd = _memory + size;
        _arena = _memory + ReceiveSlots.MemorySize;
        _pool = new SendPool(Counters, _room, trains);
        _reader = new BatchReader(this, new ReceiveSlots(_memory), _pool, _room);
        _errors = new ErrorQueue(Counters);
    }

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
        if (!LinuxSocket.TryOpen(in local, options, _trains, state, out LinuxSocket? opened, out error))
        {
            return false;
        }

        if (!TryAttach(opened!, out error))
        {
            opened!.IsClosed = true;
            _ = LibC.Close(opened.Descriptor);
            return false;
        }

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

        if (socket is not LinuxSocket linux || (socket.Owner is not null && socket.Owner != this))
        {
            throw new InvalidOperationException("The socket is attached to another reactor.");
        }

        if (linux.Owner is not null)
        {
            // Closing the only descriptor of a socket also takes it out of epoll.
            Forget(linux);
        }

        linux.IsClosed = true;
        _ = LibC.Close(linux.Descriptor);
    }

    public override void Detach(DatagramSocket socket)
    {
        LinuxSocket linux = Own(socket);
        Forget(linux);
        byte* ignored = stackalloc byte[16];
        _ = LibC.EpollControl(_epoll, Option.EpollDelete, linux.Descriptor, ignored);
    }

    public override void Attach(DatagramSocket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (socket is not LinuxSocket { Owner: null, IsClosed: false } linux)
        {
            throw new InvalidOperationException("The socket is attached, closed, or of another backend.");
        }

        if (!TryAttach(linux, out SocketError error))
        {
            throw new SocketException((int)error);
        }
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
            Flush();
            Counters.PollCalls++;
            _reader.BeginRound();
            int ready = Wait(timeoutMilliseconds);
            int handled = 0;
            int nextFlush = FirstFlush;
            for (int i = 0; i < ready; i++)
            {
                handled += OnEvent(_events + (i * EpollEvent.Size), handler);
                if (i + 1 == nextFlush)
                {
                    Flush();
                    _reader.FreeSlots();
                    nextFlush += nextFlush + FirstFlush;
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
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new Span<byte>(Allocate(length), length);
    }

    public override void Send(
        DatagramSocket socket,
        ReadOnlySpan<byte> payload,
        in SocketEndpoint destination,
        in SocketEndpoint source,
        byte trafficClass = 0,
        bool dontFragment = false)
    {
        if (socket.Owner != this)
        {
            DropUnlessForeign(socket);
            return;
        }

        if (payload.Length > MaxDatagram)
        {
            Counters.SendDroppedTooBig++;
            return;
        }

        // Reactor memory is native: it does not move, so its address may outlive the span.
        var start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(payload));
        int length = payload.Length;
        byte* around = null;
        (int Front, int Back) aroundLength = default;
        if (start < _memory || start >= _memoryEnd)
        {
            start = Allocate(length);
            payload.CopyTo(new Span<byte>(start, length));
        }
        else if (_room.IsLent && (aroundLength = _room.PartOf(start, length)) != default)
        {
            // The room goes back to its owners after the callback.
            around = Allocate(aroundLength.Front + aroundLength.Back);
            payload[..aroundLength.Front].CopyTo(new Span<byte>(around, aroundLength.Front));
            payload[^aroundLength.Back..].CopyTo(new Span<byte>(around + aroundLength.Front, aroundLength.Back));
            start += aroundLength.Front;
            length -= aroundLength.Front + aroundLength.Back;
        }

        if (_pool.IsFull)
        {
            // The arena is not rewound here: this payload may lie in it.
            _pool.Flush();
        }

        LinuxSocket linux = Unsafe.As<LinuxSocket>(socket);
        var vector = new IoVector { Base = start, Length = (nuint)length };
        if (!dontFragment)
        {
            _pool.Append(linux, vector, around, aroundLength, in destination, in source, trafficClass);
            return;
        }

        _pool.Flush(linux);
        linux.ForbidFragments();
        _pool.Append(linux, vector, around, aroundLength, in destination, in source, trafficClass);
        _pool.Flush(linux);
        linux.AllowFragments();
    }

    public override void Flush()
    {
        _pool.Flush();
        _arenaUsed = 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (_isDisposed)
        {
            return;
        }

        if (_isPolling)
        {
            throw new InvalidOperationException("The reactor was disposed inside a callback, which still uses its memory.");
        }

        Flush();
        foreach (LinuxSocket? socket in _table.Sockets)
        {
            if (socket is not null)
            {
                Close(socket);
            }
        }

        _isDisposed = true;
        _wake.Dispose();
        _ = LibC.Close(_epoll);
        _reader.Free();
        _pool.Free();
        _errors.Free();
        NativeMemory.Free(_events);
        NativeMemory.AlignedFree(_memory);
    }

    private int Wait(int timeoutMilliseconds)
    {
        while (true)
        {
            int ready = LibC.EpollWait(_epoll, _events, MaxEvents, timeoutMilliseconds);
            if (ready >= 0)
            {
                return ready;
            }

            int errno = LibC.LastError;
            if (errno != Errno.Interrupted)
            {
                throw new SocketException((int)LibC.ToSocketError(errno), $"epoll_wait failed with error {errno}.");
            }

            // A signal (the runtime uses them to suspend threads). An endless wait goes on; a timed one ends early rather than late.
            if (timeoutMilliseconds >= 0)
            {
                return 0;
            }
        }
    }

    private int OnEvent(byte* epollEvent, IDatagramHandler handler)
    {
        uint events = Unsafe.ReadUnaligned<uint>(epollEvent);
        ulong token = Unsafe.ReadUnaligned<ulong>(epollEvent + EpollEvent.DataOffset);
        if (token == ulong.MaxValue)
        {
            _wake.Reset();
            return 0;
        }

        LinuxSocket? socket = _table.Find(token);
        if (socket is null)
        {
            return 0;
        }

        if ((events & Option.EpollError) != 0)
        {
            ReadErrors(socket, handler);
        }

        return (events & Option.EpollIn) != 0 && socket.Owner == this ? _reader.Read(socket, handler) : 0;
    }

    private void ReadErrors(LinuxSocket socket, IDatagramHandler handler)
    {
        for (int i = 0; i < MaxErrorsPerRound && socket.Owner == this; i++)
        {
            if (!_errors.TryRead(socket.Descriptor, out IcmpError error, out bool isIcmp))
            {
                return;
            }

            if (isIcmp)
            {
                handler.OnIcmpError(socket, in error);
            }
        }
    }

    private byte* Allocate(int length)
    {
        int rounded = (length + 15) & ~15;
        if (_arenaUsed + rounded > ArenaSize)
        {
            Flush();
        }

        byte* start = _arena + _arenaUsed;
        _arenaUsed += rounded;
        return start;
    }

    private bool TryAttach(LinuxSocket socket, out SocketError error)
    {
        ulong token = _table.Add(socket);
        if (!Watch(socket.Descriptor, token, out int errno))
        {
            _table.Remove(socket);
            error = LibC.ToSocketError(errno);
            return false;
        }

        socket.Owner = this;
        error = SocketError.Success;
        return true;
    }

    private bool Watch(int descriptor, ulong token, out int errno)
    {
        byte* epollEvent = stackalloc byte[16];
        Unsafe.WriteUnaligned(epollEvent, Option.EpollIn);
        Unsafe.WriteUnaligned(epollEvent + EpollEvent.DataOffset, token);
        bool done = LibC.EpollControl(_epoll, Option.EpollAdd, descriptor, epollEvent) == 0;
        errno = done ? 0 : LibC.LastError;
        return done;
    }

    private void Forget(LinuxSocket socket)
    {
        _pool.Remove(socket);
        _table.Remove(socket);
        socket.Owner = null;
    }

    private LinuxSocket Own(DatagramSocket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return socket.Owner == this
            ? (LinuxSocket)socket
            : throw new InvalidOperationException("The socket is not attached to this reactor.");
    }

    private void DropUnlessForeign(DatagramSocket socket)
    {
        if (!socket.IsClosed)
        {
            throw new InvalidOperationException("The socket is not attached to this reactor.");
        }

        Counters.SendDroppedOther++;
    }
}
