using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Turnpike.Edge.Options;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Transport.Streams;

/// <summary>
/// One client's TCP or TLS connection. Its reading is one asynchronous method, its writing another that runs only while something
/// waits; the server's part happens on the shard's thread.
/// </summary>
/// <remarks>
/// <code>
///            pipe         ReadFramesAsync    Post: bursts of whole frames        TurnServer
///  client ─────────► TLS ─────────────────► inbox of the shard ───────────────► OnClientDatagram
///  client ◄───────── TLS ◄───────────────── SendBacklog ◄────────────────────── Egress
///            pipe         WriteAsync         Append: drops the oldest
/// </code>
/// </remarks>
internal sealed class StreamConnection : IThreadPoolWorkItem
{
    // A client that closes gets its last answers in this time, or not at all.
    private const int ClosingMilliseconds = 5000;

    // Bursts that wait for the shard; beyond them the client is not read, which TCP tells it.
    private const int BurstsUnderWay = 2;

    // What is written between two flushes: a TLS record, and a good part of what the transport buffers.
    private const int BatchBytes = 16_384;

    private readonly StreamServer _server;
    private readonly StreamListener _listener;
    private readonly ConnectionContext _context;
    private readonly SendBacklog _backlog;
    private readonly BurstGate _bursts = new(BurstsUnderWay);
    private readonly TaskCompletionSource _removed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FiveTuple _fiveTuple;
    private PipeReader _input;
    private PipeWriter _output;
    private SslStream? _tls;
    private int _phase;
    private int _close;
    private long _phaseSince;
    private long _lastFrame;
    private long _frameBegun = -1;
    private volatile bool _hasAllocation;
    private volatile ShardStreams _shard;

    // Set while the reader waits to be told whose the bytes behind a frame are (StreamFrames.IsTurn); then, for a ConnectionBind that
    // succeeded, its other half, on the shard's thread.
    private volatile TaskCompletionSource? _turn;
    private volatile Func<StreamPipes, Task>? _relay;
    private bool _bound;
    private int _unauthenticatedErrors;

    public StreamConnection(StreamServer server, StreamListener listener, ConnectionContext context, ShardStreams shard, int number)
    {
        _server = server;
        _listener = listener;
        _context = context;
        _input = context.Transport.Input;
        _output = context.Transport.Output;
        _backlog = new SendBacklog(server.Limits.SendBacklog);
        _shard = shard;
        Number = number;
        Enter(Phase.Handshake);
    }

    private enum Phase
    {
        Handshake,
        FirstFrame,
        Frames,
        Relayed,
        Closing,
    }

    public int Number { get; }

    /// <summary>The shard that it belongs to; a ConnectionBind may take it to another.</summary>
    public ShardStreams Shard
    {
        get => _shard;
        set => _shard = value;
    }

    public ref readonly FiveTuple FiveTuple => ref _fiveTuple;

    public bool IsTls => _tls is not null;

    /// <summary>Whether the handshake is over and the shard knows the connection.</summary>
    public bool IsOpened => _fiveTuple.Path == Number;

    public bool IsClosing => Volatile.Read(ref _close) != 0;

    /// <summary>Why it ended; <see cref="StreamClose.None"/> while it is open.</summary>
    public StreamClose Reason => (StreamClose)Volatile.Read(ref _close);

    /// <summary>For the shard's thread: the client has had its share of errors, and what else it sent is not looked at.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>For the shard's thread: whether it has the connection on its list of those with something to write.</summary>
    public bool IsToBeWritten { get; set; }

    /// <summary>Everything, from the first byte to the last.</summary>
    public async Task RunAsync()
    {
        try
        {
            StreamClose refused = await OpenAsync();
            if (refused != StreamClose.None)
            {
                Abort(refused);
                return;
            }

            await ReadFramesAsync();
            if (_relay is { } relay && !IsClosing)
            {
                await RelayAsync(relay);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection is lost, or was closed here while somebody read.
        }
        finally
        {
            Close(StreamClose.Client);
            await EndAsync();
        }
    }

    /// <summary>Closes it for a reason; what is answered already is still written. The first reason counts.</summary>
    public void Close(StreamClose reason)
    {
        if (Interlocked.CompareExchange(ref _close, (int)reason, 0) == 0)
        {
            Enter(Phase.Closing);
            _input.CancelPendingRead();
            _turn?.TrySetResult();
        }
    }

    /// <summary>Closes it at once.</summary>
    public void Abort(StreamClose reason)
    {
        Close(reason);
        _backlog.Close();
        _context.Abort();
    }

    /// <summary>Looks whether the client has had its time. Called about once a second.</summary>
    public void OnSweep(long now)
    {
        StreamOptions limits = _server.Limits;
        long inPhase = now - Volatile.Read(ref _phaseSince);
        switch ((Phase)Volatile.Read(ref _phase))
        {
            case Phase.Handshake when inPhase >= limits.HandshakeTimeout * 1000L:
                Abort(StreamClose.HandshakeTimeout);
                break;
            case Phase.FirstFrame when inPhase >= limits.FirstFrameTimeout * 1000L:
                Abort(StreamClose.FirstFrameTimeout);
                break;
            case Phase.Frames when Volatile.Read(ref _frameBegun) is >= 0 and long begun && now - begun >= limits.FrameTimeout * 1000L:
                Abort(StreamClose.FrameTimeout);
                break;
            case Phase.Frames when now - Volatile.Read(ref _lastFrame) >= limits.IdleWithoutAllocation * 1000L
                && inPhase >= limits.IdleWithoutAllocation * 1000L:
                Enter(Phase.Frames); // asks once in that time
                Shard.Post(new StreamWork(StreamWorkKind.Quiet, this));
                break;
            case Phase.Closing when inPhase >= ClosingMilliseconds:
                Abort(StreamClose.Client);
                _removed.TrySetResult();
                break;
            default:
                break;
        }
    }

    /// <summary>Writes what waits.</summary>
    void IThreadPoolWorkItem.Execute() => _ = WriteAsync();

    // The members from here to the next comment are called on the shard's thread.

    /// <summary>Appends a message to the client.</summary>
    /// <returns>How many messages were dropped for it.</returns>
    public int Append(ReadOnlySpan<byte> message, bool isDatagram) => _bound ? 1 : _backlog.Append(message, isDatagram);

    public void BeginWriting()
    {
        if (_backlog.TryBegin())
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    public void OnBurstHandled() => _bursts.Leave();

    public void OnRemoved() => _removed.TrySetResult();

    public void OnQuiet(bool hasAllocation)
    {
        _hasAllocation = hasAllocation;
        if (!hasAllocation && (Phase)Volatile.Read(ref _phase) == Phase.Frames
            && _server.Now - Volatile.Read(ref _lastFrame) >= _server.Limits.IdleWithoutAllocation * 1000L)
        {
            Abort(StreamClose.Idle);
        }
    }

    public void OnAuthenticated(bool hasAllocation)
    {
        _unauthenticatedErrors = 0;
        _hasAllocation = hasAllocation;
    }

    public void OnUnauthenticatedError()
    {
        if (++_unauthenticatedErrors >= _server.Limits.UnauthenticatedErrors)
        {
            IsRefused = true;
            Close(StreamClose.UnauthenticatedErrors);
        }
    }

    /// <summary>A ConnectionBind has been answered, or dropped.</summary>
    public void OnConnectionBind(bool succeeded)
    {
        _bound = succeeded;
        if (!succeeded || _relay is not null)
        {
            _turn?.TrySetResult();
        }
    }

    /// <summary>A Refresh has been handled, by the shard that the connection belongs to from then on.</summary>
    public void OnRefreshed() => _turn?.TrySetResult();

    /// <inheritdoc cref="ShardStreams.TryTakeOver"/>
    public bool TryTakeOver(Func<StreamPipes, Task> relay)
    {
        if (IsClosing || _turn is not { } turn)
        {
            return false;
        }

        _relay = relay;
        if (_bound)
        {
            turn.TrySetResult();
        }

        return true;
    }

    // The members from here on run on the thread pool.

    private void Enter(Phase phase)
    {
        Volatile.Write(ref _phaseSince, _server.Now);
        Volatile.Write(ref _phase, (int)phase);
    }

    private async ValueTask<StreamClose> OpenAsync()
    {
        TransportAddress client = TransportAddress.From((IPEndPoint)_context.RemoteEndPoint!);
        if (_listener.Settings.Proxy is not ProxyProtocol.None and ProxyProtocol proxy)
        {
            (client, StreamClose refused) = await StreamHandshake.ReadProxyAsync(_input, proxy, client);
            if (refused != StreamClose.None)
            {
                return refused;
            }
        }

        if (!_server.TryCountSource(this, client))
        {
            return StreamClose.TooManyFromSource;
        }

        if (_listener.Settings.HasTls)
        {
            bool? beginsTls = await StreamHandshake.BeginsTlsAsync(_input);
            StreamClose refused = beginsTls switch
            {
                true => await BeginTlsAsync(),
                false when _listener.Settings.Scheme == "tls" => StreamClose.TlsFailed,
                false => StreamClose.None,
                null => StreamClose.Client,
            };
            if (refused != StreamClose.None)
            {
                return refused;
            }
        }

        ClientTransport transport = IsTls ? ClientTransport.Tls : ClientTransport.Tcp;
        _fiveTuple = new FiveTuple(client, TransportAddress.From((IPEndPoint)_context.LocalEndPoint!), transport, Number);
        _server.OnOpened(this);
        Enter(Phase.FirstFrame);
        Shard.Post(new StreamWork(StreamWorkKind.Opened, this));
        return StreamClose.None;
    }

    private async Task<StreamClose> BeginTlsAsync()
    {
        if (await StreamHandshake.AuthenticateAsync(_context.Transport, _server.Handshake) is not { } tls)
        {
            return StreamClose.TlsFailed;
        }

        (_input, _output) = StreamHandshake.Pipes(tls);
        _tls = tls;
        return StreamClose.None;
    }

    private async Task ReadFramesAsync()
    {
        int needed = 1;
        while (!IsClosing)
        {
            ReadResult read = await _input.ReadAsync();
            ReadOnlySequence<byte> arrived = read.Buffer;
            StreamFrames.Burst burst = default;
            if (arrived.Length >= needed && !IsClosing)
            {
                int limit = _hasAllocation ? StreamFrames.Longest : StreamFrames.LongestWithoutAllocation;
                burst = StreamFrames.Cut(arrived, limit, _server.Rfc5766ChannelNumbers);
                needed = burst.Needed;
            }

            long left = arrived.Length - burst.Length;
            SequencePosition consumed = arrived.GetPosition(burst.Length);
            MarkFrames(burst.Length > 0, left == 0);
            _turn = burst.EndsWithTurn ? new(TaskCreationOptions.RunContinuationsAsynchronously) : null;
            _input.AdvanceTo(consumed, left >= needed ? consumed : arrived.End);
            if (burst.Buffer is not null)
            {
                await _bursts.EnterAsync();
                Shard.Post(new StreamWork(StreamWorkKind.Frames, this, burst.Buffer, burst.Length));
            }

            if (burst.Invalid != StreamClose.None)
            {
                Close(burst.Invalid);
            }
            else if (_turn is { } turn)
            {
                if (!IsClosing)
                {
                    await turn.Task;
                }

                if (_relay is not null)
                {
                    return;
                }

                needed = 1;
            }
            else if (read.IsCompleted && burst.Buffer is null)
            {
                return;
            }
        }
    }

    private void MarkFrames(bool any, bool complete)
    {
        long now = _server.Now;
        if (any)
        {
            Volatile.Write(ref _lastFrame, now);
            if ((Phase)Volatile.Read(ref _phase) == Phase.FirstFrame)
            {
                Enter(Phase.Frames);
            }
        }

        if (complete || any || Volatile.Read(ref _frameBegun) < 0)
        {
            Volatile.Write(ref _frameBegun, complete ? -1 : now);
        }
    }

    private async Task RelayAsync(Func<StreamPipes, Task> relay)
    {
        Enter(Phase.Relayed);
        await _backlog.FlushedAsync();
        await relay(new StreamPipes(_input, _output, EndOutputAsync));
        Close(StreamClose.Relayed);
    }

    /// <summary>Finishes sending, with TLS's own farewell first. Kestrel itself knows only how to close both directions.</summary>
    private async Task EndOutputAsync()
    {
        if (_tls is { } tls)
        {
            await tls.ShutdownAsync();
        }

        _context.Features.Get<IConnectionSocketFeature>()?.Socket.Shutdown(SocketShutdown.Send);
    }

    private async Task WriteAsync()
    {
        try
        {
            for (ArraySegment<byte> message = _backlog.TakeOrEnd(); message.Array is not null; message = _backlog.TakeOrEnd())
            {
                int written = 0;
                while (message.Array is not null)
                {
                    if (_tls is not null)
                    {
                        // One record a message, as other servers do: there are clients that take a record for a message.
                        await _tls.WriteAsync(message);
                    }
                    else
                    {
                        _output.Write(message);
                    }

                    written += message.Count;
                    ArrayPool<byte>.Shared.Return(message.Array);
                    message = written < BatchBytes ? _backlog.Take() : default;
                }

                await FlushAsync();
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The connection is gone, which its reader finds out by itself.
            _backlog.Close();
        }
    }

    private async ValueTask FlushAsync()
    {
        if (_tls is not null)
        {
            await _tls.FlushAsync();
            return;
        }

        FlushResult flushed = await _output.FlushAsync();
        if (flushed.IsCompleted)
        {
            _backlog.Close();
        }
    }

    /// <summary>Takes the connection from its shard, which ends its allocation, and lets the last answers go out.</summary>
    private async Task EndAsync()
    {
        Enter(Phase.Closing);
        if (IsOpened)
        {
            Shard.Post(new StreamWork(StreamWorkKind.Ended, this));
            await _removed.Task;
            await _backlog.FlushedAsync();
        }

        _backlog.Close();
        if (_tls is { } tls)
        {
            await EndTlsAsync(tls);
        }
    }

    private async Task EndTlsAsync(SslStream tls)
    {
        try
        {
            if (!_context.ConnectionClosed.IsCancellationRequested)
            {
                await tls.ShutdownAsync();
                await tls.FlushAsync();
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // A farewell that the client does not wait for.
        }

        await tls.DisposeAsync();
    }
}
