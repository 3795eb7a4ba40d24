using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>What the caller has to do with an <see cref="Egress"/>.</summary>
public enum EgressKind : byte
{
    /// <summary>Nothing (more) to do.</summary>
    None,

    /// <summary>Nothing to send; <see cref="Egress.Reason"/> says why.</summary>
    Drop,

    /// <summary>Send <see cref="Egress.Datagram"/> to the client of <see cref="Egress.FiveTuple"/>.</summary>
    ToClient,

    /// <summary>Send <see cref="Egress.Datagram"/> from <see cref="Egress.Relay"/> to <see cref="Egress.Peer"/>.</summary>
    ToPeer,

    /// <summary>The request waits for an asynchronous answer; the server holds what it needs.</summary>
    Pending,
}

/// <summary>
/// TURN is "one datagram in, at most one datagram out": this is the one out. It aliases the caller's buffer or the server's
/// scratch space, so it is good only until the next call into the server.
/// </summary>
public readonly ref struct Egress
{
    private readonly ref readonly FiveTuple _fiveTuple;
    private readonly ref readonly TransportAddress _peer;

    private Egress(EgressKind kind, DropReason reason)
    {
        Kind = kind;
        Reason = reason;
    }

    private Egress(ref readonly FiveTuple fiveTuple, ReadOnlySpan<byte> datagram, bool relayed)
    {
        Kind = EgressKind.ToClient;
        _fiveTuple = ref fiveTuple;
        Datagram = datagram;
        Relayed = relayed;
    }

    private Egress(Relay relay, ref readonly TransportAddress peer, ReadOnlySpan<byte> datagram, bool dontFragment)
    {
        Kind = EgressKind.ToPeer;
        Relay = relay;
        _peer = ref peer;
        Datagram = datagram;
        DontFragment = dontFragment;
        Relayed = true;
    }

    /// <summary>What to do.</summary>
    public EgressKind Kind { get; }

    /// <summary>Why nothing is sent, for <see cref="EgressKind.Drop"/>.</summary>
    public DropReason Reason { get; }

    /// <summary>Whether the datagram carries application data, whose DSCP and ECN are copied (RFC 8656 section 14).</summary>
    public bool Relayed { get; }

    /// <summary>Whether the IPv4 DF bit is asked for (DONT-FRAGMENT, RFC 8656 section 18.9).</summary>
    public bool DontFragment { get; }

    /// <summary>The bytes to send.</summary>
    public ReadOnlySpan<byte> Datagram { get; }

    /// <summary>The relayed transport address to send from, for <see cref="EgressKind.ToPeer"/>.</summary>
    public Relay? Relay { get; }

    /// <summary>The client to send to, for <see cref="EgressKind.ToClient"/>.</summary>
    public ref readonly FiveTuple FiveTuple => ref _fiveTuple;

    /// <summary>The peer to send to, for <see cref="EgressKind.ToPeer"/>.</summary>
    public ref readonly TransportAddress Peer => ref _peer;

    internal static Egress Pending => new(EgressKind.Pending, DropReason.None);

    internal static Egress Drop(DropReason reason) => new(EgressKind.Drop, reason);

    internal static Egress ToClient(ref readonly FiveTuple fiveTuple, ReadOnlySpan<byte> datagram, bool relayed = false) =>
        new(in fiveTuple, datagram, relayed);

    internal static Egress ToPeer(
        Relay relay, ref readonly TransportAddress peer, ReadOnlySpan<byte> datagram, bool dontFragment = false) =>
        new(relay, in peer, datagram, dontFragment);
}
