using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Transport.TcpRelay;

namespace Turnpike.Edge.Tests.TcpRelay;

public sealed class SharedPortTests
{
    [Fact]
    public async Task A_connection_leaves_from_the_port_that_listens()
    {
        using Socket listening = Listen();
        using var peer = new RelayedPeer();
        using Socket connecting = PeerSocket.Create(AddressFamily.InterNetwork);
        SharedPort.Bind(connecting, (IPEndPoint)listening.LocalEndPoint!);
        await connecting.ConnectAsync(peer.Address, TestContext.Current.CancellationToken);
        await using NetworkStream accepted = await peer.AcceptAsync();
        Assert.Equal(listening.LocalEndPoint, accepted.Socket.RemoteEndPoint);

        // What listens goes on to be what is connected to.
        await using NetworkStream knocking = await RelayedPeer.KnockAsync((IPEndPoint)listening.LocalEndPoint!);
        using Socket heard = await listening.AcceptAsync(TestContext.Current.CancellationToken);
        Assert.Equal(knocking.Socket.LocalEndPoint, heard.RemoteEndPoint);
    }

    [Fact]
    public void Where_the_port_is_not_shared_another_of_the_address_is_taken()
    {
        using var other = new RelayedPeer();
        using Socket connecting = PeerSocket.Create(AddressFamily.InterNetwork);
        SharedPort.Bind(connecting, other.Address);
        var bound = (IPEndPoint)connecting.LocalEndPoint!;
        Assert.Equal(IPAddress.Loopback, bound.Address);
        Assert.NotEqual(other.Address.Port, bound.Port);
    }

    [Fact]
    public void Another_program_cannot_listen_on_the_port()
    {
        using Socket listening = Listen();
        using Socket other = PeerSocket.Create(AddressFamily.InterNetwork);
        SocketException refused = Assert.Throws<SocketException>(() => other.Bind(listening.LocalEndPoint!));
        Assert.Equal(SocketError.AddressAlreadyInUse, refused.SocketErrorCode);
    }

    private static Socket Listen()
    {
        Socket socket = PeerSocket.Create(AddressFamily.InterNetwork);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        SharedPort.Allow(socket);
        return socket;
    }
}
