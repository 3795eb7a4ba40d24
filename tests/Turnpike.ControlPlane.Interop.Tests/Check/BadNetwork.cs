using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Turnpike.ControlPlane.Interop.Check;

/// <summary>A network between clients and one edge, as a UDP proxy: it delays every datagram, and loses some of those to the clients.</summary>
internal sealed class BadNetwork : IAsyncDisposable
{
    /// <summary>Each direction takes so much longer.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(30);

    /// <summary>One of so many is lost; odd, or it would always be the same kind where two kinds take turns.</summary>
    public const int Lost = 7;

    private readonly IPEndPoint _edge;
    private readonly UdpClient _front;
    private readonly ConcurrentDictionary<IPEndPoint, UdpClient> _backs = new();
    private readonly ConcurrentBag<Task> _tasks = [];
    private readonly Channel<Datagram> _under = Channel.CreateUnbounded<Datagram>();
    private readonly CancellationTokenSource _end = new();
    private int _toClients;

    public BadNetwork(IPAddress address, IPEndPoint edge)
    {
        _edge = edge;
        _front = new UdpClient(new IPEndPoint(address, 0));
        _tasks.Add(FromClientsAsync());
        _tasks.Add(DeliverAsync());
    }

    public IPEndPoint EndPoint => (IPEndPoint)_front.Client.LocalEndPoint!;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        try
        {
            await Task.WhenAll(_tasks);
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }
        _front.Dispose();
        foreach (UdpClient back in _backs.Values)
        {
            back.Dispose();
        }
        _end.Dispose();
    }

    private async Task FromClientsAsync()
    {
        while (true)
        {
            UdpReceiveResult received = await _front.ReceiveAsync(_end.Token);
            UdpClient back = _backs.GetOrAdd(received.RemoteEndPoint, Open);
            _under.Writer.TryWrite(new Datagram(Stopwatch.GetTimestamp(), received.Buffer, back, _edge));
        }
    }

    private UdpClient Open(IPEndPoint client)
    {
        var back = new UdpClient(new IPEndPoint(EndPoint.Address, 0));
        _tasks.Add(FromEdgeAsync(back, client));
        return back;
    }

    private async Task FromEdgeAsync(UdpClient back, IPEndPoint client)
    {
        while (true)
        {
            UdpReceiveResult received = await back.ReceiveAsync(_end.Token);
            if (Interlocked.Increment(ref _toClients) % Lost != 0)
            {
                _under.Writer.TryWrite(new Datagram(Stopwatch.GetTimestamp(), received.Buffer, _front, client));
            }
        }
    }

    // All wait equally long, so the first one in is the first one out.
    private async Task DeliverAsync()
    {
        await foreach (Datagram datagram in _under.Reader.ReadAllAsync(_end.Token))
        {
            TimeSpan left = Delay - Stopwatch.GetElapsedTime(datagram.Received);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, _end.Token);
            }
            await datagram.By.SendAsync(datagram.Data, datagram.To, _end.Token);
        }
    }

    private sealed record Datagram(long Received, byte[] Data, UdpClient By, IPEndPoint To);
}
