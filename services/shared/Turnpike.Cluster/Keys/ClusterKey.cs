namespace Turnpike.Cluster;

/// <summary>A key that all edges share.</summary>
/// <param name="Id">Goes into what is signed, so that the verifier finds the key.</param>
/// <param name="Secret">32 bytes.</param>
/// <param name="ActiveAt">Seconds of Unix time, by the store's clock, from which on it signs; it verifies before.</param>
public sealed record ClusterKey(byte Id, byte[] Secret, long ActiveAt)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{nameof(ClusterKey)} {Id}";
}

/// <summary>The keys that all edges share. In each list the first one signs and all verify.</summary>
/// <param name="Nonce">For nonces (RFC 8489 section 9.2).</param>
/// <param name="Ticket">For mobility tickets (RFC 8016).</param>
public sealed record ClusterKeyRing(IReadOnlyList<ClusterKey> Nonce, IReadOnlyList<ClusterKey> Ticket);
