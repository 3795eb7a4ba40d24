using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>Allocate with REQUESTED-TRANSPORT=TCP (RFC 6062 section 5.1), and what such an allocation cannot do.</summary>
public class TcpAllocateTests
{
    private readonly FakePeerConnections _connections = new();

    [Theory]
    [InlineData(ClientTransport.Tcp)]
    [InlineData(ClientTransport.Tls)]
    public void A_client_over_a_stream_gets_a_listening_TCP_address(ClientTransport transport)
    {
        var server = new TestServer(connections: _connections);
        var client = new TestClient(server, transport: transport);
        Reply reply = client.Request(StunMethod.Allocate, TcpScene.Tcp).IsSuccess();
        Assert.Equal(Assert.Single(_connections.Listening).Address, Assert.Single(reply.RelayedAddresses));
        Assert.Equal(600u, reply.LifetimeSeconds);
        Assert.Equal(client.FiveTuple.Client, reply.MappedAddress);
        Assert.False(reply.Has(StunAttributeType.ReservationToken));
        Assert.Equal(0, server.Pool.OpenCount);
    }

    [Theory]
    [InlineData(ClientTransport.Udp)]
    [InlineData(ClientTransport.Dtls)]
    public void A_client_over_datagrams_is_refused_with_400(ClientTransport transport)
    {
        var server = new TestServer(connections: _connections);
        new TestClient(server, transport: transport).Request(StunMethod.Allocate, TcpScene.Tcp).IsError(StunErrorCode.BadRequest);
        Assert.Empty(_connections.Listening);
        Assert.Equal(0, server.Quota.Acquired);
    }

    [Theory]
    [InlineData(StunAttributeType.DontFragment)]
    [InlineData(StunAttributeType.EvenPort)]
    [InlineData(StunAttributeType.ReservationToken)]
    [InlineData(StunAttributeType.AdditionalAddressFamily)]
    public void What_is_about_UDP_is_refused_with_400(StunAttributeType type)
    {
        var server = new TestServer(connections: _connections);
        new TestClient(server, transport: ClientTransport.Tcp).Request(StunMethod.Allocate, (ref StunMessageWriter w) =>
        {
            TcpScene.Tcp(ref w);
            switch (type)
            {
                case StunAttributeType.DontFragment:
                    DontFragment.Write(ref w);
                    break;
                case StunAttributeType.EvenPort:
                    EvenPort.Write(ref w, false);
                    break;
                case StunAttributeType.ReservationToken:
                    ReservationToken.Write(ref w, 1);
                    break;
                default:
                    AdditionalAddressFamily.Write(ref w, AddressFamily.IPv6);
                    break;
            }
        }).IsError(StunErrorCode.BadRequest);
        Assert.Empty(_connections.Listening);
        Assert.Equal(0, server.Quota.Acquired);
    }

    [Theory]
    [InlineData(ClientTransport.Udp)]
    [InlineData(ClientTransport.Tcp)]
    public void Where_TCP_is_not_relayed_it_is_442(ClientTransport transport)
    {
        var server = new TestServer();
        new TestClient(server, transport: transport).Request(StunMethod.Allocate, TcpScene.Tcp)
            .IsError(StunErrorCode.UnsupportedTransportProtocol);
        Assert.Equal(0, server.Quota.Acquired);
    }

    [Theory]
    [InlineData(StunMethod.Connect)]
    [InlineData(StunMethod.ConnectionBind)]
    public void Where_TCP_is_not_relayed_its_methods_are_unknown(StunMethod method)
    {
        var client = new TestClient(new TestServer(), transport: ClientTransport.Tcp);
        client.Allocated();
        client.Send(client.Build(method)).IsDrop(DropReason.UnknownMethod);
    }

    [Fact]
    public void A_UDP_allocation_over_TCP_is_one_as_ever()
    {
        var server = new TestServer(connections: _connections);
        new TestClient(server, transport: ClientTransport.Tcp).Allocated();
        Assert.Empty(_connections.Listening);
        Assert.Equal(1, server.Pool.OpenCount);
    }

    [Fact]
    public void The_family_is_as_requested_and_one_that_is_not_relayed_is_440()
    {
        var server = new TestServer(connections: _connections);
        var client = new TestClient(server, transport: ClientTransport.Tcp);
        Reply reply = client.Request(StunMethod.Allocate, Ipv6).IsSuccess();
        Assert.Equal(AddressFamily.IPv6, Assert.Single(reply.RelayedAddresses).Family);
        client.Refresh(0).IsSuccess();
        _connections.Families.Remove(AddressFamily.IPv6);
        client.Request(StunMethod.Allocate, Ipv6).IsError(StunErrorCode.AddressFamilyNotSupported);
        Assert.Equal(0, server.Quota.Held);

        static void Ipv6(ref StunMessageWriter w)
        {
            TcpScene.Tcp(ref w);
            RequestedAddressFamily.Write(ref w, AddressFamily.IPv6);
        }
    }

    [Fact]
    public void Without_a_free_port_it_is_508_and_the_quota_is_given_back()
    {
        var server = new TestServer(connections: _connections);
        _connections.HasPorts = false;
        new TestClient(server, transport: ClientTransport.Tcp).Request(StunMethod.Allocate, TcpScene.Tcp)
            .IsError(StunErrorCode.InsufficientCapacity);
        Assert.Equal(1, server.Quota.Acquired);
        Assert.Equal(0, server.Quota.Held);
    }

    [Fact]
    public void A_repeated_Allocate_gets_the_same_address()
    {
        var server = new TestServer(connections: _connections);
        var client = new TestClient(server, transport: ClientTransport.Tcp);
        Reply first = client.Request(StunMethod.Allocate, TcpScene.Tcp).IsSuccess();
        Assert.Equal(first.RelayedAddresses, client.Resend().IsSuccess().RelayedAddresses);
        client.Request(StunMethod.Allocate, TcpScene.Tcp).IsError(StunErrorCode.AllocationMismatch);
        Assert.Single(_connections.Listening);
    }

    [Fact]
    public void Refresh_extends_it_and_ends_it()
    {
        var scene = new TcpScene();
        scene.Server.Advance(590);
        scene.Client.Refresh().IsSuccess();
        scene.Server.Advance(590);
        Assert.Single(scene.Connections.Listening);
        scene.Client.Refresh(0).IsSuccess();
        Assert.Empty(scene.Connections.Listening);
        Assert.Equal(0, scene.Server.Quota.Held);
    }

    [Fact]
    public void Its_expiry_stops_the_listening()
    {
        var scene = new TcpScene();
        scene.Server.Advance(600.5);
        Assert.Empty(scene.Connections.Listening);
        Assert.Equal(0, scene.Server.Turn.AllocationCount);
    }

    [Fact]
    public void Channels_and_Send_have_no_place_in_it()
    {
        var scene = new TcpScene();
        scene.Client.CreatePermission(Addresses.Peer).IsSuccess();
        scene.Client.ChannelBind(0x4000, Addresses.Peer).IsError(StunErrorCode.BadRequest);
        scene.Client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.SendOverTcpAllocation);
        scene.Client.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.ChannelNotBound);
    }
}
