using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>How far a connection between a relayed transport address and a peer has come.</summary>
internal enum PeerConnectionState : byte
{
    /// <summary>A Connect waits for it.</summary>
    Connecting,

    /// <summary>Open; waits for a ConnectionBind.</summary>
    Unbound,

    /// <summary>Joined with a data connection of the client.</summary>
    Bound,
}

/// <summary>A peer data connection (RFC 6062 section 3), from the first thought of it to its end.</summary>
internal sealed class PeerConnection(uint id, Allocation allocation, Relay relay, in TransportAddress peer, bool isIncoming) : Timed
{
    /// <summary>For Connect (RFC 6062 section 5.2: at least 30 s) and for ConnectionBind (sections 5.2 and 5.3: 30 s).</summary>
    public const long WaitMilliseconds = 30_000;

    /// <summary>The peer as the client names it.</summary>
    public readonly TransportAddress Peer = peer;

    public uint Id { get; } = id;

    public Allocation Allocation { get; } = allocation;

    public Relay Relay { get; } = relay;

    /// <summary>Whether the peer opened it; its port is then its own choice and means nothing to the policy.</summary>
    public bool IsIncoming { get; } = isIncoming;

    public PeerConnectionState State { get; set; }

    /// <summary>The client's connection that it is joined with, once it is bound.</summary>
    public FiveTuple DataConnection { get; set; }

    /// <summary>What the answer to Connect is made from; null for incoming connections, and once it is answered.</summary>
    public ConnectQuestion? Question { get; set; }

    /// <summary>Whether the policy lets the two talk.</summary>
    public bool IsAllowedBy(PeerPolicy peers, TurnServer server) =>
        IsIncoming ? server.AllowsAddress(peers, Peer) : server.Allows(peers, Peer);
}

/// <summary>What has to be kept of a Connect request until its answer.</summary>
/// <param name="Header">Its header alone, as a message: method and transaction id.</param>
/// <param name="HasFingerprint">Whether the answer carries FINGERPRINT.</param>
/// <param name="Key">The key that verified it.</param>
/// <param name="Integrity">The integrity attribute of the answer.</param>
internal sealed record ConnectQuestion(byte[] Header, bool HasFingerprint, LongTermCredentialKey Key, IntegrityKind Integrity)
{
    public static ConnectQuestion Of(scoped ref Request request)
    {
        var writer = new StunMessageWriter(
            new byte[StunMessage.HeaderLength], StunClass.Request, request.Message.Method, request.Message.TransactionId);
        return new ConnectQuestion(writer.Finish().ToArray(), request.HasFingerprint, request.Key!, request.Integrity);
    }

    /// <summary>The request again, as far as an answer needs it.</summary>
    public Request Restore(TurnServer server, Allocation allocation, long now)
    {
        StunMessage.TryParse(Header, out StunMessage message);
        return new Request(in allocation.FiveTuple, message, server.Policy, now)
        {
            HasFingerprint = HasFingerprint,
            Allocation = allocation,
            Credential = allocation.Credential,
            Key = Key,
            Integrity = Integrity,
        };
    }
}
