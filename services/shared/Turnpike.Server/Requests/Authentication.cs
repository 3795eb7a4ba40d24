using System.Security.Cryptography;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>How the authentication of a request ended.</summary>
internal enum AuthenticationResult : byte
{
    Passed,
    Refused,
    Pending,
}

/// <summary>The long-term credential mechanism (RFC 8489 section 9.2.4), with the features of its nonce cookie.</summary>
internal static class Authentication
{
    // What an unknown user is checked against, so that it costs the time of a wrong password.
    private static readonly LongTermCredentialKey DummyKey = new(PasswordAlgorithmId.Md5, RandomNumberGenerator.GetBytes(LongTermKey.Md5Length));

    /// <summary>Checks a request; on success its credential, key and integrity kind are set.</summary>
    /// <param name="server">The server.</param>
    /// <param name="request">The request.</param>
    /// <param name="error">The error code, when refused.</param>
    public static AuthenticationResult Check(TurnServer server, scoped ref Request request, out int error)
    {
        StunMessage message = request.Message;
        ServerPolicy policy = request.Policy;

        // 1. No integrity attribute: challenge.
        IntegrityKind integrity = message.Has(StunAttributeType.MessageIntegritySha256) ? IntegrityKind.Sha256
            : message.Has(StunAttributeType.MessageIntegrity) ? IntegrityKind.Sha1
            : IntegrityKind.None;
        if (integrity == IntegrityKind.None)
        {
            error = StunErrorCode.Unauthorized;
            return AuthenticationResult.Refused;
        }

        // 2. An integrity attribute without everything that it needs.
        AttributeResult hasUsername = Username.Read(message, out ReadOnlySpan<byte> username);
        AttributeResult hasUserHash = UserHash.Read(message, out ReadOnlySpan<byte> userHash);
        if ((hasUsername != AttributeResult.Ok && hasUserHash != AttributeResult.Ok)
            || hasUsername == AttributeResult.Malformed
            || hasUserHash == AttributeResult.Malformed
            || Realm.Read(message, out ReadOnlySpan<byte> realm) != AttributeResult.Ok
            || Nonce.Read(message, out ReadOnlySpan<byte> nonce) != AttributeResult.Ok)
        {
            return Refuse(server, AuthenticationFailure.Incomplete, out error);
        }

        // 6. The nonce. Taken before the steps that cost something: only a client that receives at its address has a valid one.
        long unixNow = server.UnixSeconds(request.Now);
        if (!NonceCodec.Verify(policy, request.FiveTuple.Client, unixNow, nonce))
        {
            return Refuse(server, AuthenticationFailure.StaleNonce, out error);
        }

        // 3. Bid-down protection: what the client saw offered must be what was offered.
        if (!TryChooseAlgorithm(message, nonce, out PasswordAlgorithmId algorithm))
        {
            return Refuse(server, AuthenticationFailure.WrongAlgorithm, out error);
        }

        // 4. Who is it? 5. Does the key verify the message?
        if (!realm.SequenceEqual(policy.RealmBytes))
        {
            return Refuse(server, AuthenticationFailure.WrongRealm, out error);
        }

        // RFC 7635: with a token, the session key inside it is the key. A newer token may reach further than the allocation's own.
        if (policy.ThirdParty is { } thirdParty
            && AccessToken.Read(message, out ReadOnlySpan<byte> token) == AttributeResult.Ok)
        {
            Credential? bearer = SealedAccessToken.Open(thirdParty, username, token, algorithm, unixNow);
            return bearer is null || !TryPass(ref request, bearer, algorithm, integrity)
                ? Refuse(server, AuthenticationFailure.BadToken, out error)
                : Proceed(server, ref request, out error);
        }

        if (request.Allocation is { } own
            && own.Key.Algorithm == algorithm
            && username.SequenceEqual(own.Credential.Username)
            && own.Credential.ExpiresAt > unixNow
            && IsCurrent(policy, own.Credential, unixNow)
            && Verifies(message, integrity, own.Key))
        {
            Pass(ref request, own.Credential, own.Key, integrity);
            error = 0;
            return AuthenticationResult.Passed;
        }

        var query = new CredentialQuery
        {
            Username = hasUsername == AttributeResult.Ok ? username : [],
            UserHash = hasUsername == AttributeResult.Ok ? [] : userHash,
            Algorithm = algorithm,
            UnixNow = unixNow,
            Ticket = request.Ticket,
        };
        CredentialLookup lookup;
        Credential? credential;
        if (request.Parked?.Credential is { } answer
            && (answer.Lookup != CredentialLookup.Found || IsCurrent(policy, answer.Credential!, unixNow)))
        {
            (lookup, credential) = (answer.Lookup, answer.Credential);
        }
        else
        {
            // Also where what was found has been revoked while the request waited, for its quota for instance.
            lookup = policy.Credentials.Find(query, out credential);
        }

        switch (lookup)
        {
            case CredentialLookup.Pending:
                error = 0;
                return AuthenticationResult.Pending;
            case CredentialLookup.Unavailable:
                return Refuse(server, AuthenticationFailure.Unavailable, out error);
            case CredentialLookup.Found when credential!.ExpiresAt > unixNow:
                return TryPass(ref request, credential, algorithm, integrity)
                    ? Proceed(server, ref request, out error)
                    : Refuse(server, AuthenticationFailure.WrongPassword, out error);
            default:
                Verifies(message, integrity, DummyKey);
                return Refuse(server, WhyUnknown(lookup), out error);
        }
    }

    private static AuthenticationFailure WhyUnknown(CredentialLookup lookup) => lookup switch
    {
        CredentialLookup.Unknown => AuthenticationFailure.UnknownUser,
        CredentialLookup.Revoked => AuthenticationFailure.Revoked,
        _ => AuthenticationFailure.Expired,
    };

    private static AuthenticationResult Refuse(TurnServer server, AuthenticationFailure reason, out int error)
    {
        server.Counters.Count(reason);
        error = reason switch
        {
            AuthenticationFailure.Incomplete or AuthenticationFailure.WrongAlgorithm => StunErrorCode.BadRequest,
            AuthenticationFailure.StaleNonce => StunErrorCode.StaleNonce,
            AuthenticationFailure.WrongUser => StunErrorCode.WrongCredentials,
            AuthenticationFailure.Unavailable => StunErrorCode.ServerError,
            _ => StunErrorCode.Unauthorized,
        };
        return AuthenticationResult.Refused;
    }

    /// <summary>Whether what a credential was found by still stands. An access token stands for itself until it expires.</summary>
    private static bool IsCurrent(ServerPolicy policy, Credential credential, long unixNow) =>
        credential.IsAccessToken || policy.Credentials.IsCurrent(credential, unixNow);

    /// <summary>
    /// Later requests on an allocation come from the user that made it; only an Allocate is not told 441, but 437 by its own steps
    /// (RFC 8656 section 5).
    /// </summary>
    private static AuthenticationResult Proceed(TurnServer server, scoped ref Request request, out int error)
    {
        error = 0;
        if (request.Allocation is not { } allocation)
        {
            return AuthenticationResult.Passed;
        }

        // RFC 7635: a client's next token has a session key of its own. That it comes from where the allocation's client is, as its
        // nonce proves, is what makes it that client's.
        bool renews = request.Message.Method == StunMethod.Refresh
            && request.Credential!.IsAccessToken
            && allocation.Credential.IsAccessToken;
        if (!renews && !allocation.IsOwnedBy(request.Credential!))
        {
            return request.Message.Method == StunMethod.Allocate
                ? AuthenticationResult.Passed
                : Refuse(server, AuthenticationFailure.WrongUser, out error);
        }

        allocation.Renew(request.Credential!, request.Key!);
        return AuthenticationResult.Passed;
    }

    /// <summary>
    /// RFC 8489 section 9.2.4: with the "password algorithms" bit in the nonce, either neither attribute is there (an RFC 5389
    /// client: MD5), or the list equals the one offered and the choice is on it.
    /// </summary>
    private static bool TryChooseAlgorithm(in StunMessage message, ReadOnlySpan<byte> nonce, out PasswordAlgorithmId algorithm)
    {
        algorithm = PasswordAlgorithmId.Md5;
        NonceCookie.TryRead(nonce, out StunSecurityFeatures offered);
        if ((offered & StunSecurityFeatures.PasswordAlgorithms) == 0)
        {
            return true;
        }

        bool hasList = message.TryGet(StunAttributeType.PasswordAlgorithms, out ReadOnlySpan<byte> list);
        AttributeResult chosen = PasswordAlgorithm.Read(message, out PasswordAlgorithmId choice);
        if (!hasList && chosen == AttributeResult.Absent)
        {
            return true;
        }

        if (!hasList || chosen != AttributeResult.Ok || !list.SequenceEqual(Responses.OfferedAlgorithmsValue))
        {
            return false;
        }

        algorithm = choice;
        return choice is PasswordAlgorithmId.Md5 or PasswordAlgorithmId.Sha256;
    }

    private static bool Verifies(in StunMessage message, IntegrityKind integrity, LongTermCredentialKey key) =>
        integrity == IntegrityKind.Sha256
            ? MessageIntegritySha256.Verify(message, key.Sha256)
            : MessageIntegrity.Verify(message, key.Sha1);

    private static bool TryPass(
        scoped ref Request request, Credential credential, PasswordAlgorithmId algorithm, IntegrityKind integrity)
    {
        foreach (LongTermCredentialKey key in credential.Keys)
        {
            if (key.Algorithm == algorithm && Verifies(request.Message, integrity, key))
            {
                Pass(ref request, credential, key, integrity);
                return true;
            }
        }

        return false;
    }

    private static void Pass(scoped ref Request request, Credential credential, LongTermCredentialKey key, IntegrityKind integrity)
    {
        request.Credential = credential;
        request.Key = key;
        request.Integrity = integrity;
    }
}
