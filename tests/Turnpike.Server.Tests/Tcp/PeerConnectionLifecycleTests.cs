using CsCheck;
using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>What ends with what: allocation, control connection, connections with peers (RFC 6062 section 5.5).</summary>
public class PeerConnectionLifecycleTests
{
    private readonly TcpScene _scene = new();

    [Fact]
    public void The_end_of_the_allocation_closes_every_connection_whatever_its_state()
    {
        ThreeConnections();
        _scene.Client.Refresh(0).IsSuccess();
        Assert.Equal(3, _scene.Connections.Closed.Count);
        AssertNothingLeft();
    }

    [Fact]
    public void Its_expiry_does_too()
    {
        _scene.Server.Advance(590);
        ThreeConnections();
        _scene.Server.Advance(10.5);
        Assert.Equal(3, _scene.Connections.Closed.Count);
        AssertNothingLeft();
    }

    [Fact]
    public void A_closed_control_connection_ends_the_allocation_at_once()
    {
        ThreeConnections();
        _scene.Server.Turn.OnClientClosed(_scene.Client.FiveTuple, _scene.Server.Now);
        Assert.Equal(3, _scene.Connections.Closed.Count);
        AssertNothingLeft();
    }

    [Fact]
    public void A_closed_connection_ends_an_allocation_that_relays_UDP_too()
    {
        TestClient client = _scene.DataClient(transport: ClientTransport.Dtls).Allocated();
        Assert.Equal(1, _scene.Server.Pool.OpenCount);
        _scene.Server.Turn.OnClientClosed(client.FiveTuple, _scene.Server.Now);
        Assert.Equal(0, _scene.Server.Pool.OpenCount);
        Assert.Equal(1, _scene.Server.Turn.AllocationCount);
    }

    [Fact]
    public void A_closed_data_connection_closes_the_peers_and_ends_no_allocation()
    {
        uint id = _scene.Connected(Addresses.Peer);
        TestClient data = _scene.DataClient();
        _scene.Bind(id, data).IsSuccess();
        uint other = _scene.Connected(Addresses.OtherPeer);
        _scene.Bind(other, _scene.DataClient(port: 40_101)).IsSuccess();
        _scene.Server.Turn.OnClientClosed(data.FiveTuple, _scene.Server.Now);
        Assert.Equal([id], _scene.Connections.Closed);
        Assert.Equal(1, _scene.Server.Turn.AllocationCount);
        _scene.Server.Turn.OnClientClosed(data.FiveTuple, _scene.Server.Now);
        Assert.Single(_scene.Connections.Closed);
    }

    [Fact]
    public void After_the_peers_end_the_closing_of_the_data_connection_changes_nothing()
    {
        uint id = _scene.Connected(Addresses.Peer);
        TestClient data = _scene.DataClient();
        _scene.Bind(id, data).IsSuccess();
        _scene.Ended(id);
        _scene.Server.Turn.OnClientClosed(data.FiveTuple, _scene.Server.Now);
        Assert.Empty(_scene.Connections.Closed);
        Assert.Empty(_scene.Server.Turn.DataConnections);
    }

    [Fact]
    public void A_request_that_waits_for_quota_is_forgotten_with_its_connection_and_the_quota_given_back()
    {
        TestClient client = _scene.DataClient();
        client.Challenge();
        _scene.Server.Quota.Decision = QuotaDecision.Pending;
        client.Send(client.Build(StunMethod.Allocate, TcpScene.Tcp)).IsPending();
        _scene.Server.Turn.OnClientClosed(client.FiveTuple, _scene.Server.Now);
        Assert.Equal(0, _scene.Server.Turn.ParkedRequestCount);
        _scene.Server.Quota.Grant();
        _scene.Server.CompleteQuota(_scene.Server.Quota.Tickets[0], QuotaDecision.Granted).IsDrop(DropReason.ParkedRequestGone);
        Assert.Equal(1, _scene.Server.Quota.Held);
        Assert.Equal(1, _scene.Server.Turn.AllocationCount);
        Assert.Empty(_scene.Server.Advance(5));
    }

    [Fact]
    public void The_end_of_a_drain_closes_everything()
    {
        ThreeConnections();
        Assert.Equal(1, _scene.Server.Turn.EndAllAllocations());
        AssertNothingLeft();
    }

    [Fact]
    public void A_Connect_that_ends_after_its_allocation_is_dropped()
    {
        _scene.Connect(Addresses.Peer).IsPending();
        uint id = _scene.Connections.LastAttempt;
        _scene.Client.Refresh(0).IsSuccess();
        _scene.Complete(id).IsDrop(DropReason.PeerConnectionGone);
        _scene.Complete(id, connected: false).IsDrop(DropReason.PeerConnectionGone);
    }

    [Fact]
    public void A_connection_that_ends_before_it_is_bound_frees_its_place_and_its_id()
    {
        uint id = _scene.Connected(Addresses.Peer);
        _scene.Ended(id);
        _scene.Bind(id).IsError(StunErrorCode.BadRequest);
        Assert.Empty(_scene.Server.Advance(31));
        Assert.Empty(_scene.Connections.Closed);
    }

    [Fact]
    public void Whatever_happens_in_whatever_order_nothing_is_closed_twice_and_nothing_is_left() =>
        Gen.Int[0, 7].Array[1, 60].Sample(steps =>
        {
            var scene = new TcpScene(new PolicyChoice { Limits = new AllocationLimits { PeerConnections = 4, NewPeersPerSecond = 0 } });
            scene.Client.CreatePermission(Addresses.Peer).IsSuccess();
            ushort port = 1;
            ushort dataPort = 41_000;
            foreach (int step in steps)
            {
                switch (step)
                {
                    case 0 or 1:
                        scene.Connect(Addresses.Peer.WithPort(port++));
                        break;
                    case 2 when scene.Connections.Attempts.Count > 0:
                        scene.Complete();
                        break;
                    case 3 when scene.Connections.Attempts.Count > 0:
                        scene.Complete(scene.Connections.Attempts[0].Id, connected: false);
                        break;
                    case 4:
                        scene.Knock(Addresses.Peer.WithPort(port++));
                        break;
                    case 5 when First(scene, PeerConnectionState.Unbound) is { } unbound:
                        scene.Bind(unbound.Id, scene.DataClient(port: dataPort++)).IsSuccess();
                        break;
                    case 6 when First(scene, PeerConnectionState.Bound) is { } bound:
                        scene.Ended(bound.Id);
                        break;
                    default:
                        scene.Server.Advance(16);
                        break;
                }

                Assert.Equal(scene.Connections.OpenCount, scene.Server.Turn.PeerConnections.Count);
                Assert.InRange(scene.Connections.OpenCount, 0, 4);
            }

            scene.Server.Turn.OnClientClosed(scene.Client.FiveTuple, scene.Server.Now);
            Assert.Equal(0, scene.Connections.OpenCount);
            Assert.Empty(scene.Connections.Listening);
            Assert.Empty(scene.Server.Turn.PeerConnections);
            Assert.Empty(scene.Server.Turn.DataConnections);
            Assert.Empty(scene.Server.Advance(60));
        });

    private static PeerConnection? First(TcpScene scene, PeerConnectionState state) =>
        scene.Server.Turn.PeerConnections.Values.FirstOrDefault(connection => connection.State == state);

    private void ThreeConnections()
    {
        _scene.Connect(Addresses.Peer).IsPending();
        _scene.Connected(Addresses.OtherPeer);
        _scene.Bind(_scene.Connected(Addresses.PeerNumber(3))).IsSuccess();
    }

    private void AssertNothingLeft()
    {
        Assert.Equal(0, _scene.Connections.OpenCount);
        Assert.Empty(_scene.Connections.Listening);
        Assert.Empty(_scene.Server.Turn.PeerConnections);
        Assert.Empty(_scene.Server.Turn.DataConnections);
        Assert.Equal(0, _scene.Server.Quota.Held);
        Assert.Equal(0, _scene.Server.Turn.AllocationCount);
    }
}
