namespace Turnpike.Server;

/// <summary>
/// Why a request was not authenticated; the label of <c>turnpike_edge_authentication_failures_total</c>. The first request of a client,
/// which has no credentials and is challenged, is no failure.
/// </summary>
public enum AuthenticationFailure : byte
{
    /// <summary>An integrity attribute without username, realm and nonce, or with a malformed one (400).</summary>
    Incomplete,

    /// <summary>The nonce is too old, another client's, or none of this cluster's (438). Honest clients meet it once an hour.</summary>
    StaleNonce,

    /// <summary>The password algorithms are not those that were offered (400).</summary>
    WrongAlgorithm,

    /// <summary>Another realm than the announced one (401).</summary>
    WrongRealm,

    /// <summary>Nobody of this name, or a secret that is not known (401).</summary>
    UnknownUser,

    /// <summary>The credential has expired (401).</summary>
    Expired,

    /// <summary>The credential was revoked (401).</summary>
    Revoked,

    /// <summary>The password does not verify the message (401).</summary>
    WrongPassword,

    /// <summary>An access token (RFC 7635) that does not open, has expired, or whose session key does not verify the message (401).</summary>
    BadToken,

    /// <summary>Another user than the one that made the allocation (441).</summary>
    WrongUser,

    /// <summary>Who it is could not be found out: the store is away or too slow (500).</summary>
    Unavailable,
}
