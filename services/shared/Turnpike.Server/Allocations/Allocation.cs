using System.Diagnostics.CodeAnalysis;
using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>The address families that an allocation relays.</summary>
public enum AllocationFamily : byte
{
    /// <summary>IPv4 alone.</summary>
    IPv4,

    /// <summary>IPv6 alone.</summary>
    IPv6,

    /// <summary>Both (RFC 8656 section 7.2).</summary>
    Dual,
}

/// <summary>
/// An allocation (RFC 8656 section 3.2): a 5-tuple, one or two relayed transport addresses, who made it, its permissions and
/// its channels. Belongs to one shard and is touched by its thread only.
/// </summary>
public sealed class Allocation : Timed
{
    private FiveTuple _fiveTuple;
    private FiveTuple _nextFiveTuple;
    private ServerPolicy _policy;
    private RealmRules _rules;
    private long _userShare;
    private long _bitsPerSecond;
    private bool _isExpecting;

    internal Allocation(
        in FiveTuple fiveTuple, Credential credential, LongTermCredentialKey key, ServerPolicy policy, RealmCounters realmCounters)
    {
        _fiveTuple = fiveTuple;
        RealmCounters = realmCounters;
        Traffic = new AllocationTraffic(realmCounters);
        Realm = credential.Realm ?? policy.Realm;
        Credential = credential;
        User = credential.User;
        Tag = credential.Tag;
        Key = key;
        Adopt(policy);
        Channels = new ChannelTable(_rules.Lifetimes.ChannelCooldown * 1000L);
    }

    /// <summary>Names the allocation among all that the process has ever had; <see cref="TurnServer.ShardOf"/> tells its shard.</summary>
    public required long Id { get; init; }

    /// <summary>The 5-tuple that names the allocation.</summary>
    public ref readonly FiveTuple FiveTuple => ref _fiveTuple;

    /// <summary>The realm (tenant) that it was made in, whose rules it is held to and whose quota it counts against.</summary>
    public string Realm { get; }

    /// <summary>The user whose quota it counts against.</summary>
    public string User { get; }

    /// <summary>What its use is accounted under (<see cref="Credential.Tag"/>).</summary>
    public string Tag { get; }

    /// <summary>When it began, in milliseconds of the server's clock.</summary>
    public required long StartedAt { get; init; }

    /// <summary>What the observer keeps of it. Of the observer alone.</summary>
    public object? ObserverState { get; set; }

    /// <summary>What it has relayed.</summary>
    public AllocationTraffic Traffic { get; }

    /// <summary>
    /// The bits a second that it may relay in each direction: the lower of its realm's cap and its share of its user's; 0 = no limit.
    /// Any thread may read it.
    /// </summary>
    public long BitsPerSecond => Volatile.Read(ref _bitsPerSecond);

    /// <summary>Who made it; later requests must come from the same (441 otherwise).</summary>
    public Credential Credential { get; private set; }

    /// <summary>The IPv4 relayed transport address, if there is one.</summary>
    public Relay? RelayIPv4 { get; internal set; }

    /// <summary>The IPv6 relayed transport address, if there is one.</summary>
    public Relay? RelayIPv6 { get; internal set; }

    /// <summary>The key that the last request was verified with: the next one most likely uses it too.</summary>
    internal LongTermCredentialKey Key { get; private set; }

    /// <summary>Of the Allocate, to know its retransmission by (RFC 8656 section 7.2).</summary>
    internal TransactionId TransactionId { get; init; }

    /// <summary>Seconds that the Allocate was granted, for its retransmission.</summary>
    internal uint GrantedLifetime { get; init; }

    /// <summary>The token of the reserved next port; null where none was asked for.</summary>
    internal ulong? ReservationToken { get; init; }

    /// <summary>Why the additional address family was not given; 0 where it was, or was not asked for.</summary>
    internal int AdditionalFamilyError { get; init; }

    /// <summary>The connections with peers of an allocation that relays TCP (RFC 6062); null where it relays UDP.</summary>
    internal List<PeerConnection>? PeerConnections { get; init; }

    /// <summary>Whether its relayed transport address is one of TCP.</summary>
    [MemberNotNullWhen(true, nameof(PeerConnections))]
    internal bool RelaysTcp => PeerConnections is not null;

    /// <summary>Its random name in mobility tickets (RFC 8016); 0 where it cannot move, and after its end.</summary>
    internal ulong MobileId { get; set; }

    /// <summary>How often it has been moved.</summary>
    internal ushort Generation { get; set; }

    /// <summary>The generation that the client has last shown up in; tickets of earlier ones are spent.</summary>
    internal ushort SettledGeneration { get; set; }

    /// <summary>Of the Refresh that moved it last, to know its retransmission by.</summary>
    internal TransactionId MoveTransactionId { get; set; }

    /// <summary>Whether a new 5-tuple waits for the client to use it; the old one serves until then.</summary>
    internal bool IsMoving { get; private set; }

    /// <summary>The 5-tuple that waits, while <see cref="IsMoving"/>.</summary>
    internal ref readonly FiveTuple NextFiveTuple => ref _nextFiveTuple;

    /// <summary>What its realm's allocations are counted in.</summary>
    internal RealmCounters RealmCounters { get; }

    /// <summary>What it counts as among those that live; -1 = nothing. Of <see cref="ServerCounters"/> alone.</summary>
    internal int CountedAs { get; set; } = -1;

    /// <summary>The families of its relayed transport addresses; null where it has none any more.</summary>
    internal AllocationFamily? Family => (RelayIPv4, RelayIPv6) switch
    {
        (null, null) => null,
        (_, null) => AllocationFamily.IPv4,
        (null, _) => AllocationFamily.IPv6,
        _ => AllocationFamily.Dual,
    };

    internal PermissionTable Permissions { get; } = new();

    internal ChannelTable Channels { get; }

    internal TokenBucket NewPeers;
    internal TokenBucket PacketsToPeers;
    internal TokenBucket PacketsToClient;
    internal TokenBucket BitsToPeers;
    internal TokenBucket BitsToClient;

    /// <summary>When the last of its relayed transport addresses ends, in milliseconds of the server's clock.</summary>
    internal long ExpiresAt => Math.Max(RelayIPv4?.ExpiresAt ?? 0, RelayIPv6?.ExpiresAt ?? 0);

    /// <summary>When the first of them ends.</summary>
    internal long NextExpiry => Math.Min(RelayIPv4?.ExpiresAt ?? long.MaxValue, RelayIPv6?.ExpiresAt ?? long.MaxValue);

    /// <summary>The relayed transport address of a family; null where the allocation has none.</summary>
    internal Relay? RelayFor(AddressFamily family) => family == AddressFamily.IPv4 ? RelayIPv4 : RelayIPv6;

    /// <summary>The rules of its realm under a policy: those that it has, where it has seen the policy before.</summary>
    internal RealmRules RulesUnder(ServerPolicy policy)
    {
        if (!ReferenceEquals(_policy, policy))
        {
            Adopt(policy);
        }

        return _rules;
    }

    /// <summary>Holds it to a share of its user's bits a second, beside the cap of its realm; 0 = none.</summary>
    internal void SetUserShare(long bitsPerSecond)
    {
        _userShare = bitsPerSecond;
        ApplyRates();
    }

    /// <summary>Whether a credential is of the user that made the allocation; a name means another user in another realm.</summary>
    internal bool IsOwnedBy(Credential credential) =>
        Credential.Identity.AsSpan().SequenceEqual(credential.Identity)
        && string.Equals(Credential.Realm, credential.Realm, StringComparison.Ordinal);

    /// <summary>There is a permission: tells the relayed transport addresses, the first time.</summary>
    internal void Expect()
    {
        if (!_isExpecting)
        {
            _isExpecting = true;
            RelayIPv4?.OnPermitted();
            RelayIPv6?.OnPermitted();
        }
    }

    /// <summary>Keeps what the owner has just been verified with; of several tokens (RFC 7635) the newest that reaches further.</summary>
    internal void Renew(Credential credential, LongTermCredentialKey key)
    {
        Key = key;
        if (!credential.IsAccessToken || credential.ExpiresAt > Credential.ExpiresAt || !IsOwnedBy(credential))
        {
            Credential = credential;
        }
    }

    /// <summary>
    /// Takes the way by which the owner's last request came: an allocation that outlived its connection (RFC 8016) may be asked for
    /// over a new one from the same address.
    /// </summary>
    internal void Reach(in FiveTuple fiveTuple)
    {
        ref FiveTuple known = ref _fiveTuple;
        if (IsMovingTo(fiveTuple))
        {
            known = ref _nextFiveTuple;
        }

        if (known.Path != fiveTuple.Path)
        {
            known = fiveTuple;
        }
    }

    internal bool IsMovingTo(in FiveTuple fiveTuple) => IsMoving && _nextFiveTuple.Matches(fiveTuple);

    /// <summary>Called by the table, which files the allocation under both.</summary>
    internal void SetNext(in FiveTuple fiveTuple)
    {
        _nextFiveTuple = fiveTuple;
        IsMoving = true;
    }

    /// <summary>Called by the table: the 5-tuple that waited is the only one now, or is gone.</summary>
    internal void EndMove(bool promote)
    {
        _fiveTuple = promote ? _nextFiveTuple : _fiveTuple;
        IsMoving = false;
    }

    [MemberNotNull(nameof(_policy), nameof(_rules))]
    private void Adopt(ServerPolicy policy)
    {
        _policy = policy;
        _rules = policy.RulesFor(Realm);
        ApplyRates();
    }

    private void ApplyRates()
    {
        AllocationLimits limits = _rules.Limits;
        long bits = Lower(limits.BitsPerSecond, _userShare);
        Volatile.Write(ref _bitsPerSecond, bits);
        NewPeers.SetRate(limits.NewPeersPerSecond);
        PacketsToPeers.SetRate(limits.PacketsPerSecond);
        PacketsToClient.SetRate(limits.PacketsPerSecond);
        BitsToPeers.SetRate(bits);
        BitsToClient.SetRate(bits);
    }

    /// <summary>The lower of two limits, of which 0 is none.</summary>
    private static long Lower(long one, long other) => one == 0 ? other : other == 0 ? one : Math.Min(one, other);
}
