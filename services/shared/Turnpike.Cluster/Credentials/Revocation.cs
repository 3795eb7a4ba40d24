using System.Text.Json.Serialization;

namespace Turnpike.Cluster;

/// <summary>What a revocation takes back.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RevocationKind>))]
public enum RevocationKind
{
    /// <summary>One credential: the value is its USERNAME.</summary>
    Credential,

    /// <summary>All credentials of a user.</summary>
    User,

    /// <summary>All credentials with a tag.</summary>
    Tag,

    /// <summary>All credentials of the realm; the value is empty.</summary>
    Realm,
}

/// <summary>Credentials that no longer count, from one moment on, until all of them have expired. Times are seconds of Unix time.</summary>
/// <param name="Id">Unique.</param>
/// <param name="Kind">What is revoked.</param>
/// <param name="Realm">In which realm.</param>
/// <param name="Value">The USERNAME, the user, the tag, or empty.</param>
/// <param name="RevokedAt">What was issued later is not meant.</param>
/// <param name="ExpiresAt">When the revocation itself may be forgotten.</param>
public sealed record Revocation(string Id, RevocationKind Kind, string Realm, string Value, long RevokedAt, long ExpiresAt);
