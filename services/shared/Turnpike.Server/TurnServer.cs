using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>
/// One shard of a TURN server (RFC 8656) without I/O: a datagram and the time go in, an <see cref="Egress"/> comes out. Not
/// thread-safe: one thread owns it, and the sockets that feed it.
/// </summary>
/// <remarks>
/// Follow a packet: <see cref="OnClientDatagram"/> → ChannelData: <see cref="ClientData"/>; requests: <see cref="Authentication"/>,
/// then one file in <c>Requests/</c> each. <see cref="OnPeerDatagram"/> → <see cref="PeerData"/>. Relaying allocates nothing.
/// </remarks>
public sealed class TurnServer
{
    /// <summary>Free bytes that a peer's datagram needs in front of it, for the header of a Data indication over IPv6.</summary>
    public const int PeerHeadroom = PeerData.MaxHeader;

    /// <summary>Free bytes that a peer's datagram needs behind it, for padding.</summary>
    public const int PeerTailroom = 3;

    // With the shard's byte above it the whole stays below 2^53, so that an id passes unharmed through what has no other numbers
    // than doubles: JSON readers, and Lua in the store.
    private const int AllocationCounterBits = 45;

    /// <summary>Where an answer to NAT behaviour discovery goes, and from where, while its egress points at it.</summary>
    internal FiveTuple DiscoveryReply;

    /// <summary>Where the peer of a Send indication lives while its egress points at it.</summary>
    internal TransportAddress SendPeer;

    private readonly byte[] _scratch = GC.AllocateUninitializedArray<byte>(2048, pinned: true);
    private readonly BufferedRandom _random = new();
    private ServerPolicy _policy;
    private long _unixMillisecondsAtZero;
    private long _nextTicket;
    private long _lastAllocation;
    private readonly ConnectionIds _connectionIds;

    /// <summary>Creates a shard.</summary>
    /// <param name="policy">What the server is told from outside.</param>
    /// <param name="pool">Where relayed transport addresses come from.</param>
    /// <param name="quota">Counts allocations.</param>
    /// <param name="reservations">Shared by all shards of a server.</param>
    /// <param name="maxParkedRequests">Requests that may wait for an asynchronous answer at once; more are answered 508.</param>
    /// <param name="connections">TCP relaying (RFC 6062); null where it is switched off.</param>
    /// <param name="connectionIds">The CONNECTION-IDs of this shard.</param>
    /// <param name="countedRealms">The realms that are counted by name, shared by all shards of a server; null: the server's own alone.</param>
    public TurnServer(
        ServerPolicy policy,
        IRelayedTransportAddressPool pool,
        IQuotaGate quota,
        ReservationTable reservations,
        int maxParkedRequests = 1024,
        IPeerConnections? connections = null,
        ConnectionIds connectionIds = default,
        CountedRealms? countedRealms = null)
    {
        Connections = connections ?? NoPeerConnections.Instance;
        _connectionIds = connectionIds;
        _policy = policy;
        Pool = pool;
        Quota = quota;
        Reservations = reservations;
        Parked = new ParkedRequests(maxParkedRequests);
        Counters = new ServerCounters(countedRealms ?? new CountedRealms(1), policy.Realm);
    }

    /// <summary>The counts of this shard.</summary>
    public ServerCounters Counters { get; }

    /// <summary>Allocations alive now.</summary>
    public int AllocationCount => Allocations.Count;

    /// <summary>The number of this shard, which mobility tickets and the ids of allocations name.</summary>
    public byte Shard { get; init; }

    /// <summary>Is told how allocations begin and end; by default nobody.</summary>
    public IAllocationObserver Observer { get; init; } = NoObserver.Instance;

    /// <summary>Requests that wait for an asynchronous answer now.</summary>
    public int ParkedRequestCount => Parked.Count;

    /// <summary>While true, new allocations are sent elsewhere or refused with 508; existing ones go on.</summary>
    public bool Draining { get; set; }

    /// <summary>
    /// When a drain ends what is left, in milliseconds of the caller's clock; <see cref="long.MaxValue"/>: never. What is refreshed
    /// before gets no lifetime beyond it, so that clients know.
    /// </summary>
    public long DrainEndsAt { get; set; } = long.MaxValue;

    internal IRelayedTransportAddressPool Pool { get; }

    internal IPeerConnections Connections { get; }

    /// <summary>The connections with peers, of all allocations, by CONNECTION-ID.</summary>
    internal Dictionary<uint, PeerConnection> PeerConnections { get; } = [];

    /// <summary>Those that are bound, by the client's connection that they are joined with.</summary>
    internal Dictionary<FiveTuple, PeerConnection> DataConnections { get; } = [];

    internal IQuotaGate Quota { get; }

    internal ReservationTable Reservations { get; }

    internal ParkedRequests Parked { get; }

    internal AllocationTable Allocations { get; } = new();

    /// <summary>The same allocations by their ids.</summary>
    internal Dictionary<long, Allocation> AllocationsById { get; } = [];

    /// <summary>The allocations that can move (RFC 8016), by the name in their tickets.</summary>
    internal Dictionary<ulong, Allocation> MobileAllocations { get; } = [];

    internal RecentDeletions Deletions { get; } = new();

    internal SourceRateLimiter UnauthenticatedSources { get; } = new();

    internal TimerWheel Timers { get; } = new();

    internal Span<byte> Scratch => _scratch;

    internal ServerPolicy Policy => _policy;

    /// <summary>The attributes understood beside those that always are; <see cref="NatDiscovery"/> adds its own to Binding.</summary>
    internal OptionalAttributes Understood =>
        (Pool.SupportsDontFragment ? OptionalAttributes.DontFragment : OptionalAttributes.None)
        | (Connections.RelaysTcp ? OptionalAttributes.TcpRelay : OptionalAttributes.None)
        | (_policy.ThirdParty is null ? OptionalAttributes.None : OptionalAttributes.ThirdPartyAuthorization);

    /// <summary>Puts another policy into force, from the next datagram on.</summary>
    /// <param name="policy">The policy.</param>
    public void UpdatePolicy(ServerPolicy policy)
    {
        _policy = policy;
        PeerConnectionLifecycle.Judge(this);
    }

    /// <summary>A datagram from a client (or a message of its stream).</summary>
    /// <param name="fiveTuple">Where it came from and where it arrived.</param>
    /// <param name="datagram">The bytes; an <see cref="Egress"/> to a peer aliases them.</param>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    public Egress OnClientDatagram(in FiveTuple fiveTuple, ReadOnlySpan<byte> datagram, long now)
    {
        if (datagram.IsEmpty)
        {
            return Drop(DropReason.UnknownProtocol);
        }

        // 1. RFC 7983: the first byte tells the protocols on one port apart.
        return Demultiplexer.Classify(datagram[0], _policy.Rfc5766ChannelNumbers) switch
        {
            DatagramKind.ChannelData => ClientData.OnChannelData(this, fiveTuple, datagram, now),
            DatagramKind.Stun => StunDispatch.OnStun(this, in fiveTuple, datagram, now),
            DatagramKind.Dtls => Drop(DropReason.DtlsNotServed),
            _ => Drop(DropReason.UnknownProtocol),
        };
    }

    /// <summary>Whether an allocation has this 5-tuple, be it the one that it is moving to (RFC 8016).</summary>
    /// <param name="fiveTuple">The 5-tuple.</param>
    public bool HasAllocation(in FiveTuple fiveTuple) => Allocations.Find(fiveTuple) is not null;

    /// <summary>
    /// Whether a client's datagram asks to move an allocation that another shard has (RFC 8016): it then belongs to that shard,
    /// and what the 5-tuple sends from there on does too, as long as <see cref="HasAllocation"/> is true there. The client's
    /// address is proved by its nonce, and the ticket by its seal; who it is remains to be found out there.
    /// </summary>
    /// <param name="fiveTuple">Where it came from and where it arrived.</param>
    /// <param name="datagram">The bytes.</param>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    /// <param name="shard">The shard that the ticket names, of this server or of another one with the same keys.</param>
    public bool TryReadTicketOwner(in FiveTuple fiveTuple, ReadOnlySpan<byte> datagram, long now, out int shard) =>
        Mobility.TryReadOwner(this, fiveTuple, datagram, now, out shard);

    /// <summary>
    /// Takes one answer's worth from what a source that has proved nothing is due (IPv6: one /64), for answers that are not the
    /// server's own, as those of a DTLS cookie exchange.
    /// </summary>
    /// <param name="client">The source.</param>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    /// <returns>Whether it may be answered.</returns>
    public bool MayAnswerUnauthenticated(in TransportAddress client, long now) =>
        UnauthenticatedSources.TryTake(client, _policy.UnauthenticatedResponsesPerSecond, now);

    /// <summary>A datagram from a peer.</summary>
    /// <param name="relay">The relayed transport address that it arrived on.</param>
    /// <param name="peer">Where it came from.</param>
    /// <param name="buffer">
    /// The payload with at least <see cref="PeerHeadroom"/> free bytes in front and <see cref="PeerTailroom"/> behind, which the
    /// header and the padding of the message to the client are written into.
    /// </param>
    /// <param name="offset">Where the payload begins in <paramref name="buffer"/>.</param>
    /// <param name="length">Bytes of the payload.</param>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    public Egress OnPeerDatagram(Relay relay, scoped in TransportAddress peer, Span<byte> buffer, int offset, int length, long now) =>
        PeerData.OnPeerDatagram(this, relay, peer, buffer, offset, length, now);

    /// <summary>An ICMP error about a datagram that was sent to a peer (RFC 8656 section 11.5).</summary>
    /// <param name="relay">The relayed transport address that the datagram was sent from.</param>
    /// <param name="error">What the network said.</param>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    public Egress OnIcmpError(Relay relay, scoped in PeerIcmpError error, long now) => PeerData.OnIcmpError(this, relay, error, now);

    /// <summary>
    /// Lets time pass: ends what has expired and answers requests that waited too long. Call it a few times a second, each time
    /// until it returns <see cref="EgressKind.None"/>, and once before the first datagram: credentials and nonces need the wall clock.
    /// </summary>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    /// <param name="unixNow">Milliseconds of Unix time: credentials and nonces live by the wall clock, which may be set.</param>
    public Egress OnTick(long now, long unixNow)
    {
        _unixMillisecondsAtZero = unixNow - now;
        while (Reservations.Count > 0 && Reservations.TryTakeExpired(now, out Relay? reserved))
        {
            Pool.Close(reserved!);
        }

        while (Timers.TakeDue(now) is { } due)
        {
            if (due is Allocation allocation)
            {
                AllocationLifecycle.OnTimer(this, allocation, now);
            }
            else if (due is ParkedRequest parked)
            {
                return StunDispatch.OnParkedTooLong(this, parked, now);
            }
            else if (due is PeerConnection connection)
            {
                Egress egress = PeerConnectionLifecycle.OnTimer(this, connection, now);
                if (egress.Kind != EgressKind.None)
                {
                    return egress;
                }
            }
        }

        return default;
    }

    /// <summary>The answer to a <see cref="CredentialLookup.Pending"/> look-up.</summary>
    /// <param name="ticket">Of <see cref="CredentialQuery.Ticket"/>.</param>
    /// <param name="lookup">How it ended.</param>
    /// <param name="credential">The credential, when found; its keys are of the algorithm that was asked for.</param>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    public Egress CompleteCredential(long ticket, CredentialLookup lookup, Credential? credential, long now)
    {
        if (Parked.Take(ticket, quota: false) is not { } parked)
        {
            return Drop(DropReason.ParkedRequestGone);
        }

        parked.Credential = new CredentialAnswer(lookup, credential);
        return StunDispatch.Continue(this, parked, now);
    }

    /// <summary>The answer to a <see cref="QuotaDecision.Pending"/> request for quota.</summary>
    /// <param name="ticket">Of the request.</param>
    /// <param name="realm">As it was asked for.</param>
    /// <param name="user">As it was asked for.</param>
    /// <param name="decision">How it ended.</param>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    public Egress CompleteQuota(long ticket, string realm, string user, QuotaDecision decision, long now)
    {
        if (Parked.Take(ticket, quota: true) is not { } parked)
        {
            // Too late to be used: what was granted goes back, or it would be lost.
            if (decision == QuotaDecision.Granted)
            {
                Quota.Release(realm, user);
            }

            return Drop(DropReason.ParkedRequestGone);
        }

        parked.Quota = new QuotaAnswer(realm, user, decision);
        Egress egress = StunDispatch.Continue(this, parked, now);
        if (parked.Quota?.Decision == QuotaDecision.Granted)
        {
            // Granted, but something else has come in the way meanwhile: back it goes. A request that waits on asks again.
            parked.Quota = null;
            Quota.Release(realm, user);
        }

        return egress;
    }

    /// <summary>
    /// A client's connection (TCP, TLS or DTLS) has closed: its allocation ends at once, and what it was waiting for is forgotten.
    /// An allocation with a mobility ticket (RFC 8016) goes on, and what is sent to the closed connection is to be thrown away.
    /// </summary>
    /// <param name="fiveTuple">Of the connection.</param>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    public void OnClientClosed(in FiveTuple fiveTuple, long now)
    {
        Parked.Forget(fiveTuple, Timers);
        PeerConnectionLifecycle.OnClientClosed(this, fiveTuple);
        if (AllocationLifecycle.Find(this, fiveTuple, now) is { } allocation
            && !Mobility.OnClosed(this, allocation, fiveTuple))
        {
            AllocationLifecycle.End(this, allocation, AllocationEnd.ClientClosed);
        }
    }

    /// <summary>The end of an attempt that <see cref="IPeerConnections.Connect"/> began (RFC 6062 section 5.2).</summary>
    /// <param name="connectionId">Names the connection.</param>
    /// <param name="connected">Whether it is open; it is closed again through <see cref="IPeerConnections.Close(uint)"/> if unwanted.</param>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    /// <returns>The answer to the client's Connect, or a drop where that was given up meanwhile.</returns>
    public Egress OnConnectCompleted(uint connectionId, bool connected, long now) =>
        PeerConnectionLifecycle.OnConnectCompleted(this, connectionId, connected, now);

    /// <summary>A peer has opened a connection to a relayed transport address (RFC 6062 section 5.3).</summary>
    /// <param name="relay">The address that it was accepted on.</param>
    /// <param name="peer">Where it comes from.</param>
    /// <param name="connectionId">A <see cref="NewConnectionId"/>.</param>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    /// <returns>The ConnectionAttempt indication to the client; else a drop, and the caller closes the connection.</returns>
    public Egress OnPeerConnection(Relay relay, scoped in TransportAddress peer, uint connectionId, long now) =>
        PeerConnectionLifecycle.OnIncoming(this, relay, peer, connectionId, now);

    /// <summary>A connection with a peer has ended by itself, bound or not: its place is free.</summary>
    /// <param name="connectionId">Names the connection.</param>
    public void OnPeerConnectionClosed(uint connectionId)
    {
        if (PeerConnections.TryGetValue(connectionId, out PeerConnection? connection)
            && connection.State != PeerConnectionState.Connecting)
        {
            PeerConnectionLifecycle.Remove(this, connection);
        }
    }

    /// <summary>A CONNECTION-ID for a connection that a peer opened: unpredictable, and no other connection's.</summary>
    public uint NewConnectionId()
    {
        uint id;
        do
        {
            id = _connectionIds.Next();
        }
        while (PeerConnections.ContainsKey(id));
        return id;
    }

    /// <summary>Ends every allocation, as at the end of a drain. Clients find out by their next request (437).</summary>
    /// <returns>How many there were.</returns>
    public int EndAllAllocations() => EndAllocations(static _ => true, AllocationEnd.ServerStopped);

    /// <summary>Ends the allocations that a condition picks, with their connections to peers. On the shard's thread.</summary>
    /// <param name="condition">Picks them.</param>
    /// <param name="reason">Why, for the observer.</param>
    /// <returns>How many there were.</returns>
    public int EndAllocations(Predicate<Allocation> condition, AllocationEnd reason)
    {
        // The table must not change under the walk over it.
        List<Allocation> picked = new List<Allocation>(Allocations.All()).FindAll(condition);
        picked.ForEach(allocation => AllocationLifecycle.End(this, allocation, reason));
        return picked.Count;
    }

    /// <summary>Ends one allocation, with its connections to peers. On the shard's thread.</summary>
    /// <param name="id">Its <see cref="Allocation.Id"/>.</param>
    /// <param name="reason">Why, for the observer.</param>
    /// <returns>Whether it was alive.</returns>
    public bool EndAllocation(long id, AllocationEnd reason)
    {
        if (!AllocationsById.TryGetValue(id, out Allocation? allocation))
        {
            return false;
        }

        AllocationLifecycle.End(this, allocation, reason);
        return true;
    }

    /// <summary>Holds an allocation to its share of what its user may relay, beside its realm's cap. On the shard's thread.</summary>
    /// <param name="id">Its <see cref="Allocation.Id"/>.</param>
    /// <param name="bitsPerSecond">In each direction; 0 = no share to hold to.</param>
    /// <returns>Whether it is alive.</returns>
    public bool SetUserShare(long id, long bitsPerSecond)
    {
        if (!AllocationsById.TryGetValue(id, out Allocation? allocation))
        {
            return false;
        }

        allocation.SetUserShare(bitsPerSecond);
        return true;
    }

    /// <summary>The shard that has, or had, an allocation.</summary>
    /// <param name="allocationId">Its <see cref="Allocation.Id"/>.</param>
    public static int ShardOf(long allocationId) => (int)(allocationId >> AllocationCounterBits);

    internal Egress Drop(DropReason reason)
    {
        Counters.Count(reason);
        return Egress.Drop(reason);
    }

    /// <summary>A drop because an allocation is over one of its rates.</summary>
    internal Egress DropOver(DropReason reason, Allocation allocation)
    {
        Counters.Count(reason == DropReason.PacketRateExceeded ? QuotaScope.Rate : QuotaScope.Bandwidth, allocation.RealmCounters);
        return Drop(reason);
    }

    /// <summary><see cref="PeerPolicy.Allows"/>, and counts what it denies.</summary>
    internal bool Allows(PeerPolicy peers, in TransportAddress peer) => Passes(peers.Judge(peer));

    /// <summary><see cref="PeerPolicy.AllowsAddress"/>, and counts what it denies.</summary>
    internal bool AllowsAddress(PeerPolicy peers, in TransportAddress peer) => Passes(peers.JudgeAddress(peer));

    /// <summary>Whether a source is not the server itself, and counts where it is.</summary>
    internal bool IsElsewhere(PeerPolicy peers, in TransportAddress source) => !peers.IsOwn(source) || Passes(PeerRule.Self);

    private bool Passes(PeerRule rule)
    {
        if (rule == PeerRule.None)
        {
            return true;
        }

        Counters.Count(rule);
        return false;
    }

    internal long NextTicket() => ++_nextTicket;

    /// <summary>The id of a new allocation: the shard, and a counter that does not come to its end.</summary>
    internal long NewAllocationId() => ((long)Shard << AllocationCounterBits) | ++_lastAllocation;

    /// <summary>Seconds of Unix time.</summary>
    internal long UnixSeconds(long now) => (_unixMillisecondsAtZero + now) / 1000;

    /// <summary>A fresh transaction id for an indication.</summary>
    internal TransactionId NewTransactionId() => TransactionId.From(_random.Next(TransactionId.Length));
}
