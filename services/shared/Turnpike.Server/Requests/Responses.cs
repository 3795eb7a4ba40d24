using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>Builds responses: what every one has in common, and the errors.</summary>
internal static class Responses
{
    private static readonly PasswordAlgorithmId[] OfferedAlgorithms = [PasswordAlgorithmId.Md5, PasswordAlgorithmId.Sha256];

    /// <summary>The value of PASSWORD-ALGORITHMS as it is offered: MD5 and SHA-256, both without parameters.</summary>
    public static ReadOnlySpan<byte> OfferedAlgorithmsValue => [0, 1, 0, 0, 0, 2, 0, 0];

    public static StunMessageWriter Begin(TurnServer server, scoped ref Request request, StunClass @class) =>
        new(server.Scratch, @class, request.Message.Method, request.Message.TransactionId);

    /// <summary>Closes a response: SOFTWARE and integrity for those who proved who they are, FINGERPRINT for those who sent one.</summary>
    public static Egress Finish(TurnServer server, scoped ref Request request, scoped ref StunMessageWriter writer, int code)
    {
        if (request.IsAuthenticated)
        {
            if (request.Policy.SoftwareBytes.Length > 0)
            {
                Software.Write(ref writer, request.Policy.SoftwareBytes);
            }

            if (request.Integrity == IntegrityKind.Sha256)
            {
                MessageIntegritySha256.Write(ref writer, request.Key!.Sha256);
            }
            else
            {
                MessageIntegrity.Write(ref writer, request.Key!.Sha1);
            }
        }

        if (request.HasFingerprint)
        {
            Fingerprint.Write(ref writer);
        }

        server.Counters.Count(request.Message.Method, code);
        return Egress.ToClient(in request.FiveTuple, server.Scratch[..writer.Length]);
    }

    /// <summary>An error response, or silence where an unauthenticated source has had its share of them.</summary>
    public static Egress Error(TurnServer server, scoped ref Request request, int code)
    {
        if (!MayAnswer(server, ref request))
        {
            return server.Drop(DropReason.UnauthenticatedRateLimited);
        }

        StunMessageWriter writer = Begin(server, ref request, StunClass.ErrorResponse);
        ErrorCode.Write(ref writer, code);
        if (code is StunErrorCode.Unauthorized or StunErrorCode.StaleNonce)
        {
            Challenge(server, ref request, ref writer);
            if (code == StunErrorCode.Unauthorized && request.Policy.ThirdParty is { } thirdParty)
            {
                ThirdPartyAuthorization.Write(ref writer, thirdParty.ServerName);
            }
        }

        return Finish(server, ref request, ref writer, code);
    }

    /// <summary>300 (RFC 8489 section 10), to a client that has proved who it is; the domain only where there is a certificate.</summary>
    public static Egress TryAlternate(TurnServer server, scoped ref Request request, RedirectTarget target)
    {
        StunMessageWriter writer = Begin(server, ref request, StunClass.ErrorResponse);
        ErrorCode.Write(ref writer, StunErrorCode.TryAlternate);
        AlternateServer.Write(ref writer, target.Server);
        if (target.Domain.Length > 0 && request.FiveTuple.Transport is (ClientTransport.Tls or ClientTransport.Dtls))
        {
            AlternateDomain.Write(ref writer, target.Domain);
        }

        return Finish(server, ref request, ref writer, StunErrorCode.TryAlternate);
    }

    /// <summary>420 with the list of what is not understood (RFC 8489 section 6.3.1).</summary>
    public static Egress UnknownAttributes(TurnServer server, scoped ref Request request, scoped ReadOnlySpan<ushort> unknown)
    {
        if (!MayAnswer(server, ref request))
        {
            return server.Drop(DropReason.UnauthenticatedRateLimited);
        }

        StunMessageWriter writer = Begin(server, ref request, StunClass.ErrorResponse);
        ErrorCode.Write(ref writer, StunErrorCode.UnknownAttribute);
        Protocol.Attributes.UnknownAttributes.Write(ref writer, unknown);
        return Finish(server, ref request, ref writer, StunErrorCode.UnknownAttribute);
    }

    /// <summary>Only UDP sources can be made up, so only they are limited.</summary>
    public static bool MayAnswer(TurnServer server, scoped ref Request request) =>
        request.IsAuthenticated
        || request.FiveTuple.Transport != ClientTransport.Udp
        || server.UnauthenticatedSources.TryTake(
            request.FiveTuple.Client, request.Policy.UnauthenticatedResponsesPerSecond, request.Now);

    private static void Challenge(TurnServer server, scoped ref Request request, scoped ref StunMessageWriter writer)
    {
        Span<byte> nonce = stackalloc byte[NonceCodec.Length];
        NonceCodec.Write(request.Policy, request.FiveTuple.Client, server.UnixSeconds(request.Now), nonce);
        Realm.Write(ref writer, request.Policy.RealmBytes);
        Nonce.Write(ref writer, nonce);
        if ((request.Policy.Features & StunSecurityFeatures.PasswordAlgorithms) != 0)
        {
            PasswordAlgorithms.Write(ref writer, OfferedAlgorithms);
        }
    }
}
