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

    private readonly long[] _drops = new long[Enum.GetValues<DropReason>().Length];
    private readonly long[] _requests = new long[Methods.Count * Codes.Count];

    /// <summary>Datagrams relayed from clients to peers.</summary>
    public long PacketsToPeers { get; internal set; }

    /// <summary>Payload bytes relayed from clients to peers.</summary>
    public long BytesToPeers { get; internal set; }

    /// <summary>Datagrams relayed from peers to clients.</summary>
    public long PacketsToClients { get; internal set; }

    /// <summary>Payload bytes relayed from peers to clients.</summary>
    public long BytesToClients { get; internal set; }

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

    /// <summary>Requests of a method answered with a code.</summary>
    /// <param name="method">One of <see cref="Methods"/>.</param>
    /// <param name="code">One of <see cref="Codes"/>.</param>
    public long Requests(StunMethod method, int code) => _requests[Index(method, code)];

    /// <summary>Counts a datagram that did not even come to the server. On the shard's thread.</summary>
    /// <param name="reason">Why not.</param>
    public void Count(DropReason reason) => _drops[(int)reason]++;

    internal void Count(StunMethod method, int code) => _requests[Index(method, code)]++;

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
