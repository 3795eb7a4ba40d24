using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>RFC 8656 sections 9 and 10.</summary>
public class CreatePermissionTests
{
    private readonly TestServer _server = new();
    private readonly TestClient _client;

    public CreatePermissionTests() => _client = new TestClient(_server).Allocated();

    [Fact]
    public void One_request_installs_many_permissions()
    {
        Assert.True(_client.CreatePermission(Addresses.Peer, Addresses.OtherPeer).IsSuccess().Authentic);
        _client.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        _client.SendIndication(Addresses.OtherPeer, "x"u8).IsToPeer(Addresses.OtherPeer, "x"u8);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_relayed_transport_address_hears_of_the_first_permission_only(bool byChannel)
    {
        FakeRelay relay = Assert.Single(_server.Pool.Opened);
        _client.CreatePermission(Addresses.Parse("127.0.0.1:80")).IsError(StunErrorCode.Forbidden);
        Assert.Equal(0, relay.Permitted);
        if (byChannel)
        {
            _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        }

        _client.CreatePermission(Addresses.Peer).IsSuccess();
        _client.CreatePermission(Addresses.OtherPeer).IsSuccess();
        Assert.Equal(1, relay.Permitted);
    }

    [Fact]
    public void Without_a_peer_it_is_400() => _client.CreatePermission().IsError(StunErrorCode.BadRequest);

    [Fact]
    public void A_malformed_peer_is_400_and_installs_nothing()
    {
        _client.Request(StunMethod.CreatePermission, (ref StunMessageWriter w) =>
        {
            XorPeerAddress.Write(ref w, Addresses.Peer);
            w.Append(StunAttributeType.XorPeerAddress, [0, 1, 2, 3]);
        }).IsError(StunErrorCode.BadRequest);
        _client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void A_peer_of_another_family_is_443_and_installs_nothing()
    {
        _client.CreatePermission(Addresses.Peer, Addresses.PeerV6).IsError(StunErrorCode.PeerAddressFamilyMismatch);
        _client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void A_forbidden_peer_is_403_and_installs_nothing()
    {
        Assert.True(_client.CreatePermission(Addresses.Peer, Addresses.Parse("127.0.0.1:80")).IsError(StunErrorCode.Forbidden).Authentic);
        _client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void Without_an_allocation_it_is_437() =>
        new TestClient(_server, address: Addresses.Client.WithPort(40001)).CreatePermission(Addresses.Peer)
            .IsError(StunErrorCode.AllocationMismatch);

    [Fact]
    public void A_permission_is_for_the_address_whatever_the_port_RFC_8656_9()
    {
        _client.CreatePermission(Addresses.Peer.WithPort(0)).IsSuccess();
        _client.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        TransportAddress elsewhere = Addresses.Peer.WithPort(12345);
        _client.SendIndication(elsewhere, "x"u8).IsToPeer(elsewhere, "x"u8);
        _server.FromPeer(_server.RelayOf(_client), elsewhere, "y"u8).IsToClient().IsDataIndication(elsewhere, "y"u8);
    }

    [Fact]
    public void A_permission_lasts_299_seconds_and_not_300()
    {
        _client.CreatePermission(Addresses.Peer).IsSuccess();
        _server.Advance(299.999);
        _client.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "y"u8).IsToClient();
        _server.Advance(0.001);
        _client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.NoPermission);
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "y"u8).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void Data_never_extends_a_permission_in_either_direction()
    {
        _client.CreatePermission(Addresses.Peer).IsSuccess();
        for (int i = 0; i < 29; i++)
        {
            _server.Advance(10);
            _client.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
            _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "y"u8).IsToClient();
        }

        _server.Advance(10);
        _client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void Another_CreatePermission_extends_it_by_a_whole_lifetime()
    {
        _client.CreatePermission(Addresses.Peer).IsSuccess();
        _server.Advance(299);
        _client.CreatePermission(Addresses.Peer.WithPort(1)).IsSuccess();
        _server.Advance(299);
        _client.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        _server.Advance(1);
        _client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void An_error_extends_nothing()
    {
        _client.CreatePermission(Addresses.Peer).IsSuccess();
        _server.Advance(200);
        _client.CreatePermission(Addresses.Peer, Addresses.Parse("127.0.0.1:80")).IsError(StunErrorCode.Forbidden);
        _server.Advance(100);
        _client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void A_Refresh_of_the_allocation_extends_no_permission()
    {
        _client.CreatePermission(Addresses.Peer).IsSuccess();
        _server.Advance(299);
        _client.Refresh().IsSuccess();
        _server.Advance(1);
        _client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void Permissions_end_with_their_allocation()
    {
        _client.CreatePermission(Addresses.Peer).IsSuccess();
        _client.Refresh(0).IsSuccess();
        _client.Allocated();
        _client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void Many_permissions_are_told_apart()
    {
        for (int i = 0; i < 100; i += 10)
        {
            int first = i;
            _client.Request(StunMethod.CreatePermission, (ref StunMessageWriter w) =>
            {
                for (int j = 0; j < 10; j++)
                {
                    XorPeerAddress.Write(ref w, Addresses.PeerNumber(first + j));
                }
            }).IsSuccess();
            _server.AdvanceUnnoticed(1);
        }

        for (int i = 0; i < 200; i++)
        {
            Outcome outcome = _client.SendIndication(Addresses.PeerNumber(i), "x"u8);
            Assert.Equal(i < 100 ? EgressKind.ToPeer : EgressKind.Drop, outcome.Kind);
        }
    }
}
