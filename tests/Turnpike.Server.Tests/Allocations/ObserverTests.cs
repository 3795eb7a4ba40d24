using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>The observer hears of every beginning and of every end, once, with the reason; what must hold of each is in the kit.</summary>
public class ObserverTests
{
    private readonly TestServer _server = new();

    private RecordingObserver Observer => _server.Observer;

    [Fact]
    public void A_beginning_is_told_once_however_often_the_Allocate_is_sent()
    {
        TestClient client = new TestClient(_server).Allocated();
        client.Resend().IsSuccess();
        client.Allocate().IsError(StunErrorCode.AllocationMismatch);
        Assert.Same(_server.AllocationOf(client), Assert.Single(Observer.Begun));
        Assert.Empty(Observer.Ends);
    }

    [Fact]
    public void A_refused_Allocate_is_no_beginning()
    {
        _server.Pool.Families.Clear();
        new TestClient(_server).Allocate().IsError(StunErrorCode.AddressFamilyNotSupported);
        _server.Quota.Decision = QuotaDecision.ByteQuotaReached;
        new TestClient(_server).Allocate().IsError(StunErrorCode.AllocationQuotaReached);
        Assert.Empty(Observer.Begun);
    }

    [Fact]
    public void A_Refresh_with_a_lifetime_of_0_deletes()
    {
        TestClient client = new TestClient(_server).Allocated();
        client.Refresh(0).IsSuccess();
        client.Resend().IsSuccess();
        Assert.Equal(AllocationEnd.Deleted, Assert.Single(Observer.Ends).Reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_lifetime_that_is_over_expires_whether_the_timer_or_a_request_finds_out(bool unnoticed)
    {
        TestClient client = new TestClient(_server).Allocated();
        if (unnoticed)
        {
            _server.AdvanceUnnoticed(600);
            client.Refresh().IsError(StunErrorCode.AllocationMismatch);
        }

        _server.Advance(700);
        Assert.Equal(AllocationEnd.Expired, Assert.Single(Observer.Ends).Reason);
    }

    [Fact]
    public void One_of_two_families_is_no_end()
    {
        var client = new TestClient(_server);
        client.AllocateBoth().IsSuccess();
        client.Refresh(0, AddressFamily.IPv4).IsSuccess();
        Assert.Empty(Observer.Ends);
        client.Refresh(0, AddressFamily.IPv6).IsSuccess();
        Assert.Equal(AllocationEnd.Deleted, Assert.Single(Observer.Ends).Reason);
    }

    [Fact]
    public void One_of_two_families_that_expires_is_no_end_and_the_other_is()
    {
        var client = new TestClient(_server);
        client.AllocateBoth().IsSuccess();
        client.Refresh(3000, AddressFamily.IPv6).IsSuccess();
        _server.Advance(601);
        Assert.Equal(1, _server.Pool.OpenCount);
        Assert.Empty(Observer.Ends);
        _server.Advance(2400);
        Assert.Equal(AllocationEnd.Expired, Assert.Single(Observer.Ends).Reason);
    }

    [Fact]
    public void A_connection_that_closes_ends_its_allocation_as_such()
    {
        TestClient client = new TestClient(_server, transport: ClientTransport.Tcp).Allocated();
        _server.Turn.OnClientClosed(client.FiveTuple, _server.Now);
        _server.Turn.OnClientClosed(client.FiveTuple, _server.Now);
        Assert.Equal(AllocationEnd.ClientClosed, Assert.Single(Observer.Ends).Reason);
    }

    [Fact]
    public void A_connection_that_closes_after_the_end_of_the_lifetime_finds_it_expired()
    {
        TestClient client = new TestClient(_server, transport: ClientTransport.Tcp).Allocated();
        _server.AdvanceUnnoticed(601);
        _server.Turn.OnClientClosed(client.FiveTuple, _server.Now);
        Assert.Equal(AllocationEnd.Expired, Assert.Single(Observer.Ends).Reason);
    }

    [Fact]
    public void The_end_of_the_server_is_told_for_every_allocation()
    {
        new TestClient(_server).Allocated();
        new TestClient(_server, "bob", "bob-password", Addresses.ClientV6).Allocated();
        Assert.Equal(2, _server.Turn.EndAllAllocations());
        Assert.Equal([AllocationEnd.ServerStopped, AllocationEnd.ServerStopped], Observer.Ends.Select(end => end.Reason));
    }

    [Fact]
    public void A_move_is_neither_beginning_nor_end_and_an_expiry_found_by_its_ticket_is_told_RFC_8016()
    {
        var scene = new MobilityScene();
        TestClient moved = scene.At(40_500);
        byte[] ticket = MobilityScene.TicketOf(MobilityScene.Move(moved, scene.Ticket));
        moved.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        Assert.Single(scene.Server.Observer.Begun);
        Assert.Empty(scene.Server.Observer.Ends);
        scene.Server.AdvanceUnnoticed(700);
        MobilityScene.Move(scene.At(40_501), ticket).IsError(StunErrorCode.AllocationMismatch);
        Assert.Equal(AllocationEnd.Expired, Assert.Single(scene.Server.Observer.Ends).Reason);
    }

    [Fact]
    public void A_server_without_an_observer_tells_nobody()
    {
        var turn = new TurnServer(new PolicyChoice().Build(), new FakeRelayPool(), new CountingQuota(), new ReservationTable());
        turn.Observer.Started(null!);
        turn.Observer.Ended(null!, AllocationEnd.Expired);
        Assert.Equal(0, turn.AllocationCount);
    }
}
