using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Turnpike.LoadTest.Relay;
using Turnpike.Protocol;

namespace Turnpike.LoadTest.Turn;

/// <summary>
/// A client's connection over TCP or TLS (RFC 8656 section 2.1). The generator's thread puts messages into a pipe and never waits; tasks connect, write
/// and read. What is over the pipe's bound is dropped, as a full UDP socket would.
/// </summary>
internal sealed class StreamClient(TurnTarget target, StreamInbox inbox) : IDisposable
{
    /// <summary>A message of the longest length that its header can say, padded.</summary>
    public const int LongestMessage = StunMessage.HeaderLength + 65_536;

    private const string Handshake = "the TLS handshake is not over: is TLS served at this port?";
    private const int Backlog = 256 * 1024;
    private const int FirstBuffer = 4096;

    private readonly Socket _socket = new(target.Endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Pipe _outgoing = new(new PipeOptions(pauseWriterThreshold: 0, resumeWriterThreshold: 0, useSynchronizationContext: false));
    private readonly CancellationTokenSource _closing = new();
    private long _waiting;
    private bool _isStarted;
    private volatile bool _isLost;
    private volatile bool _isBlocked;
    private volatile string? _unfinished = "the connection is not made";

    /// <summary>Whose connection this is.</summary>
    public Flow? Owner { get; set; }

    /// <summary>What the connection waits for before it carries anything; null once it does.</summary>
    public string? Unfinished => _unfinished;

    /// <summary>Completes when the connection has ended and its end was told.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Written to since the last <see cref="Flush"/>.</summary>
    public bool IsDirty { get; private set; }

    /// <summary>The server did not take what was written last as fast as it was written: what finds no room then is lost on its way, not here.</summary>
    public bool IsBlocked => _isBlocked;

    /// <summary>
    /// Appends a message with its padding; false when the connection has too much to write already. What is meant for a connection that the server ended is
    /// lost with it.
    /// </summary>
    /// <param name="message">STUN or ChannelData.</param>
    /// <param name="isBounded">False for a request: over a stream it is not sent again.</param>
    public bool TryWrite(ReadOnlySpan<byte> message, bool isBounded = true)
    {
        if (_isLost)
        {
            return true;
        }

        int padded = (message.Length + 3) & ~3; // RFC 8656 section 12.5: ChannelData too is padded over a stream
        if (isBounded && Interlocked.Read(ref _waiting) + padded > Backlog)
        {
            return false;
        }

        Interlocked.Add(ref _waiting, padded);
        Span<byte> room = _outgoing.Writer.GetSpan(padded)[..padded];
        message.CopyTo(room);
        room[message.Length..].Clear();
        _outgoing.Writer.Advance(padded);
        IsDirty = true;
        return true;
    }

    /// <summary>Lets the connection write what was appended; the first time, it connects.</summary>
    public void Flush()
    {
        IsDirty = false;
        if (!_isStarted)
        {
            _isStarted = true;
            Ended = Task.Run(RunAsync);
        }

        ValueTask<FlushResult> flushed = _outgoing.Writer.FlushAsync();
        if (!flushed.IsCompleted)
        {
            throw new InvalidOperationException("A pipe without a threshold never waits.");
        }

        flushed.GetAwaiter().GetResult();
    }

    /// <summary>Closes the connection with a reset, so that its port is free at once (TCP would keep it for a minute); its end is not told.</summary>
    public void Abandon()
    {
        _socket.LingerState = new LingerOption(true, 0);
        Dispose();
    }

    /// <summary>Closes the connection; its end is not told.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        _socket.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await _socket.ConnectAsync(target.Endpoint, _closing.Token);
            _unfinished = target.Transport == ClientTransport.Tls ? Handshake : null;
            await using Stream stream = await OpenAsync();
            _unfinished = null;
            Task writing = WriteAsync(stream);
            await ReadAsync(stream);
            Tell($"{target.Endpoint} closed the connection");
            await _closing.CancelAsync();
            await writing;
        }
        catch (Exception) when (_closing.IsCancellationRequested)
        {
            // Closed here: whatever the socket says then is no news.
        }
        catch (Exception problem) when (problem is SocketException or IOException or AuthenticationException)
        {
            Tell(problem is SocketException { SocketErrorCode: SocketError.AddressNotAvailable }
                ? TurnAllocation.NoSocket // every port waits for an earlier connection's end
                : $"the connection to {target.Endpoint} failed: {(problem.InnerException ?? problem).Message}{HintFor(problem)}");
            await _closing.CancelAsync();
        }
    }

    private string HintFor(Exception problem) =>
        problem is AuthenticationException ? " (of a private certificate --ca names the issuer, and --server-name the name that it has)"
        : _unfinished == Handshake ? $" ({Handshake})"
        : "";

    private void Tell(string why)
    {
        _isLost = true;
        inbox.AddEnd(Owner!, why);
    }

    private async Task<Stream> OpenAsync()
    {
        var stream = new NetworkStream(_socket, ownsSocket: true);
        if (target.Transport != ClientTransport.Tls)
        {
            return stream;
        }

        var secure = new SslStream(stream);
        var options = new SslClientAuthenticationOptions { TargetHost = target.ServerName, CertificateChainPolicy = Trust.In(target.TrustedIssuers) };
        try
        {
            await secure.AuthenticateAsClientAsync(options, _closing.Token);
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }

        return secure;
    }

    private async Task WriteAsync(Stream stream)
    {
        try
        {
            while (true)
            {
                ReadResult read = await _outgoing.Reader.ReadAsync(_closing.Token);
                bool hadToWait = false;
                foreach (ReadOnlyMemory<byte> segment in read.Buffer)
                {
                    ValueTask written = stream.WriteAsync(segment, _closing.Token);
                    if (!written.IsCompleted)
                    {
                        _isBlocked = hadToWait = true;
                    }

                    await written;
                }

                _isBlocked = hadToWait;

                Interlocked.Add(ref _waiting, -read.Buffer.Length);
                _outgoing.Reader.AdvanceTo(read.Buffer.End);
            }
        }
        catch (Exception problem) when (problem is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Closed here, or broken, which the reading side meets and tells. What is written from now on goes nowhere.
            await _outgoing.Reader.CompleteAsync();
        }
    }

    private async Task ReadAsync(Stream stream)
    {
        byte[] buffer = new byte[FirstBuffer];
        int filled = 0;
        while (true)
        {
            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            int read = await stream.ReadAsync(buffer.AsMemory(filled), _closing.Token);
            if (read == 0)
            {
                return;
            }

            filled += read;
            int whole = WholeMessages(buffer.AsSpan(0, filled), out int count);
            if (whole > 0)
            {
                inbox.Add(Owner!, buffer.AsSpan(0, whole), count);
                filled -= whole;
                buffer.AsSpan(whole, filled).CopyTo(buffer);
            }
        }
    }

    /// <returns>The length of the complete messages at the front.</returns>
    /// <exception cref="IOException">Neither STUN nor ChannelData.</exception>
    private static int WholeMessages(ReadOnlySpan<byte> buffered, out int count)
    {
        count = 0;
        int whole = 0;
        while (true)
        {
            switch (StreamFraming.TryReadFrame(buffered[whole..], LongestMessage, out _, out int padded))
            {
                case FrameResult.Frame:
                    whole += padded;
                    count++;
                    break;
                case FrameResult.Invalid:
                    throw new IOException("the server sent what is neither STUN nor ChannelData");
                default:
                    return whole;
            }
        }
    }
}
