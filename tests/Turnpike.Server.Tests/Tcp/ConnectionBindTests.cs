using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>ConnectionBind (RFC 6062 section 5.4).</summary>
public class ConnectionBindTests
{
    private readonly TcpScene _scene = new();

    [Theory]
    [InlineData(ClientTransport.Tcp, ClientTransport.Tcp)]
    [InlineData(ClientTransport.Tcp, ClientTransport.Tls)]
    [InlineData(ClientTransport.Tls, ClientTransport.Tcp)]
    [InlineData(ClientTransport.Tls, ClientTransport.Tls)]
    public void It_joins_the_connection_that_it_comes_over(ClientTransport control, ClientTransport data)
    {
        var scene = new TcpScene(transport: control);
        uint id = scene.Connected(Addresses.Peer);
        TestClient client = scene.DataClient(transport: data);
        Assert.True(scene.Bind(id, client).IsSuccess().Authentic);
        Assert.Equal((id, client.FiveTuple), Assert.Single(scene.Connections.Joined));
        Assert.Equal(1, scene.Server.Counters.Requests(StunMethod.ConnectionBind, 0));
    }

    [Fact]
    public void It_joins_a_connection_that_the_peer_opened()
    {
        uint id = _scene.Incoming(Addresses.Peer);
        _scene.Bind(id).IsSuccess();
        Assert.Equal(id, Assert.Single(_scene.Connections.Joined).Id);
    }

    [Theory]
    [InlineData(ClientTransport.Udp)]
    [InlineData(ClientTransport.Dtls)]
    public void Over_datagrams_it_is_400(ClientTransport transport)
    {
        uint id = _scene.Connected(Addresses.Peer);
        _scene.Bind(id, _scene.DataClient(transport: transport)).IsError(StunErrorCode.BadRequest);
        _scene.Bind(id).IsSuccess();
    }

    [Fact]
    public void Over_the_control_connection_or_that_of_another_allocation_it_is_400()
    {
        uint id = _scene.Connected(Addresses.Peer);
        _scene.Bind(id, _scene.Client).IsError(StunErrorCode.BadRequest);
        _scene.Bind(id, _scene.DataClient().Allocated()).IsError(StunErrorCode.BadRequest);
        Assert.Empty(_scene.Connections.Joined);
    }

    [Fact]
    public void Without_CONNECTION_ID_or_with_a_broken_or_unknown_one_it_is_400()
    {
        uint id = _scene.Connected(Addresses.Peer);
        TestClient client = _scene.DataClient();
        client.Request(StunMethod.ConnectionBind).IsError(StunErrorCode.BadRequest);
        client.Request(
            StunMethod.ConnectionBind, (ref StunMessageWriter w) => w.Append(StunAttributeType.ConnectionId, [1, 2, 3]))
            .IsError(StunErrorCode.BadRequest);
        _scene.Bind(id + 1, client).IsError(StunErrorCode.BadRequest);
        _scene.Bind(id, client).IsSuccess();
    }

    [Fact]
    public void Before_the_connection_is_there_it_is_400()
    {
        _scene.Connect(Addresses.Peer).IsPending();
        _scene.Bind(_scene.Connections.LastAttempt).IsError(StunErrorCode.BadRequest);
    }

    [Fact]
    public void An_id_is_good_once()
    {
        uint id = _scene.Connected(Addresses.Peer);
        _scene.Bind(id).IsSuccess();
        _scene.Bind(id, _scene.DataClient(port: 40_101)).IsError(StunErrorCode.BadRequest);
        Assert.Single(_scene.Connections.Joined);
    }

    [Fact]
    public void Another_user_gets_441_and_spends_nothing()
    {
        uint id = _scene.Connected(Addresses.Peer);
        _scene.Bind(id, _scene.DataClient("bob", port: 40_101)).IsError(StunErrorCode.WrongCredentials);
        _scene.Bind(id).IsSuccess();
    }

    [Fact]
    public void Without_credentials_it_is_401()
    {
        uint id = _scene.Connected(Addresses.Peer);
        TestClient client = _scene.DataClient();
        client.Exchange(client.Build(
            StunMethod.ConnectionBind,
            (ref StunMessageWriter w) => Protocol.Attributes.ConnectionId.Write(ref w, id))).IsError(StunErrorCode.Unauthorized);
        Assert.Empty(_scene.Connections.Joined);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_connection_that_nobody_binds_for_thirty_seconds_is_closed(bool incoming)
    {
        uint id = incoming ? _scene.Incoming(Addresses.Peer) : _scene.Connected(Addresses.Peer);
        Assert.Empty(_scene.Server.Advance(29.9));
        Assert.Empty(_scene.Connections.Closed);
        Assert.Empty(_scene.Server.Advance(0.5));
        Assert.Equal([id], _scene.Connections.Closed);
        _scene.Bind(id).IsError(StunErrorCode.BadRequest);
    }

    [Fact]
    public void The_thirty_seconds_begin_with_the_success_of_Connect_and_hold_without_the_timer()
    {
        _scene.Connect(Addresses.Peer).IsPending();
        _scene.Server.Advance(29);
        uint id = TcpScene.IdOf(_scene.Complete().IsToClient().IsSuccess());
        TestClient client = _scene.DataClient();
        client.Challenge();
        _scene.Server.AdvanceUnnoticed(30);
        _scene.Bind(id, client).IsError(StunErrorCode.BadRequest);

        var other = new TcpScene();
        other.Connect(Addresses.Peer).IsPending();
        other.Server.Advance(29);
        id = TcpScene.IdOf(other.Complete().IsToClient().IsSuccess());
        other.Server.AdvanceUnnoticed(29.9);
        other.Bind(id).IsSuccess();
    }

    [Fact]
    public void A_bound_connection_stays_as_long_as_its_allocation()
    {
        uint id = _scene.Connected(Addresses.Peer);
        _scene.Bind(id).IsSuccess();
        _scene.Server.Advance(500);
        Assert.Empty(_scene.Connections.Closed);
        _scene.Server.Advance(101);
        Assert.Equal([id], _scene.Connections.Closed);
    }

    [Fact]
    public void After_the_allocation_has_expired_it_is_400_however_far_the_timers_have_come()
    {
        _scene.Server.Advance(590);
        uint id = _scene.Connected(Addresses.Peer);
        TestClient client = _scene.DataClient();
        client.Challenge();
        _scene.Server.AdvanceUnnoticed(11);
        _scene.Bind(id, client).IsError(StunErrorCode.BadRequest);
    }
}
