using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Transport.Streams;
using Turnpike.Server;
using AddressFamily = System.Net.Sockets.AddressFamily;

namespace Turnpike.Edge.Transport.TcpRelay;

/// <summary>
/// A connection with a peer. Until it is joined with a client's it is not read: what the peer sends waits in the kernel, whose
/// window tells the peer when that is full.
/// </summary>
/// <param name="socket">Connected, or about to be.</param>
/// <param name="relay">The relayed transport address that it belongs to.</param>
/// <param name="traffic">Counts the bytes.</param>
/// <param name="time">The source of time.</param>
internal sealed class PeerSocket(
    Socket socket, TcpRelaySocket relay, AllocationTraffic traffic, TimeProvider time) : IDisposable
{
    // As for clients' connections: a peer that is gone without a word is found out within two minutes.
    private const int KeepAliveSeconds = 60;
    private const int KeepAliveIntervalSeconds = 15;
    private const int KeepAliveProbes = 4;

    private readonly CancellationTokenSource _closed = new();

    /// <summary>A socket with what every one of them has; accepted sockets inherit it.</summary>
    public static Socket Create(AddressFamily family)
    {
        var created = new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (family == AddressFamily.InterNetworkV6)
        {
            created.DualMode = false;
        }

        created.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        created.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        created.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
        created.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        return created;
    }

    /// <summary>Connects from the relayed transport address.</summary>
    /// <returns>Whether it is connected.</returns>
    public async Task<bool> ConnectAsync(IPEndPoint peer)
    {
        try
        {
            SharedPort.Bind(socket, relay.Local.ToIPEndPoint());
            await socket.ConnectAsync(peer, _closed.Token);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Relays between the peer and a client until either is done; both are closed then.</summary>
    public async Task RelayAsync(StreamPipes client)
    {
        using var splice = new Splice(client, socket, relay.ToPeers, relay.ToClient, traffic, time);
        await splice.RunAsync(_closed.Token);
    }

    public void Dispose()
    {
        _closed.Cancel();
        socket.Dispose();
    }
}
