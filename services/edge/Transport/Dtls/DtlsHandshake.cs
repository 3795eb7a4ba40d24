using Org.BouncyCastle.Tls;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>How a handshake ended.</summary>
internal enum HandshakeResult
{
    /// <summary>Client and server have shown that they hold the same keys.</summary>
    Completed,

    /// <summary>No common parameters, an alert, or messages that are wrong.</summary>
    Failed,

    /// <summary>The client did not finish in time.</summary>
    TimedOut,

    /// <summary>The client began anew, or the edge ends.</summary>
    Cancelled,
}

/// <summary>
/// A handshake in progress, begun by a ClientHello whose cookie is good. BouncyCastle's handshake waits for its client, so it runs on a
/// thread of its own; everything that touches the network or the shard's tables is posted to the shard.
/// </summary>
internal sealed class DtlsHandshake
{
    // The library's calls are shallow; hundreds of threads may wait at once.
    private const int StackBytes = 512 * 1024;

    private readonly byte[] _clientHello;
    private readonly byte[] _cookie;
    private readonly HandshakeTransport _transport;
    private readonly DtlsHandshakes _all;
    private readonly Action<Action> _post;
    private readonly Action<DtlsHandshake, HandshakeResult> _done;
    private volatile bool _cancelled;

    /// <summary>Prepares; <see cref="Start"/> begins.</summary>
    /// <param name="client">Who, and by which listener.</param>
    /// <param name="hello">The ClientHello.</param>
    /// <param name="datagram">The datagram that carried it.</param>
    /// <param name="all">The limits that all shards share.</param>
    /// <param name="post">Has the shard's thread do something.</param>
    /// <param name="send">Sends a datagram to the client, on the shard's thread.</param>
    /// <param name="done">Learns the end, on the shard's thread.</param>
    public DtlsHandshake(
        DtlsClient client,
        in ClientHello hello,
        ReadOnlySpan<byte> datagram,
        DtlsHandshakes all,
        Action<Action> post,
        Action<DtlsHandshake, ReadOnlyMemory<byte>> send,
        Action<DtlsHandshake, HandshakeResult> done)
    {
        Client = client;
        ClientRandom = hello.Random.ToArray();
        _cookie = hello.Cookie.ToArray();
        _clientHello = datagram.ToArray();
        _all = all;
        _post = post;
        _done = done;
        _transport = new HandshakeTransport(bytes => post(() => send(this, bytes)), all.Work);
    }

    public DtlsClient Client { get; }

    /// <summary>Tells a repeated ClientHello from a new one.</summary>
    public byte[] ClientRandom { get; }

    /// <summary>The keys, after <see cref="HandshakeResult.Completed"/>; the session disposes of them.</summary>
    public RecordProtection? Protection { get; private set; }

    public IReadOnlyList<byte[]> FinalFlight => _transport.FinalFlight;

    public ulong NextSequence => _transport.NextSequence;

    /// <summary>Begins, on a thread of its own; making that thread is not the shard's work either.</summary>
    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(static handshake => handshake.StartThread(), this, preferLocal: false);

    /// <summary>A datagram from the client; false when too many wait already.</summary>
    public bool TryPut(ReadOnlySpan<byte> datagram) => _transport.TryPut(datagram);

    public byte[][] TakeRest() => _transport.TakeRest();

    public void Cancel()
    {
        _cancelled = true;
        _transport.Cancel();
    }

    private void StartThread()
    {
        try
        {
            new Thread(Run, StackBytes) { Name = "dtls-handshake", IsBackground = true }.Start();
        }
        catch (OutOfMemoryException)
        {
            // The system's limit on threads: the client will ask again.
            End(HandshakeResult.Failed);
        }
    }

    private void Run()
    {
        _all.Work.Wait();
        HandshakeResult result;
        var crypto = new HandshakeCrypto();
        try
        {
            result = Accept(crypto) ? HandshakeResult.Completed : HandshakeResult.Failed;
        }
        catch (TlsTimeoutException)
        {
            result = HandshakeResult.TimedOut;
        }
#pragma warning disable CA1031 // Whatever a stranger's bytes do to the library ends this handshake alone, not the process.
        catch (Exception)
#pragma warning restore CA1031
        {
            result = HandshakeResult.Failed;
        }

        // What is left is the last flight, or the alert that says why there is none.
        _transport.Flush();
        _all.Work.Release();
        if (_cancelled)
        {
            result = HandshakeResult.Cancelled;
        }

        if (result == HandshakeResult.Completed)
        {
            Protection = crypto.Protection;
        }
        else
        {
            crypto.Protection?.Dispose();
        }

        End(result);
    }

    private void End(HandshakeResult result)
    {
        _all.Leave();
        _post(() => _done(this, result));
    }

    private bool Accept(HandshakeCrypto crypto)
    {
        DtlsRequest? request = crypto.Accept(_clientHello, _cookie, _transport);
        if (request is null)
        {
            return false;
        }

        // The transport that comes back would block and allocate; the keys are all that is wanted.
        new DtlsServerProtocol().Accept(
            new HandshakeServer(crypto, _all.Certificate, _all.TimeoutMilliseconds), _transport, request);
        return crypto.Protection is not null;
    }
}
