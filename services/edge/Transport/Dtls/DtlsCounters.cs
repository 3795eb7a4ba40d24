namespace Turnpike.Edge.Transport.Dtls;

/// <summary>Counts of one shard's DTLS. Written by the shard's thread alone; others may read a value of a moment ago.</summary>
internal sealed class DtlsCounters
{
    public static readonly IReadOnlyList<HandshakeResult> Results = Enum.GetValues<HandshakeResult>();

    private readonly long[] _handshakes = new long[Results.Count];

    /// <summary>HelloVerifyRequests sent: each is a stranger that was asked to prove its address.</summary>
    public long HelloVerifyRequests { get; set; }

    /// <summary>Sessions alive now.</summary>
    public long Sessions { get; set; }

    public long Handshakes(HandshakeResult result) => _handshakes[(int)result];

    public void Count(HandshakeResult result) => _handshakes[(int)result]++;
}
