using Turnpike.Protocol;
using Turnpike.Testing;

namespace Turnpike.Server.Tests;

/// <summary>Relaying allocates nothing: not little, nothing.</summary>
public class ZeroAllocationTests
{
    private const int Packets = 10_000;
    private readonly TestServer _server = new(new PolicyChoice
    {
        Limits = new AllocationLimits { PacketsPerSecond = 1_000_000, BitsPerSecond = 100_000_000_000 },
        Peers = PolicyChoice.PeerRules(
            deny: ["9.0.0.0/8"],
            own: [Addresses.Server],
            relays: new RelayAddressMap([new RelayAddress(Addresses.Parse("10.0.0.5:0"), Addresses.Parse("20.0.0.5:0"))], 49152, 65535)),
    });

    private readonly byte[] _buffer = new byte[2048];
    private readonly TestClient _client;

    public ZeroAllocationTests()
    {
        _client = new TestClient(_server);
        _client.AllocateBoth().IsSuccess();
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _client.CreatePermission(Addresses.Peer.WithPort(0), Addresses.PeerV6).IsSuccess();
    }

    [Fact]
    public void ChannelData_from_the_client() =>
        ClientPackets(ChannelDataTo(0x4000), EgressKind.ToPeer);

    [Fact]
    public void Send_indications_over_IPv4_and_IPv6()
    {
        ClientPackets(SendTo(Addresses.Peer), EgressKind.ToPeer);
        ClientPackets(SendTo(Addresses.PeerV6), EgressKind.ToPeer);
    }

    [Fact]
    public void Peer_data_as_ChannelData() => PeerPackets(AddressFamily.IPv4, Addresses.Peer, EgressKind.ToClient);

    [Fact]
    public void Peer_data_as_Data_indications_over_IPv4_and_IPv6()
    {
        PeerPackets(AddressFamily.IPv4, Addresses.Peer.WithPort(77), EgressKind.ToClient);
        PeerPackets(AddressFamily.IPv6, Addresses.PeerV6, EgressKind.ToClient);
    }

    [Fact]
    public void Refreshes_and_rebindings_of_the_owner()
    {
        _client.Refresh(600).IsSuccess();
        ClientPackets([.. _client.LastRequest], EgressKind.ToClient);
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        ClientPackets([.. _client.LastRequest], EgressKind.ToClient);
    }

    [Fact]
    public void Drops_of_every_kind()
    {
        ClientPackets(ChannelDataTo(0x4001), EgressKind.Drop);
        ClientPackets(SendTo(Addresses.OtherPeer), EgressKind.Drop);
        ClientPackets([0xFF, 0, 0, 0], EgressKind.Drop);
        ClientPackets([22, 0, 0, 0], EgressKind.Drop);
        ClientPackets(new byte[20], EgressKind.Drop);
        ClientPackets(_client.Build(StunMethod.Binding, null, StunClass.Indication), EgressKind.Drop);
        PeerPackets(AddressFamily.IPv4, Addresses.OtherPeer, EgressKind.Drop);
        PeerPackets(AddressFamily.IPv6, Addresses.Ip("2606:4700::9"), EgressKind.Drop);
        _server.Change(choice => choice with { Limits = new AllocationLimits(), Peers = PolicyChoice.PeerRules(deny: ["8.8.8.8"]) });
        ClientPackets(ChannelDataTo(0x4000), EgressKind.Drop);
        PeerPackets(AddressFamily.IPv4, Addresses.Peer, EgressKind.Drop);
    }

    [Fact]
    public void Ticks_between_packets()
    {
        byte[] datagram = ChannelDataTo(0x4000);
        FiveTuple tuple = _client.FiveTuple;
        Measure(() =>
        {
            _server.Now += 1;
            Egress tick = _server.Turn.OnTick(_server.Now, TestServer.UnixStart + _server.Now);
            return tick.Kind == EgressKind.None ? _server.Turn.OnClientDatagram(in tuple, datagram, _server.Now).Kind : tick.Kind;
        }, EgressKind.ToPeer);
    }

    [Fact]
    public void Binding_requests_and_challenges()
    {
        _server.Change(choice => choice with { UnauthenticatedResponsesPerSecond = 0 });
        var stranger = new TestClient(_server) { SendsFingerprint = true };
        ClientPackets(stranger.Build(StunMethod.Binding), EgressKind.ToClient);
        ClientPackets(stranger.Build(StunMethod.Allocate, TestClient.Udp), EgressKind.ToClient);
    }

    [Fact]
    public void Realms_with_rules_of_their_own_and_a_change_of_them_for_every_packet()
    {
        // Adopting a policy is as free as relaying under it; only making one is not.
        var realm = new RealmRules { Name = Users.Realm, Peers = PolicyChoice.PeerRules(), Limits = new AllocationLimits { PacketsPerSecond = 1_000_000 } };
        PolicyChoice choice = new PolicyChoice().With(realm);
        ServerPolicy[] policies = [choice.Build(), choice.With(realm with { Limits = new AllocationLimits() }).Build()];
        byte[] datagram = ChannelDataTo(0x4000);
        FiveTuple tuple = _client.FiveTuple;
        int i = 0;
        Measure(() =>
        {
            _server.Turn.UpdatePolicy(policies[++i % 2]);
            return _server.Turn.OnClientDatagram(in tuple, datagram, _server.Now += 1).Kind;
        }, EgressKind.ToPeer);
    }

    private static byte[] ChannelDataTo(ushort number)
    {
        byte[] datagram = new byte[164];
        ChannelData.WriteHeader(datagram, number, 160);
        return datagram;
    }

    private static void Measure(Func<EgressKind> relay, EgressKind expected)
    {
        int other = 0;
        for (int i = 0; i < Packets; i++)
        {
            other += relay() == expected ? 0 : 1; // warms up: JIT, and the tables that grow once
        }

        long allocated = AllocatedBytes.During(() =>
        {
            for (int i = 0; i < Packets; i++)
            {
                other += relay() == expected ? 0 : 1;
            }
        });
        Assert.Equal(0, other);
        Assert.Equal(0, allocated);
    }

    private byte[] SendTo(TransportAddress peer)
    {
        _client.SendIndication(peer, new byte[160]);
        return _client.LastRequest;
    }

    private void ClientPackets(byte[] datagram, EgressKind expected)
    {
        FiveTuple tuple = _client.FiveTuple;
        Measure(() => _server.Turn.OnClientDatagram(in tuple, datagram, _server.Now += 1).Kind, expected);
    }

    private void PeerPackets(AddressFamily family, TransportAddress peer, EgressKind expected)
    {
        Relay relay = _server.RelayOf(_client, family);
        Measure(
            () => _server.Turn.OnPeerDatagram(relay, peer, _buffer, TurnServer.PeerHeadroom, 160, _server.Now += 1).Kind,
            expected);
    }
}
