using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>Connections that peers open (RFC 6062 section 5.3).</summary>
public class IncomingConnectionTests
{
    private readonly TcpScene _scene = new();

    [Fact]
    public void With_a_permission_the_client_is_told_who_knocks()
    {
        _scene.Client.CreatePermission(Addresses.Peer).IsSuccess();
        TransportAddress knocking = Addresses.Peer.WithPort(61_000);
        Reply reply = _scene.Knock(knocking).IsToClient();
        Assert.Equal(StunClass.Indication, reply.Class);
        Assert.Equal(StunMethod.ConnectionAttempt, reply.Method);
        Assert.Equal(knocking, reply.PeerAddress);
        Assert.True(reply.Has(StunAttributeType.ConnectionId));
    }

    [Fact]
    public void Without_a_permission_it_is_closed_and_the_client_hears_nothing()
    {
        _scene.Client.CreatePermission(Addresses.OtherPeer).IsSuccess();
        _scene.Knock(Addresses.Peer).IsDrop(DropReason.NoPermission);
        Assert.Empty(_scene.Server.Turn.PeerConnections);
    }

    [Fact]
    public void A_permission_that_has_expired_lets_nobody_in()
    {
        _scene.Client.CreatePermission(Addresses.Peer).IsSuccess();
        _scene.Server.AdvanceUnnoticed(300);
        _scene.Knock(Addresses.Peer).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void Each_gets_an_id_of_its_own()
    {
        _scene.Client.CreatePermission(Addresses.Peer).IsSuccess();
        var ids = new HashSet<uint>();
        for (ushort port = 1; port <= 16; port++)
        {
            Assert.True(ids.Add(TcpScene.IdOf(_scene.Knock(Addresses.Peer.WithPort(port)).IsToClient())));
        }
    }

    [Fact]
    public void Beyond_the_cap_they_are_closed_until_a_place_is_free()
    {
        var scene = new TcpScene(new PolicyChoice { Limits = new AllocationLimits { PeerConnections = 1 } });
        uint id = scene.Incoming(Addresses.Peer);
        scene.Knock(Addresses.Peer.WithPort(2)).IsDrop(DropReason.PeerConnectionLimitReached);
        scene.RefusedConnect(Addresses.OtherPeer, StunErrorCode.InsufficientCapacity);
        scene.Ended(id);
        scene.Knock(Addresses.Peer.WithPort(2)).IsToClient();
    }

    [Fact]
    public void On_an_address_whose_allocation_is_gone_they_are_closed()
    {
        _scene.Client.CreatePermission(Addresses.Peer).IsSuccess();
        _scene.Server.AdvanceUnnoticed(600);
        _scene.Knock(Addresses.Peer).IsDrop(DropReason.RelayWithoutAllocation);
        _scene.Server.Tick();
        _scene.Knock(Addresses.Peer).IsDrop(DropReason.RelayWithoutAllocation);
    }

    [Fact]
    public void A_relay_address_of_this_server_is_named_as_clients_know_it()
    {
        TransportAddress told = Addresses.Parse("20.0.0.99:50001");
        var relays = new RelayAddressMap(
            [new RelayAddress(Addresses.Server.WithPort(0), told.WithPort(0))], 49152, 65535);
        var scene = new TcpScene(new PolicyChoice { Peers = PolicyChoice.PeerRules(relays: relays) });
        scene.Client.CreatePermission(told).IsSuccess();
        Assert.Equal(told, scene.Knock(Addresses.Server.WithPort(50001)).IsToClient().PeerAddress);
    }
}
