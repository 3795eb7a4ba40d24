using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>A long-term key under one password algorithm (RFC 8489 section 9.2.2).</summary>
/// <param name="Algorithm">MD5 (16-byte key) or SHA-256 (32-byte key).</param>
/// <param name="Key">The key.</param>
public sealed record LongTermCredentialKey(PasswordAlgorithmId Algorithm, byte[] Key)
{
    // What the integrity attributes hash with it, made when it is first asked for: a client has one of the two all its life. Shards may both make one.
    internal HmacSha1 Sha1 => field ??= new HmacSha1(Key);

    internal HmacSha256 Sha256 => field ??= new HmacSha256(Key);
}

/// <summary>Who a request comes from, and the keys that prove it.</summary>
public sealed class Credential
{
    /// <summary>The USERNAME as the client sends it, UTF-8.</summary>
    public required byte[] Username { get; init; }

    /// <summary>
    /// What makes two credentials those of one owner (441 otherwise): the USERNAME, save where many clients share one, as the key
    /// id of RFC 7635 is.
    /// </summary>
    public byte[] Identity { get => field ?? Username; init; }

    /// <summary>Whether it was made of an access token (RFC 7635).</summary>
    internal bool IsAccessToken { get; init; }

    /// <summary>Whose quota the allocations count against: for TURN REST credentials the part behind the expiry.</summary>
    public required string User { get; init; }

    /// <summary>
    /// The realm (tenant) whose rules and quota its allocations are under; null is the server's own. Not the REALM attribute, which is
    /// the same for all.
    /// </summary>
    public string? Realm { get; init; }

    /// <summary>What the use of its allocations is accounted under; empty for nothing.</summary>
    public string Tag { get; init; } = "";

    /// <summary>The id of the secret that the key was made with; null where it has none.</summary>
    public string? KeyId { get; init; }

    /// <summary>When it was issued, in seconds of Unix time; null where it does not say.</summary>
    public long? IssuedAt { get; init; }

    /// <summary>When the credential ends, in seconds of Unix time; <see cref="long.MaxValue"/> when it does not.</summary>
    public long ExpiresAt { get; init; } = long.MaxValue;

    /// <summary>
    /// Keys of the algorithm that was asked for; a request is authentic when any of them verifies it. More than one where
    /// several secrets are active at once.
    /// </summary>
    public required IReadOnlyList<LongTermCredentialKey> Keys { get; init; }
}
