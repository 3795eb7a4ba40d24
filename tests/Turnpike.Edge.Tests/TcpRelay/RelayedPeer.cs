using System.Net;
using System.Net.Sockets;

namespace Turnpike.Edge.Tests.TcpRelay;

/// <summary>A peer on loopback that listens for relayed connections, or opens one.</summary>
internal sealed class RelayedPeer : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Socket _listener;

    public RelayedPeer(IPAddress? address = null)
    {
        address ??= IPAddress.Loopback;
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(address, 0));
        _listener.Listen();
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    public static async Task<NetworkStream> KnockAsync(IPEndPoint relayed)
    {
        var socket = new Socket(relayed.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(relayed);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public async Task<NetworkStream> AcceptAsync() =>
        new(await _listener.AcceptAsync().WaitAsync(Limit), ownsSocket: true);

    public static async Task<byte[]> ReceiveAsync(Stream stream, int count)
    {
        byte[] bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(Limit);
        return bytes;
    }

    public static async Task SendAsync(Stream stream, byte[] bytes) => await stream.WriteAsync(bytes).AsTask().WaitAsync(Limit);

    /// <summary>Waits for the end of the stream, which has to be an orderly one.</summary>
    public static async Task IsFinishedAsync(Stream stream) =>
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Limit));

    /// <summary>Waits for the end of the stream; a reset is one too.</summary>
    public static async Task IsEndedAsync(Stream stream)
    {
        try
        {
            await IsFinishedAsync(stream);
        }
        catch (IOException)
        {
            // A reset.
        }
    }

    public void Dispose() => _listener.Dispose();
}
