using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>How a look-up ended.</summary>
public enum CredentialLookup : byte
{
    /// <summary>No such user: 401.</summary>
    Unknown,

    /// <summary>The credential is there.</summary>
    Found,

    /// <summary>The answer comes later, through <see cref="TurnServer.CompleteCredential"/>.</summary>
    Pending,

    /// <summary>The source cannot answer now: 500.</summary>
    Unavailable,

    /// <summary>As for an unknown user; the name says that its time is over.</summary>
    Expired,

    /// <summary>As for an unknown user; the credential was taken back.</summary>
    Revoked,
}

/// <summary>Whose key is wanted.</summary>
public readonly ref struct CredentialQuery
{
    /// <summary>USERNAME, or empty when <see cref="UserHash"/> is given.</summary>
    public ReadOnlySpan<byte> Username { get; init; }

    /// <summary>USERHASH: SHA-256 of <c>username:realm</c> (RFC 8489 section 14.4), or empty.</summary>
    public ReadOnlySpan<byte> UserHash { get; init; }

    /// <summary>The algorithm that the key is made with.</summary>
    public PasswordAlgorithmId Algorithm { get; init; }

    /// <summary>Seconds of Unix time.</summary>
    public long UnixNow { get; init; }

    /// <summary>Names the request in a later <see cref="TurnServer.CompleteCredential"/>.</summary>
    public long Ticket { get; init; }
}

/// <summary>Where long-term keys come from. Called on the shard's thread: never blocks.</summary>
public interface ICredentialSource
{
    /// <summary>Looks a user up in the server's realm.</summary>
    /// <param name="query">Who.</param>
    /// <param name="credential">The credential, when found.</param>
    CredentialLookup Find(in CredentialQuery query, out Credential? credential);

    /// <summary>
    /// Whether a credential that was found before still holds. Asked before a request is verified by what its allocation has already,
    /// and of an answer that came later; where it says no, the user is looked up again. True for what another source has found.
    /// </summary>
    /// <param name="credential">One that was found, here or elsewhere; never one made of an access token (RFC 7635).</param>
    /// <param name="unixNow">Seconds of Unix time.</param>
    bool IsCurrent(Credential credential, long unixNow) => true;
}
