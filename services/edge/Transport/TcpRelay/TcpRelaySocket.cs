using System.Net;
using System.Net.Sockets;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Transport.TcpRelay;

/// <summary>A relayed transport address of TCP: one listening socket.</summary>
internal sealed class TcpRelaySocket : Relay, IDisposable
{
    // Peers that knock at once; each is answered for within a round of the shard.
    private const int Backlog = 16;

    private static readonly TimeSpan PauseWithoutDescriptors = TimeSpan.FromSeconds(1);

    private readonly Socket _listener;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _closed = new();

    private TcpRelaySocket(
        Socket listener, RelayInterface on, in TransportAddress local, in TransportAddress address, TimeProvider time)
        : base(local, address)
    {
        _listener = listener;
        _time = time;
        Interface = on;
        ToPeers = new ByteRate(BitsPerSecond, time);
        ToClient = new ByteRate(BitsPerSecond, time);
    }

    public RelayInterface Interface { get; }

    /// <summary>The allocation's bits a second, from the client to its peers.</summary>
    public ByteRate ToPeers { get; }

    /// <summary>The allocation's bits a second, from its peers to the client.</summary>
    public ByteRate ToClient { get; }

    public static bool TryListen(
        RelayInterface on, ushort port, TimeProvider time, out TcpRelaySocket? relay, out SocketError error)
    {
        relay = null;
        error = SocketError.Success;
        TransportAddress local = on.Local.WithPort(port);
        IPEndPoint endpoint = local.ToIPEndPoint();
        Socket? listener = null;
        try
        {
            listener = PeerSocket.Create(endpoint.AddressFamily);
            listener.Bind(endpoint);
            listener.Listen(Backlog);
            SharedPort.Allow(listener);
            relay = new TcpRelaySocket(listener, on, local, on.Public.WithPort(port), time);
            return true;
        }
        catch (SocketException exception)
        {
            error = exception.SocketErrorCode;
            listener?.Dispose();
            return false;
        }
    }

    /// <summary>Accepts peers until the end, each when the one before has been decided on, so that no flood of them piles up.</summary>
    /// <param name="decide">Takes the connection over, or closes it.</param>
    public async Task AcceptAsync(Func<TcpRelaySocket, Socket, Task> decide)
    {
        try
        {
            while (true)
            {
                try
                {
                    await decide(this, await _listener.AcceptAsync(_closed.Token));
                }
                catch (SocketException exception) when (exception.SocketErrorCode == SocketError.TooManyOpenSockets)
                {
                    await Task.Delay(PauseWithoutDescriptors, _time, _closed.Token);
                }
                catch (SocketException) when (!_closed.IsCancellationRequested)
                {
                    // A peer that was gone before it was accepted.
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The address is closed.
        }
    }

    public void Dispose()
    {
        _closed.Cancel();
        _listener.Dispose();
        _closed.Dispose();
    }

    private long BitsPerSecond() => Allocation?.BitsPerSecond ?? 0;
}
