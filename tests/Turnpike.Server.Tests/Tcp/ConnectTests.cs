using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>Connect (RFC 6062 section 5.2).</summary>
public class ConnectTests
{
    private readonly TcpScene _scene = new();

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Connect_leaves_from_the_relayed_address_and_is_answered_when_it_is_there(bool modern, bool fingerprint)
    {
        _scene.Client.SendsFingerprint = fingerprint;
        if (modern)
        {
            _scene.Client.Modern().Challenge();
        }

        _scene.Connect(Addresses.Peer).IsPending();
        (Relay relay, TransportAddress peer, uint id) = Assert.Single(_scene.Connections.Attempts);
        Assert.Same(_scene.Relay, relay);
        Assert.Equal(Addresses.Peer, peer);
        Outcome outcome = _scene.Complete();
        Assert.Equal(_scene.Client.FiveTuple, outcome.FiveTuple);
        Reply reply = _scene.Client.Check(outcome.IsToClient()).IsSuccess();
        Assert.True(reply.Authentic);
        Assert.Equal(id, TcpScene.IdOf(reply));
        Assert.Equal(1, _scene.Server.Counters.Requests(StunMethod.Connect, 0));
    }

    [Fact]
    public void Connect_needs_no_permission_and_gives_none()
    {
        _scene.Connected(Addresses.Peer);
        _scene.Knock(Addresses.Peer.WithPort(1)).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void Without_an_allocation_it_is_437()
    {
        TestClient stranger = _scene.DataClient();
        stranger.Challenge();
        _scene.RefusedConnect(Addresses.Peer, StunErrorCode.AllocationMismatch, stranger);
        Assert.Empty(_scene.Connections.Attempts);
    }

    [Fact]
    public void Without_credentials_it_is_401_and_nothing_is_begun()
    {
        _scene.Client.Nonce = null;
        _scene.RefusedConnect(Addresses.Peer, StunErrorCode.Unauthorized);
        Assert.Empty(_scene.Connections.Attempts);
    }

    [Fact]
    public void By_another_user_it_is_441()
    {
        var other = new TestClient(_scene.Server, "bob", "bob-password", transport: ClientTransport.Tcp);
        other.Challenge();
        _scene.RefusedConnect(Addresses.Peer, StunErrorCode.WrongCredentials, other);
    }

    [Fact]
    public void On_an_allocation_that_relays_UDP_it_is_400()
    {
        TestClient udp = _scene.DataClient().Allocated();
        _scene.RefusedConnect(Addresses.Peer, StunErrorCode.BadRequest, udp);
    }

    [Fact]
    public void Without_XOR_PEER_ADDRESS_or_with_a_broken_one_it_is_400()
    {
        _scene.Client.Request(StunMethod.Connect).IsError(StunErrorCode.BadRequest);
        _scene.Client.Request(
            StunMethod.Connect, (ref StunMessageWriter w) => w.Append(StunAttributeType.XorPeerAddress, [0, 1, 2]))
            .IsError(StunErrorCode.BadRequest);
    }

    [Fact]
    public void To_the_other_address_family_it_is_443() =>
        _scene.RefusedConnect(Addresses.PeerV6, StunErrorCode.PeerAddressFamilyMismatch);

    [Fact]
    public void A_second_one_to_the_same_peer_is_446_while_the_first_is_made_waits_or_is_used()
    {
        _scene.Connect(Addresses.Peer).IsPending();
        uint id = _scene.Connections.LastAttempt;
        _scene.RefusedConnect(Addresses.Peer, StunErrorCode.ConnectionAlreadyExists);
        _scene.Complete(id).IsToClient();
        _scene.RefusedConnect(Addresses.Peer, StunErrorCode.ConnectionAlreadyExists);
        _scene.Bind(id).IsSuccess();
        _scene.RefusedConnect(Addresses.Peer, StunErrorCode.ConnectionAlreadyExists);
        _scene.Connect(Addresses.Peer.WithPort(5001)).IsPending();
        _scene.Ended(id);
        _scene.Connect(Addresses.Peer).IsPending();
    }

    [Fact]
    public void To_a_peer_that_has_connected_itself_it_is_446()
    {
        _scene.Incoming(Addresses.Peer);
        _scene.RefusedConnect(Addresses.Peer, StunErrorCode.ConnectionAlreadyExists);
    }

    [Fact]
    public void A_failure_is_447_and_frees_the_place()
    {
        _scene.Connect(Addresses.Peer).IsPending();
        Reply reply = _scene.Client.Check(_scene.Complete(connected: false).IsToClient());
        reply.IsError(StunErrorCode.ConnectionTimeoutOrFailure);
        Assert.True(reply.Authentic);
        Assert.Equal(0, _scene.Connections.OpenCount);
        _scene.Connect(Addresses.Peer).IsPending();
    }

    [Fact]
    public void It_waits_thirty_seconds_and_is_447_then()
    {
        _scene.Connect(Addresses.Peer).IsPending();
        uint id = _scene.Connections.LastAttempt;
        Assert.Empty(_scene.Server.Advance(29.9));
        Outcome outcome = Assert.Single(_scene.Server.Advance(0.5));
        _scene.Client.Check(outcome.IsToClient()).IsError(StunErrorCode.ConnectionTimeoutOrFailure);
        Assert.Equal([id], _scene.Connections.Closed);
        _scene.Complete(id).IsDrop(DropReason.PeerConnectionGone);
    }

    [Fact]
    public void Each_timeout_of_many_gets_its_own_answer()
    {
        for (int i = 0; i < 8; i++)
        {
            _scene.Connect(Addresses.PeerNumber(i)).IsPending();
        }

        Assert.Equal(8, _scene.Server.Advance(31).Count(outcome => outcome.Kind == EgressKind.ToClient));
        Assert.Equal(8, _scene.Server.Counters.Requests(StunMethod.Connect, StunErrorCode.ConnectionTimeoutOrFailure));
    }

    [Fact]
    public void Beyond_the_cap_it_is_508_until_a_place_is_free()
    {
        var scene = new TcpScene(new PolicyChoice { Limits = new AllocationLimits { PeerConnections = 2 } });
        uint id = scene.Connected(Addresses.PeerNumber(0));
        scene.Connect(Addresses.PeerNumber(1)).IsPending();
        scene.RefusedConnect(Addresses.PeerNumber(2), StunErrorCode.InsufficientCapacity);
        scene.Ended(id);
        scene.Connect(Addresses.PeerNumber(2)).IsPending();
    }

    [Fact]
    public void It_counts_against_the_new_peers_a_second_so_that_it_is_no_port_scanner()
    {
        var scene = new TcpScene(new PolicyChoice { Limits = new AllocationLimits { NewPeersPerSecond = 3 } });
        for (int i = 0; i < 3; i++)
        {
            scene.Connect(Addresses.Peer.WithPort((ushort)(1 + i))).IsPending();
            scene.Complete(connected: false).IsToClient();
        }

        scene.RefusedConnect(Addresses.Peer.WithPort(9), StunErrorCode.InsufficientCapacity);
        scene.Server.Advance(1);
        scene.Connect(Addresses.Peer.WithPort(9)).IsPending();
    }

    [Fact]
    public void A_relay_address_of_this_server_is_connected_to_where_it_is_bound()
    {
        TransportAddress told = Addresses.Parse("20.0.0.99:50001");
        var relays = new RelayAddressMap(
            [new RelayAddress(Addresses.Server.WithPort(0), told.WithPort(0))], 49152, 65535);
        var scene = new TcpScene(new PolicyChoice { Peers = PolicyChoice.PeerRules(relays: relays) });
        scene.Connect(told).IsPending();
        Assert.Equal(Addresses.Server.WithPort(50001), scene.Connections.Attempts[^1].Peer);
        scene.RefusedConnect(told, StunErrorCode.ConnectionAlreadyExists);
    }
}
