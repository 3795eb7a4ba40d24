using System.Net;
using System.Net.Sockets;

namespace Turnpike.Interop.Clients;

/// <summary>
/// Stands between foreign clients and the server, hands everything on in both directions, and writes it down: a capture of the
/// wire that needs no right to capture. UDP and TCP have one port number.
/// </summary>
internal sealed class Tap : IAsyncDisposable
{
    private const int MaxDatagram = 65535;
    private const int MaxSegment = 65000;

    private readonly IPEndPoint _server;
    private readonly int _largestChunk;
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _running = [];
    private readonly List<Socket> _sockets = [];
    private readonly Dictionary<IPEndPoint, Socket> _udpClients = [];

    /// <summary>Begins to listen. What clients send over TCP reaches the server in pieces of at most so many bytes.</summary>
    public Tap(IPEndPoint server, int largestChunk = MaxSegment)
    {
        _server = server;
        _largestChunk = largestChunk;
        EndPoint = new IPEndPoint(server.Address, Processes.Loopback.FreePort(server.Address));
        Capture = new Capture(EndPoint);
        _udp = Open(SocketType.Dgram, ProtocolType.Udp);
        _udp.Bind(EndPoint);
        _tcp = Open(SocketType.Stream, ProtocolType.Tcp);
        _tcp.Bind(EndPoint);
        _tcp.Listen();
        Run(ReceiveFromUdpClientsAsync);
        Run(AcceptAsync);
    }

    /// <summary>What clients take for the server.</summary>
    public IPEndPoint EndPoint { get; }

    public Capture Capture { get; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        foreach (Task task in _running.ToArray())
        {
            await task;
        }

        _sockets.ForEach(socket => socket.Dispose());
        _end.Dispose();
    }

    private Socket Open(SocketType type, ProtocolType protocol) => Track(new Socket(_server.AddressFamily, type, protocol));

    private Socket Track(Socket socket)
    {
        lock (_sockets)
        {
            _sockets.Add(socket);
        }

        return socket;
    }

    private void Run(Func<Task> work)
    {
        lock (_running)
        {
            _running.Add(Task.Run(async () =>
            {
                try
                {
                    await work();
                }
                catch (Exception e) when (e is OperationCanceledException or SocketException)
                {
                    // The test is over, or one side has closed: what it saw by then is written down.
                }
            }));
        }
    }

    private async Task ReceiveFromUdpClientsAsync()
    {
        byte[] buffer = new byte[MaxDatagram];
        while (true)
        {
            var received = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(_server.Address, 0), _end.Token);
            var client = (IPEndPoint)received.RemoteEndPoint;
            Capture.Add(client, EndPoint, buffer.AsSpan(0, received.ReceivedBytes));
            if (!_udpClients.TryGetValue(client, out Socket? upstream))
            {
                upstream = Open(SocketType.Dgram, ProtocolType.Udp);
                await upstream.ConnectAsync(_server, _end.Token);
                _udpClients.Add(client, upstream);
                Socket own = upstream;
                Run(() => ReturnToUdpClientAsync(own, client));
            }

            await upstream.SendAsync(buffer.AsMemory(0, received.ReceivedBytes), SocketFlags.None, _end.Token);
        }
    }

    private async Task ReturnToUdpClientAsync(Socket upstream, IPEndPoint client)
    {
        byte[] buffer = new byte[MaxDatagram];
        while (true)
        {
            int length = await upstream.ReceiveAsync(buffer, SocketFlags.None, _end.Token);
            Capture.Add(EndPoint, client, buffer.AsSpan(0, length));
            await _udp.SendToAsync(buffer.AsMemory(0, length), SocketFlags.None, client, _end.Token);
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client = Track(await _tcp.AcceptAsync(_end.Token));
            Socket upstream = Open(SocketType.Stream, ProtocolType.Tcp);
            (client.NoDelay, upstream.NoDelay) = (true, true);
            await upstream.ConnectAsync(_server, _end.Token);
            var address = (IPEndPoint)client.RemoteEndPoint!;
            Capture.AddOpening(address, EndPoint);
            Capture.AddOpening(EndPoint, address);
            Run(() => CopyAsync(client, upstream, address, EndPoint, _largestChunk));
            Run(() => CopyAsync(upstream, client, EndPoint, address, MaxSegment));
        }
    }

    private async Task CopyAsync(Socket source, Socket target, IPEndPoint from, IPEndPoint to, int largestChunk)
    {
        byte[] buffer = new byte[largestChunk];
        int length;
        while ((length = await source.ReceiveAsync(buffer, SocketFlags.None, _end.Token)) > 0)
        {
            Capture.AddSegment(from, to, buffer.AsSpan(0, length));
            await target.SendAsync(buffer.AsMemory(0, length), SocketFlags.None, _end.Token);
        }

        target.Shutdown(SocketShutdown.Send);
    }
}
