using System.Collections.Concurrent;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Turnpike.Edge.Options;
using Turnpike.Protocol;
using Turnpike.ServiceDefaults.Tls;

namespace Turnpike.Edge.Transport.Streams;

/// <summary>All TCP and TLS clients: who is let in, which shard each belongs to, and whose time is over.</summary>
internal sealed class StreamServer : IDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);
    private static readonly StreamClose[] Reasons = [.. Enum.GetValues<StreamClose>().Where(reason => reason != StreamClose.None)];

    private readonly EdgeSettings _settings;
    private readonly ServerCertificates _certificates;
    private readonly HandshakeOptions _handshake = new(StreamHandshake.OptionsFor);
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<int, StreamConnection> _connections = [];
    private readonly SourceCounts _sources;
    private readonly long[] _closed = new long[Reasons.Length + 1];
    private IReadOnlyList<Shard> _shards = [];
    private ShardClock? _clock;
    private ITimer? _sweep;
    private int _accepted;
    private int _open;
    private int _openTls;
    private volatile bool _stopping;

    public StreamServer(EdgeSettings settings, ServerCertificates certificates, TimeProvider time)
    {
        _settings = settings;
        _certificates = certificates;
        _time = time;
        _sources = new SourceCounts(settings.Streams.ConnectionsPerSource);
        Listeners = [.. settings.Listeners.Index().Where(entry => entry.Item.IsStream).Select(entry => new StreamListener(entry.Index, entry.Item))];
    }

    public IReadOnlyList<StreamListener> Listeners { get; }

    public StreamOptions Limits => _settings.Streams;

    public bool Rfc5766ChannelNumbers => _settings.Protocol.Rfc5766ChannelNumbers;

    /// <summary>Milliseconds of the shards' clock.</summary>
    public long Now => _clock!.Now;

    /// <summary>What a TLS handshake that begins now needs.</summary>
    public SslServerAuthenticationOptions Handshake => _handshake.For(_certificates.Current!);

    /// <summary>Connections open now, by transport; TLS counts as such once its handshake is complete.</summary>
    public IReadOnlyList<NamedCount> Open
    {
        get
        {
            int tls = Volatile.Read(ref _openTls);
            return [new NamedCount("tcp", Math.Max(0, Volatile.Read(ref _open) - tls)), new NamedCount("tls", tls)];
        }
    }

    /// <summary>Connections closed so far, every reason.</summary>
    public IReadOnlyList<NamedCount> Closed =>
        [.. Reasons.Select(reason => new NamedCount(RelayReport.Label(reason.ToString()), Interlocked.Read(ref _closed[(int)reason])))];

    /// <summary>Lets connections in from now on. Call it before Kestrel is started.</summary>
    public void Start(IReadOnlyList<Shard> shards, ShardClock clock)
    {
        _shards = shards;
        _clock = clock;
        if (Listeners.Count > 0)
        {
            _sweep = _time.CreateTimer(static state => ((StreamServer)state!).Sweep(), this, SweepInterval, SweepInterval);
        }
    }

    /// <summary>Closes every connection, and each that still comes. Their clients find out at once instead of by a time-out.</summary>
    public void Stop()
    {
        _stopping = true;
        foreach (StreamConnection connection in _connections.Values)
        {
            connection.Abort(StreamClose.Stopped);
        }
    }

    public void Dispose()
    {
        _sweep?.Dispose();
        foreach (StreamListener listener in Listeners)
        {
            listener.Dispose();
        }
    }

    /// <summary>A connection, from its acceptance to its end. Kestrel closes it when this returns.</summary>
    public async Task OnConnectedAsync(ConnectionContext context, StreamListener listener)
    {
        if (Interlocked.Increment(ref _open) > Limits.Connections || _stopping)
        {
            Interlocked.Decrement(ref _open);
            Count(_stopping ? StreamClose.Stopped : StreamClose.TooMany);
            context.Abort();
            return;
        }

        StreamConnection connection = Add(context, listener);
        try
        {
            if (_stopping)
            {
                connection.Abort(StreamClose.Stopped);
            }

            await connection.RunAsync();
        }
        finally
        {
            _connections.TryRemove(connection.Number, out _);
            _sources.Leave(connection);
            Interlocked.Decrement(ref _open);
            if (connection.IsOpened && connection.IsTls)
            {
                Interlocked.Decrement(ref _openTls);
            }

            Count(connection.Reason);
        }
    }

    /// <summary>Counts a connection for its source. False when that has as many as it may.</summary>
    public bool TryCountSource(StreamConnection connection, in TransportAddress client) => _sources.TryEnter(connection, client);

    /// <summary>The handshake is over.</summary>
    public void OnOpened(StreamConnection connection)
    {
        if (connection.IsTls)
        {
            Interlocked.Increment(ref _openTls);
        }
    }

    private StreamConnection Add(ConnectionContext context, StreamListener listener)
    {
        while (true)
        {
            int accepted = Interlocked.Increment(ref _accepted) & int.MaxValue;
            int number = ShardStreams.FirstNumber | accepted;
            var connection = new StreamConnection(this, listener, context, _shards[accepted % _shards.Count].Streams, number);

            // The numbers come round after a thousand million connections; one that has lived so long keeps its own.
            if (_connections.TryAdd(number, connection))
            {
                return connection;
            }
        }
    }

    private void Count(StreamClose reason) => Interlocked.Increment(ref _closed[(int)reason]);

    private void Sweep()
    {
        long now = Now;
        foreach ((_, StreamConnection connection) in _connections)
        {
            connection.OnSweep(now);
        }
    }
}
