using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>A server that relays TCP, a client of it with a TCP allocation, and what the two say to each other.</summary>
internal sealed class TcpScene
{
    public static readonly TransportAddress DataAddress = Addresses.Client.WithPort(40_100);

    public TcpScene(PolicyChoice? choice = null, ClientTransport transport = ClientTransport.Tcp)
    {
        Server = new TestServer(choice, connections: Connections);
        Client = new TestClient(Server, transport: transport);
        Client.Request(StunMethod.Allocate, Tcp).IsSuccess();
        Relay = Server.RelayOf(Client);
    }

    public FakePeerConnections Connections { get; } = new();

    public TestServer Server { get; }

    /// <summary>The control connection.</summary>
    public TestClient Client { get; }

    public Relay Relay { get; }

    public static void Tcp(ref StunMessageWriter writer) => RequestedTransport.Write(ref writer, 6);

    public static uint IdOf(Reply reply)
    {
        Assert.Equal(AttributeResult.Ok, ConnectionId.Read(reply.Message(), out uint id));
        return id;
    }

    /// <summary>Sends Connect; it waits, or is refused.</summary>
    public Outcome Connect(TransportAddress peer, TestClient? client = null)
    {
        client ??= Client;
        return client.Send(client.Build(StunMethod.Connect, (ref StunMessageWriter w) => XorPeerAddress.Write(ref w, peer)));
    }

    public Reply RefusedConnect(TransportAddress peer, int code, TestClient? client = null)
    {
        client ??= Client;
        return client.Check(Connect(peer, client).IsToClient()).IsError(code);
    }

    /// <summary>The outcome of the last attempt, as the sockets tell it.</summary>
    public Outcome Complete(bool connected = true) => Complete(Connections.LastAttempt, connected);

    public Outcome Complete(uint id, bool connected = true) => Outcome.Of(Server.Turn.OnConnectCompleted(id, connected, Server.Now));

    /// <summary>Connect and its success.</summary>
    public uint Connected(TransportAddress peer)
    {
        Connect(peer).IsPending();
        return IdOf(Client.Check(Complete().IsToClient()).IsSuccess());
    }

    /// <summary>A peer knocks; where it is let in, the sockets keep its connection.</summary>
    public Outcome Knock(TransportAddress peer, Relay? relay = null)
    {
        uint id = Server.Turn.NewConnectionId();
        var outcome = Outcome.Of(Server.Turn.OnPeerConnection(relay ?? Relay, peer, id, Server.Now));
        if (outcome.Kind == EgressKind.ToClient)
        {
            Connections.Accepted(relay ?? Relay, id);
            Assert.Equal(Client.FiveTuple, outcome.FiveTuple);
            Assert.Equal(id, IdOf(outcome.IsToClient()));
        }

        return outcome;
    }

    /// <summary>A peer that has a permission knocks.</summary>
    public uint Incoming(TransportAddress peer)
    {
        Client.CreatePermission(peer).IsSuccess();
        return IdOf(Knock(peer).IsToClient());
    }

    /// <summary>Another connection of the client, for data.</summary>
    public TestClient DataClient(
        string username = "alice", ClientTransport transport = ClientTransport.Tcp, ushort port = 40_100) =>
        new(Server, username, $"{username}-password", DataAddress.WithPort(port), transport);

    public Reply Bind(uint id, TestClient? client = null) => (client ?? DataClient()).Request(
        StunMethod.ConnectionBind, (ref StunMessageWriter w) => ConnectionId.Write(ref w, id));

    public void Ended(uint id)
    {
        Connections.Ended(id);
        Server.Turn.OnPeerConnectionClosed(id);
    }
}
