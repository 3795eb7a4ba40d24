using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>
/// Counts of one shard. Plain fields that only the shard's thread writes; another thread may read them at any time and sees a
/// value that was true a moment ago.
/// </summary>
public sealed class ServerCounters
{
    /// <summary>The response codes that are counted apart; 0 is success.</summary>
    public static readonly IReadOnlyList<int> Codes =
    [
        0,
        StunErrorCode.TryAlternate, StunErrorCode.BadRequest, StunErrorCode.Unauthorized, StunErrorCode.Forbidden,
        StunErrorCode.MobilityForbidden, StunErrorCode.UnknownAttribute, StunErrorCode.AllocationMismatch,
        StunErrorCode.StaleNonce, StunErrorCode.AddressFamilyNotSupported, StunErrorCode.WrongCredentials,
        StunErrorCode.UnsupportedTransportProtocol, StunErrorCode.PeerAddressFamilyMismatch,
        StunErrorCode.ConnectionAlreadyExists, StunErrorCode.ConnectionTimeoutOrFailure,
        StunErrorCode.AllocationQuotaReached, StunErrorCode.ServerError, StunErrorCode.InsufficientCapacity,
    ];

    /// <summary>The methods whose requests are counted.</summary>
    public static readonly IReadOnlyList<StunMethod> Methods =
    [
        StunMethod.Binding, StunMethod.Allocate, StunMethod.Refresh, StunMethod.CreatePermission, StunMethod.ChannelBind,
        StunMethod.Connect, StunMethod.ConnectionBind,
    ];

    private static readonly int[] CodeIndex = MakeCodeIndex();

    private static readonly int Families = Enum.GetValues<AllocationFamily>().Length;

    // Transport of the client, by the families of the relayed transport addresses.
    private static readonly int AllocationKinds = Enum.GetValues<ClientTransport>().Length * Families;

    private readonly long[] _drops = new long[Enum.GetValues<DropReason>().Length];
    private readonly long[] _failures = new long[Enum.GetValues<AuthenticationFailure>().Length];
    private readonly long[] _rejections = new long[Enum.GetValues<QuotaScope>().Length];
    private readonly long[] _deniedPeers = new long[Enum.GetValues<PeerRule>().Length];
    private readonly long[] _requests = new long[Methods.Count * Codes.Count];
    private readonly long[] _allocations = new long[AllocationKinds];
    private readonly CountedRealms _counted;
    private readonly Dictionary<string, RealmCounters> _byRealm = new(StringComparer.Ordinal);
    private readonly RealmCounters _other = new(CountedRealms.Other);

    // Replaced when a realm is added, so that other threads may go through it.
    private volatile RealmCounters[] _realms;

    internal ServerCounters(CountedRealms counted, string realm)
    {
        _counted = counted;
        _realms = [_other];
        OfRealm(realm); // The server's own is there from the start.
    }

    /// <summary>Every realm that is counted by name here, and the others together.</summary>
    public IReadOnlyList<RealmCounters> Realms => _realms;

    /// <summary>Datagrams relayed from clients to peers.</summary>
    public long PacketsToPeers => AllToPeers().Packets;

    /// <summary>Payload bytes relayed from clients to peers, those over TCP connections included.</summary>
    public long BytesToPeers => AllToPeers().Bytes;

    /// <summary>Datagrams relayed from peers to clients.</summary>
    public long PacketsToClients => AllToClients().Packets;

    /// <summary>Payload bytes relayed from peers to clients, those over TCP connections included.</summary>
    public long BytesToClients => AllToClients().Bytes;

    /// <summary>ICMP errors passed on to clients (RFC 8656 section 11.5).</summary>
    public long IcmpToClients { get; internal set; }

    /// <summary>Allocations made since the start.</summary>
    public long AllocationsCreated { get; internal set; }

    /// <summary>Allocations ended since the start.</summary>
    public long AllocationsEnded { get; internal set; }

    /// <summary>Moves of an allocation to another 5-tuple since the start (RFC 8016).</summary>
    public long AllocationsMoved { get; internal set; }

    /// <summary>Datagrams dropped for a reason.</summary>
    /// <param name="reason">The reason.</param>
    public long Drops(DropReason reason) => _drops[(int)reason];

    /// <summary>Allocations that live now.</summary>
    /// <param name="transport">How their clients come in.</param>
    /// <param name="family">The families of their relayed transport addresses.</param>
    public long Allocations(ClientTransport transport, AllocationFamily family) => _allocations[Index(transport, family)];

    /// <summary>Requests that were not authenticated.</summary>
    /// <param name="reason">Why not.</param>
    public long AuthenticationFailures(AuthenticationFailure reason) => _failures[(int)reason];

    /// <summary>Requests and datagrams refused because of a limit.</summary>
    /// <param name="scope">Which.</param>
    public long QuotaRejections(QuotaScope scope) => _rejections[(int)scope];

    /// <summary>Peers that the policy has refused, as often as it was asked.</summary>
    /// <param name="rule">By what.</param>
    public long DeniedPeers(PeerRule rule) => _deniedPeers[(int)rule];

    /// <summary>From clients to peers.</summary>
    /// <param name="path">By which way.</param>
    public Relayed ToPeers(RelayPath path)
    {
        Relayed sum = default;
        foreach (RealmCounters realm in _realms)
        {
            sum += realm.ToPeers(path);
        }

        return sum;
    }

    /// <summary>From peers to clients.</summary>
    /// <param name="path">By which way.</param>
    public Relayed ToClients(RelayPath path)
    {
        Relayed sum = default;
        foreach (RealmCounters realm in _realms)
        {
            sum += realm.ToClients(path);
        }

        return sum;
    }

    /// <summary>Requests of a method answered with a code.</summary>
    /// <param name="method">One of <see cref="Methods"/>.</param>
    /// <param name="code">One of <see cref="Codes"/>.</param>
    public long Requests(StunMethod method, int code) => _requests[Index(method, code)];

    /// <summary>Counts a datagram that did not even come to the server. On the shard's thread.</summary>
    /// <param name="reason">Why not.</param>
    public void Count(DropReason reason) => _drops[(int)reason]++;

    internal void Count(StunMethod method, int code) => _requests[Index(method, code)]++;

    internal void Count(AuthenticationFailure reason) => _failures[(int)reason]++;

    internal void Count(PeerRule rule) => _deniedPeers[(int)rule]++;

    internal void Count(QuotaScope scope, RealmCounters? realm = null)
    {
        _rejections[(int)scope]++;
        if (realm is not null)
        {
            realm.QuotaRejections++;
        }
    }

    /// <summary>Counts an allocation as what it is now; nothing, once it has no relayed transport address any more.</summary>
    internal void Recount(Allocation allocation)
    {
        int kind = allocation.Family is { } family ? Index(allocation.FiveTuple.Transport, family) : -1;
        if (allocation.CountedAs >= 0)
        {
            _allocations[allocation.CountedAs]--;
        }

        if (kind >= 0)
        {
            _allocations[kind]++;
        }

        allocation.CountedAs = kind;
    }

    /// <summary>The counts that a realm's allocations go to. The realm is a real one: only authenticated requests have any.</summary>
    internal RealmCounters OfRealm(string realm)
    {
        if (_byRealm.TryGetValue(realm, out RealmCounters? known))
        {
            return known;
        }

        if (!_counted.Admit(realm))
        {
            return _other;
        }

        known = new RealmCounters(realm);
        _byRealm.Add(realm, known);
        _realms = [.. _realms, known];
        return known;
    }

    private Relayed AllToPeers() => ToPeers(RelayPath.Channel) + ToPeers(RelayPath.Indication) + ToPeers(RelayPath.Connection);

    private Relayed AllToClients() => ToClients(RelayPath.Channel) + ToClients(RelayPath.Indication) + ToClients(RelayPath.Connection);

    private static int Index(ClientTransport transport, AllocationFamily family) =>
        ((int)transport * Families) + (int)family;

    private static int Index(StunMethod method, int code) => (MethodIndex(method) * Codes.Count) + CodeIndex[code];

    private static int MethodIndex(StunMethod method) => method switch
    {
        StunMethod.Binding => 0,
        StunMethod.Allocate => 1,
        StunMethod.Refresh => 2,
        StunMethod.CreatePermission => 3,
        StunMethod.ChannelBind => 4,
        StunMethod.Connect => 5,
        StunMethod.ConnectionBind => 6,
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, "Not a method that is answered."),
    };

    private static int[] MakeCodeIndex()
    {
        int[] index = new int[600];
        for (int i = 0; i < Codes.Count; i++)
        {
            index[Codes[i]] = i;
        }

        return index;
    }
}
