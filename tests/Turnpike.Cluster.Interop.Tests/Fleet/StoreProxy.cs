using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading.Channels;

namespace Turnpike.Cluster.Interop.Fleet;

/// <summary>
/// The network between one edge and the store, as a TCP proxy: slow, lossy, or parted. TCP makes of a lost segment a pause of the
/// retransmission time-out, and of a partition a pause until it heals, so that is what the proxy does to bytes: it never drops any.
/// </summary>
internal sealed class StoreProxy : IAsyncDisposable
{
    // RFC 6298 section 2.4: at least a second before the first retransmission.
    private static readonly TimeSpan RetransmissionTimeout = TimeSpan.FromSeconds(1);

    private readonly IPEndPoint _store;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly ConcurrentBag<Task> _pumps = [];
    private readonly Task _accepting;
    private TaskCompletionSource _whole = Completed();
    private volatile Weather _weather = Weather.Fine;

    public StoreProxy(IPEndPoint store)
    {
        _store = store;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Every answer takes this much longer, and this share of them (0 to 1) waits for a retransmission in addition.</summary>
    public void Slow(TimeSpan latency, double loss) => _weather = new Weather(latency, loss);

    /// <summary>Nothing goes through any more, in either direction, on old and new connections; none of them is closed.</summary>
    public void Part() => _whole = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends what <see cref="Slow"/> and <see cref="Part"/> did; what was held back is delivered.</summary>
    public void Heal()
    {
        _weather = Weather.Fine;
        _whole.TrySetResult();
    }

    /// <summary>Resets every connection; new ones are taken.</summary>
    public void Cut()
    {
        foreach (Socket socket in _open.Keys)
        {
            socket.Close(0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        Heal();
        _listener.Stop();
        Cut();
        await _accepting;
        await Task.WhenAll(_pumps);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _pumps.Add(ServeAsync(await _listener.AcceptSocketAsync(_end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy is at its end.
        }
    }

    private async Task ServeAsync(Socket edge)
    {
        using var store = new Socket(_store.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (edge)
        {
            edge.NoDelay = true;
            _open[edge] = _open[store] = true;
            try
            {
                await _whole.Task.WaitAsync(_end.Token);
                await store.ConnectAsync(_store, _end.Token);
                await Task.WhenAny(CarryAsync(edge, store, isAnswer: false), CarryAsync(store, edge, isAnswer: true));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The store refuses, or the proxy is at its end: the edge sees its connection closed.
            }
            finally
            {
                _open.TryRemove(edge, out _);
                _open.TryRemove(store, out _);
            }
        }
    }

    /// <summary>Carries one direction until either side closes. Reading goes on while earlier bytes are delayed.</summary>
    private async Task CarryAsync(Socket from, Socket to, bool isAnswer)
    {
        var segments = Channel.CreateUnbounded<(byte[] Bytes, long DueAt)>();
        Task delivering = DeliverAsync(segments.Reader, to);
        byte[] buffer = new byte[16 * 1024];
        try
        {
            int length;
            while ((length = await from.ReceiveAsync(buffer, SocketFlags.None, _end.Token)) != 0)
            {
                long now = TimeProvider.System.GetTimestamp();
                segments.Writer.TryWrite((buffer[..length], now + (isAnswer ? _weather.Delay() : 0)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Closed: what was read is still delivered.
        }

        segments.Writer.Complete();
        await delivering;
    }

    private async Task DeliverAsync(ChannelReader<(byte[] Bytes, long DueAt)> segments, Socket to)
    {
        try
        {
            await foreach ((byte[] bytes, long dueAt) in segments.ReadAllAsync(_end.Token))
            {
                TimeSpan wait = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), dueAt);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, _end.Token);
                }

                await _whole.Task.WaitAsync(_end.Token);
                await to.SendAsync(bytes, SocketFlags.None, _end.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Closed by the other side.
        }
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }

    private sealed record Weather(TimeSpan Latency, double Loss)
    {
        public static readonly Weather Fine = new(TimeSpan.Zero, 0);

        public long Delay()
        {
            bool lost = RandomNumberGenerator.GetInt32(1000) < Loss * 1000;
            TimeSpan delay = Latency + (lost ? RetransmissionTimeout : TimeSpan.Zero);
            return (long)(delay.TotalSeconds * TimeProvider.System.TimestampFrequency);
        }
    }
}
