using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>Each limit that refuses something is counted apart, for the server and for the realm that it was refused to.</summary>
public class QuotaCounterTests
{
    [Theory]
    [InlineData(QuotaDecision.UserQuotaReached, QuotaScope.User)]
    [InlineData(QuotaDecision.RealmQuotaReached, QuotaScope.Realm)]
    [InlineData(QuotaDecision.ServerQuotaReached, QuotaScope.Total)]
    [InlineData(QuotaDecision.ByteQuotaReached, QuotaScope.Bytes)]
    [InlineData(QuotaDecision.Unavailable, QuotaScope.Unavailable)]
    public void What_the_gate_refuses_is_counted(QuotaDecision decision, QuotaScope scope)
    {
        var server = new TestServer(quota: new CountingQuota { Decision = decision });
        new TestClient(server).Allocate();
        OnlyCounted(server, scope);
    }

    [Fact]
    public void A_gate_that_says_nothing_in_time_is_unavailable()
    {
        var server = new TestServer(quota: new CountingQuota { Decision = QuotaDecision.Pending });
        var client = new TestClient(server);
        client.Challenge();
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        server.Advance(60);
        Assert.Equal(1, server.Counters.QuotaRejections(QuotaScope.Unavailable));
    }

    [Fact]
    public void More_requests_than_may_wait_are_counted()
    {
        var server = new TestServer(quota: new CountingQuota { Decision = QuotaDecision.Pending }, maxParkedRequests: 0);
        new TestClient(server).Allocate().IsError(StunErrorCode.InsufficientCapacity);
        Assert.Equal(1, server.Counters.QuotaRejections(QuotaScope.ParkedRequests));
    }

    [Fact]
    public void Ports_held_back_are_counted()
    {
        var server = new TestServer(new PolicyChoice { ReservationsPerUser = 1 });
        static void Reserve(ref StunMessageWriter w) => EvenPort.Write(ref w, true);
        new TestClient(server).Allocated(Reserve);
        new TestClient(server, address: Addresses.Client.WithPort(2)).Allocate(Reserve).IsError(StunErrorCode.AllocationQuotaReached);
        OnlyCounted(server, QuotaScope.Reservations);
    }

    [Fact]
    public void Permissions_are_counted()
    {
        TestServer server = With(new AllocationLimits { Permissions = 1 }, out TestClient client);
        client.CreatePermission(Addresses.Peer, Addresses.OtherPeer).IsError(StunErrorCode.InsufficientCapacity);
        client.CreatePermission(Addresses.Peer).IsSuccess();
        OnlyCounted(server, QuotaScope.Permissions);
        client.CreatePermission(Addresses.OtherPeer).IsError(StunErrorCode.InsufficientCapacity);
        Assert.Equal(2, server.Counters.QuotaRejections(QuotaScope.Permissions));
    }

    [Fact]
    public void Channels_are_counted()
    {
        TestServer server = With(new AllocationLimits { Channels = 1 }, out TestClient client);
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        client.ChannelBind(0x4001, Addresses.OtherPeer).IsError(StunErrorCode.InsufficientCapacity);
        OnlyCounted(server, QuotaScope.Channels);
    }

    [Fact]
    public void New_peers_are_counted()
    {
        TestServer server = With(new AllocationLimits { NewPeersPerSecond = 1 }, out TestClient client);
        client.CreatePermission(Addresses.PeerNumber(1), Addresses.PeerNumber(2)).IsSuccess();
        client.CreatePermission(Addresses.PeerNumber(3)).IsError(StunErrorCode.InsufficientCapacity);
        OnlyCounted(server, QuotaScope.NewPeers);
    }

    [Fact]
    public void Connections_with_peers_are_counted_in_either_direction()
    {
        var scene = new TcpScene(new PolicyChoice { Limits = new AllocationLimits { PeerConnections = 1 } });
        scene.Connected(Addresses.Peer);
        scene.RefusedConnect(Addresses.OtherPeer, StunErrorCode.InsufficientCapacity);
        OnlyCounted(scene.Server, QuotaScope.PeerConnections);
        scene.Client.CreatePermission(Addresses.OtherPeer).IsSuccess();
        scene.Knock(Addresses.OtherPeer).IsDrop(DropReason.PeerConnectionLimitReached);
        Assert.Equal(2, scene.Server.Counters.QuotaRejections(QuotaScope.PeerConnections));
    }

    [Theory]
    [InlineData(1, 0, QuotaScope.Rate, DropReason.PacketRateExceeded)]
    [InlineData(0, 8, QuotaScope.Bandwidth, DropReason.BitRateExceeded)]
    public void Datagrams_over_a_rate_are_counted_in_either_direction(long packets, long bits, QuotaScope scope, DropReason drop)
    {
        TestServer server = With(new AllocationLimits { PacketsPerSecond = packets, BitsPerSecond = bits }, out TestClient client);
        client.CreatePermission(Addresses.Peer).IsSuccess();
        Until(() => client.SendIndication(Addresses.Peer, "x"u8));
        OnlyCounted(server, scope);
        Until(() => server.FromPeer(server.RelayOf(client), Addresses.Peer, "x"u8));
        Assert.Equal((2, 2), (server.Counters.QuotaRejections(scope), server.Counters.Drops(drop)));

        void Until(Func<Outcome> once)
        {
            for (int i = 0; i < 1000 && once().Reason != drop; i++)
            {
            }
        }
    }

    [Fact]
    public void Every_scope_is_tested_here()
    {
        // The theories and facts above name each once; one that is added wants a test of its own.
        Assert.Equal(13, Enum.GetValues<QuotaScope>().Length);
    }

    private static TestServer With(AllocationLimits limits, out TestClient client)
    {
        var server = new TestServer(new PolicyChoice { Limits = limits });
        client = new TestClient(server).Allocated();
        return server;
    }

    private static void OnlyCounted(TestServer server, QuotaScope scope)
    {
        Assert.Equal(
            [(scope, 1L)],
            Enum.GetValues<QuotaScope>().Select(each => (each, server.Counters.QuotaRejections(each))).Where(each => each.Item2 > 0));
        Assert.Equal(1, server.Counters.Realms.Single(realm => realm.Name == Users.Realm).QuotaRejections);
    }
}
