using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>A shard with everything around it, and a clock that moves when the test says so.</summary>
internal sealed class TestServer
{
    /// <summary>Milliseconds of Unix time when the test begins.</summary>
    public const long UnixStart = 1_700_000_000_000;

    private readonly byte[] _peerBuffer = new byte[70_000];
    private PolicyChoice _choice;

    public TestServer(
        PolicyChoice? choice = null,
        FakeRelayPool? pool = null,
        IQuotaGate? quota = null,
        ReservationTable? reservations = null,
        int maxParkedRequests = 1024,
        IPeerConnections? connections = null,
        byte shard = 0,
        CountedRealms? countedRealms = null)
    {
        _choice = choice ?? new PolicyChoice();
        Pool = pool ?? new FakeRelayPool();
        Quota = quota as CountingQuota ?? new CountingQuota();
        Turn = new TurnServer(
            _choice.Build(), Pool, quota ?? Quota, reservations ?? new ReservationTable(), maxParkedRequests, connections, countedRealms: countedRealms)
        {
            Shard = shard,
            Observer = Observer,
        };
        Tick();
    }

    public FakeRelayPool Pool { get; }

    /// <summary>The gate, when the test gave no other.</summary>
    public CountingQuota Quota { get; }

    public TurnServer Turn { get; }

    /// <summary>What the server told of its allocations.</summary>
    public RecordingObserver Observer { get; } = new();

    public ServerCounters Counters => Turn.Counters;

    /// <summary>Milliseconds of the server's clock.</summary>
    public long Now { get; set; } = 5_000_000;

    /// <summary>How far the wall clock was set forward (or back), in milliseconds.</summary>
    public long WallClockStep { get; set; }

    public long UnixSeconds => (UnixStart + Now - 5_000_000 + WallClockStep) / 1000;

    public Outcome Receive(FiveTuple tuple, ReadOnlySpan<byte> datagram) => Outcome.Of(Turn.OnClientDatagram(in tuple, datagram, Now));

    public Outcome Receive(ReadOnlySpan<byte> datagram) => Receive(Addresses.TupleOf(Addresses.Client), datagram);

    /// <summary>A peer's datagram; the buffer around it is full of old bytes.</summary>
    public Outcome FromPeer(Relay relay, TransportAddress peer, ReadOnlySpan<byte> payload)
    {
        Array.Fill(_peerBuffer, (byte)0xEE);
        payload.CopyTo(_peerBuffer.AsSpan(TurnServer.PeerHeadroom));
        Span<byte> buffer = _peerBuffer.AsSpan(0, TurnServer.PeerHeadroom + payload.Length + TurnServer.PeerTailroom);
        return Outcome.Of(Turn.OnPeerDatagram(relay, peer, buffer, TurnServer.PeerHeadroom, payload.Length, Now));
    }

    public Outcome Icmp(Relay relay, PeerIcmpError error) => Outcome.Of(Turn.OnIcmpError(relay, error, Now));

    public Outcome CompleteCredential(long ticket, CredentialLookup lookup, Credential? credential) =>
        Outcome.Of(Turn.CompleteCredential(ticket, lookup, credential, Now));

    public Outcome CompleteQuota(long ticket, QuotaDecision decision, string user = "alice", string realm = Users.Realm) =>
        Outcome.Of(Turn.CompleteQuota(ticket, realm, user, decision, Now));

    /// <summary>Lets time pass in one step, and then the timers run. What they sent is returned.</summary>
    public List<Outcome> Advance(double seconds)
    {
        Now += (long)(seconds * 1000);
        return Tick();
    }

    /// <summary>Lets time pass without the timers: whatever holds by then must hold of itself.</summary>
    public void AdvanceUnnoticed(double seconds) => Now += (long)(seconds * 1000);

    public List<Outcome> Tick()
    {
        var outcomes = new List<Outcome>();
        while (true)
        {
            var outcome = Outcome.Of(Turn.OnTick(Now, UnixStart + Now - 5_000_000 + WallClockStep));
            if (outcome.Kind == EgressKind.None)
            {
                return outcomes;
            }

            outcomes.Add(outcome);
        }
    }

    public void Change(Func<PolicyChoice, PolicyChoice> change)
    {
        _choice = change(_choice);
        Turn.UpdatePolicy(_choice.Build());
    }

    public Allocation AllocationOf(TestClient client)
    {
        Allocation? allocation = Turn.Allocations.Find(client.FiveTuple);
        Assert.NotNull(allocation);
        return allocation;
    }

    public Relay RelayOf(TestClient client, AddressFamily family = AddressFamily.IPv4)
    {
        Relay? relay = AllocationOf(client).RelayFor(family);
        Assert.NotNull(relay);
        return relay;
    }
}
