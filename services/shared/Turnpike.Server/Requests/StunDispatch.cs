using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>Takes a STUN message from its bytes to the file that handles its method (RFC 8489 section 6.3).</summary>
internal static class StunDispatch
{
    public static Egress OnStun(TurnServer server, ref readonly FiveTuple fiveTuple, ReadOnlySpan<byte> datagram, long now)
    {
        // RFC 8489 section 6.3: what is not well formed is dropped in silence.
        switch (StunMessage.TryParse(datagram, out StunMessage message))
        {
            case StunParseResult.Ok:
                break;
            case StunParseResult.NoMagicCookie:
                return server.Drop(DropReason.NoMagicCookie);
            case StunParseResult.BadAttribute:
                return server.Drop(DropReason.MalformedAttribute);
            default:
                return server.Drop(DropReason.MalformedStun);
        }

        AttributeResult fingerprint = Fingerprint.Check(message);
        if (fingerprint == AttributeResult.Malformed)
        {
            return server.Drop(DropReason.BadFingerprint);
        }

        switch (message.Class)
        {
            case StunClass.Request:
                var request = new Request(in fiveTuple, message, server.Policy, now)
                {
                    HasFingerprint = fingerprint == AttributeResult.Ok,
                };
                return OnRequest(server, ref request);
            case StunClass.Indication:
                return message.Method == StunMethod.Send
                    ? ClientData.OnSend(server, fiveTuple, message, now)
                    : server.Drop(DropReason.IgnoredIndication);
            default:
                return server.Drop(DropReason.UnexpectedResponse);
        }
    }

    /// <summary>Goes on with a request whose answer has come.</summary>
    public static Egress Continue(TurnServer server, ParkedRequest parked, long now)
    {
        server.Timers.Disarm(parked);
        Request request = Unpark(server, parked, now);
        return OnRequest(server, ref request);
    }

    /// <summary>Answers a request whose answer has not come in time.</summary>
    public static Egress OnParkedTooLong(TurnServer server, ParkedRequest parked, long now)
    {
        server.Parked.Take(parked.Ticket);
        Request request = Unpark(server, parked, now);
        if (parked.Key is null)
        {
            server.Counters.Count(AuthenticationFailure.Unavailable);
            return Responses.Error(server, ref request, StunErrorCode.ServerError);
        }

        // The sender proved who it is before the quota was asked for, and discards an answer without integrity (RFC 8489
        // section 9.2.5).
        request.Key = parked.Key;
        request.Integrity = parked.Integrity;
        server.Counters.Count(QuotaScope.Unavailable);
        return Responses.Error(server, ref request, StunErrorCode.InsufficientCapacity);
    }

    /// <summary>Keeps a request until its answer comes: about the credential, or, once that has passed, about the quota.</summary>
    public static Egress Park(TurnServer server, scoped ref Request request)
    {
        ParkedRequest parked = request.Parked ?? new ParkedRequest(
            request.FiveTuple, request.Message.TransactionId, request.Ticket, request.Message.Bytes.ToArray());
        parked.Key = request.Key;
        parked.Integrity = request.Integrity;
        if (!server.Parked.TryAdd(parked))
        {
            server.Counters.Count(QuotaScope.ParkedRequests);
            return Responses.Error(server, ref request, StunErrorCode.InsufficientCapacity);
        }

        server.Timers.Arm(parked, request.Now + (request.Policy.Lifetimes.ParkedRequest * 1000L));
        return Egress.Pending;
    }

    private static Egress OnRequest(TurnServer server, scoped ref Request request)
    {
        StunMethod method = request.Message.Method;
        if (method == StunMethod.Binding)
        {
            return BindingRequest.Handle(server, ref request);
        }

        if (!IsKnown(server, method))
        {
            return server.Drop(DropReason.UnknownMethod);
        }

        if (request.Parked is null)
        {
            if (server.Parked.IsParked(request.FiveTuple, request.Message.TransactionId))
            {
                return server.Drop(DropReason.AlreadyParked);
            }

            request.Ticket = server.NextTicket();
        }

        request.Allocation = AllocationLifecycle.Find(server, request.FiveTuple, request.Now);

        // RFC 8489 section 6.3.1: authentication first, then unknown attributes.
        switch (Authentication.Check(server, ref request, out int error))
        {
            case AuthenticationResult.Pending:
                return Park(server, ref request);
            case AuthenticationResult.Refused:
                return Responses.Error(server, ref request, error);
            default:
                break;
        }

        request.Rules = request.Allocation?.RulesUnder(request.Policy) ?? request.Policy.RulesFor(request.Credential!.Realm);

        Span<ushort> unknown = stackalloc ushort[KnownAttributes.MaxReported];
        int count = KnownAttributes.FindUnknown(request.Message, server.Understood, unknown);
        if (count > 0)
        {
            return Responses.UnknownAttributes(server, ref request, unknown[..count]);
        }

        if (request.Allocation is { } known && known.IsOwnedBy(request.Credential!))
        {
            known.Reach(request.FiveTuple);
        }

        // RFC 8016 section 3.2.2: the client uses its new 5-tuple, unless this is only the move to it once more.
        if (request.Allocation is { IsMoving: true } moving
            && method != StunMethod.Allocate
            && !request.Message.Has(StunAttributeType.MobilityTicket))
        {
            Mobility.OnUsed(server, moving, request.FiveTuple);
        }

        return method switch
        {
            StunMethod.Allocate => AllocateRequest.Handle(server, ref request),
            StunMethod.Refresh => RefreshRequest.Handle(server, ref request),
            StunMethod.CreatePermission => CreatePermissionRequest.Handle(server, ref request),
            StunMethod.Connect => ConnectRequest.Handle(server, ref request),
            StunMethod.ConnectionBind => ConnectionBindRequest.Handle(server, ref request),
            _ => ChannelBindRequest.Handle(server, ref request),
        };
    }

    /// <summary>The methods that need authentication; those of an extension are known where it is switched on.</summary>
    private static bool IsKnown(TurnServer server, StunMethod method) => method switch
    {
        StunMethod.Allocate or StunMethod.Refresh or StunMethod.CreatePermission or StunMethod.ChannelBind => true,
        StunMethod.Connect or StunMethod.ConnectionBind => server.Connections.RelaysTcp,
        _ => false,
    };

    private static Request Unpark(TurnServer server, ParkedRequest parked, long now)
    {
        // It parsed before it was parked, so it parses now.
        StunMessage.TryParse(parked.Message, out StunMessage message);
        return new Request(in parked.FiveTuple, message, server.Policy, now)
        {
            HasFingerprint = message.Has(StunAttributeType.Fingerprint),
            Parked = parked,
            Ticket = parked.Ticket,
        };
    }
}
