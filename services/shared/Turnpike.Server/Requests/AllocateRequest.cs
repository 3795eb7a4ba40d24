using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>Allocate (RFC 8656 section 7.2), in the order of its steps.</summary>
internal static class AllocateRequest
{
    private const byte ProtocolTcp = 6;
    private const byte ProtocolUdp = 17;

    /// <summary>What the request asks for, once it is known to be consistent.</summary>
    private struct Wish
    {
        public bool Tcp;
        public bool Mobile;
        public AddressFamily Family;
        public bool Additional;
        public PortParity Parity;
        public ulong? Token;
        public uint? Lifetime;
    }

    public static Egress Handle(TurnServer server, scoped ref Request request)
    {
        // 1. Authenticated already.

        // 2. One allocation a 5-tuple; a retransmission gets its success again.
        if (request.Allocation is { } existing)
        {
            return existing.TransactionId.Equals(request.Message.TransactionId) && existing.IsOwnedBy(request.Credential!)
                ? Success(server, ref request, existing)
                : Responses.Error(server, ref request, StunErrorCode.AllocationMismatch);
        }

        // 3.–9. Does the request make sense?
        int error = Read(server, ref request, out Wish wish);
        if (error != 0)
        {
            return Responses.Error(server, ref request, error);
        }

        // Served here, or somewhere else (RFC 8489 section 10)? The other server counts its own quota.
        RedirectOccasion occasion = server.Draining ? RedirectOccasion.Draining : RedirectOccasion.Always;
        if (request.Policy.Redirect.TryChoose(occasion, request.FiveTuple.Transport, request.FiveTuple.Client.Family, out RedirectTarget? elsewhere))
        {
            return Responses.TryAlternate(server, ref request, elsewhere);
        }

        if (server.Draining)
        {
            return Responses.Error(server, ref request, StunErrorCode.InsufficientCapacity);
        }

        // 10. The user's quotas: of ports held back, and of allocations, unless a parked request has that one already.
        Credential credential = request.Credential!;
        string realm = credential.Realm ?? request.Policy.Realm;
        RealmCounters counters = server.Counters.OfRealm(realm);
        if (wish.Parity == PortParity.EvenAndReserveNext
            && !server.Reservations.MayAdd((realm, credential.User), request.Policy.ReservationsPerUser))
        {
            return Refuse(server, ref request, QuotaScope.Reservations, counters);
        }

        QuotaDecision decision = request.Parked?.QuotaFor(realm, credential.User) ?? server.Quota.TryAcquire(realm, credential.User, request.Ticket);
        if (decision == QuotaDecision.Pending)
        {
            return StunDispatch.Park(server, ref request);
        }

        if (decision != QuotaDecision.Granted)
        {
            return Refuse(server, ref request, ScopeOf(decision), counters);
        }

        if (request.Parked is { } parked)
        {
            parked.Quota = null; // it belongs to the allocation from here on
        }

        error = Open(server, ref request, wish, out Relay? ipv4, out Relay? ipv6, out Relay? reserved, out int additionalError);
        if (error != 0)
        {
            server.Quota.Release(realm, credential.User);
            return error == StunErrorCode.InsufficientCapacity
                && wish.Token is null
                && request.Policy.Redirect.TryChoose(
                    RedirectOccasion.Full, request.FiveTuple.Transport, request.FiveTuple.Client.Family, out elsewhere)
                    ? Responses.TryAlternate(server, ref request, elsewhere)
                    : Responses.Error(server, ref request, error);
        }

        LifetimePolicy lifetimes = request.Rules.Lifetimes;
        uint lifetime = AllocationLifecycle.GrantLifetime(lifetimes, credential, wish.Lifetime, server.UnixSeconds(request.Now));
        var allocation = new Allocation(request.FiveTuple, credential, request.Key!, request.Policy, counters)
        {
            Id = server.NewAllocationId(),
            StartedAt = request.Now,
            TransactionId = request.Message.TransactionId,
            GrantedLifetime = lifetime,
            AdditionalFamilyError = additionalError,
            PeerConnections = wish.Tcp ? [] : null,
            ReservationToken = reserved is null
                ? null
                : server.Reservations.Add(reserved, (realm, credential.User), request.Now + (lifetimes.Reservation * 1000L)),
        };
        if (wish.Mobile)
        {
            Mobility.Begin(server, allocation);
        }

        AllocationLifecycle.Begin(server, allocation, ipv4, ipv6, request.Now + (lifetime * 1000L));
        return Success(server, ref request, allocation);
    }

    /// <summary>486; 508 where nobody knows whether there is quota left.</summary>
    private static Egress Refuse(TurnServer server, scoped ref Request request, QuotaScope scope, RealmCounters counters)
    {
        server.Counters.Count(scope, counters);
        int code = scope == QuotaScope.Unavailable ? StunErrorCode.InsufficientCapacity : StunErrorCode.AllocationQuotaReached;
        return Responses.Error(server, ref request, code);
    }

    private static QuotaScope ScopeOf(QuotaDecision decision) => decision switch
    {
        QuotaDecision.UserQuotaReached => QuotaScope.User,
        QuotaDecision.RealmQuotaReached => QuotaScope.Realm,
        QuotaDecision.ServerQuotaReached => QuotaScope.Total,
        QuotaDecision.ByteQuotaReached => QuotaScope.Bytes,
        _ => QuotaScope.Unavailable,
    };

    private static int Read(TurnServer server, scoped ref Request request, out Wish wish)
    {
        StunMessage message = request.Message;
        wish = new Wish { Family = AddressFamily.IPv4 };

        // 3. REQUESTED-TRANSPORT is a must, and names UDP, or TCP where that is relayed.
        if (RequestedTransport.Read(message, out byte protocol) != AttributeResult.Ok)
        {
            return StunErrorCode.BadRequest;
        }

        wish.Tcp = protocol == ProtocolTcp && server.Connections.RelaysTcp;
        if (protocol != ProtocolUdp && !wish.Tcp)
        {
            return StunErrorCode.UnsupportedTransportProtocol;
        }

        // RFC 6062 section 5.1: TCP is relayed to clients over TCP and TLS, and has no use for what is about datagrams and ports.
        if (wish.Tcp && (!request.FiveTuple.IsStream || AsksForUdp(message)))
        {
            return StunErrorCode.BadRequest;
        }

        // RFC 8016 section 3.1.2. A TCP allocation's connections cannot follow, so it is given no ticket.
        int error = Mobility.ReadAllocate(ref request, out bool mobile);
        if (error != 0)
        {
            return error;
        }

        wish.Mobile = mobile && !wish.Tcp;

        // 4. DONT-FRAGMENT that cannot be honoured was refused with the unknown attributes.

        // 5. RESERVATION-TOKEN names a port already, so nothing else may choose one.
        AttributeResult evenPort = EvenPort.Read(message, out bool reserveNext);
        AttributeResult requestedFamily = RequestedAddressFamily.Read(message, out AddressFamily family);
        AttributeResult additionalFamily = AdditionalAddressFamily.Read(message, out AddressFamily additional);
        AttributeResult hasToken = ReservationToken.Read(message, out ulong token);
        AttributeResult hasLifetime = Lifetime.Read(message, out uint seconds);
        if (evenPort == AttributeResult.Malformed
            || requestedFamily == AttributeResult.Malformed
            || additionalFamily == AttributeResult.Malformed
            || hasToken == AttributeResult.Malformed
            || hasLifetime == AttributeResult.Malformed)
        {
            return StunErrorCode.BadRequest;
        }

        if (hasToken == AttributeResult.Ok)
        {
            if (evenPort == AttributeResult.Ok
                || requestedFamily == AttributeResult.Ok
                || additionalFamily == AttributeResult.Ok)
            {
                return StunErrorCode.BadRequest;
            }

            wish.Token = token;
        }

        // 6. REQUESTED-ADDRESS-FAMILY: a family that exists; not beside ADDITIONAL-ADDRESS-FAMILY.
        if (requestedFamily == AttributeResult.Ok)
        {
            if (additionalFamily == AttributeResult.Ok)
            {
                return StunErrorCode.BadRequest;
            }

            if (family is not (AddressFamily.IPv4 or AddressFamily.IPv6))
            {
                return StunErrorCode.AddressFamilyNotSupported;
            }

            wish.Family = family;
        }

        // 7. ADDITIONAL-ADDRESS-FAMILY: IPv6 is the only one there is; no second port can be reserved beside it.
        if (additionalFamily == AttributeResult.Ok)
        {
            if (additional != AddressFamily.IPv6 || (evenPort == AttributeResult.Ok && reserveNext))
            {
                return StunErrorCode.BadRequest;
            }

            wish.Additional = true;
        }

        // 8. EVEN-PORT, with or without the next port held back.
        if (evenPort == AttributeResult.Ok)
        {
            wish.Parity = reserveNext ? PortParity.EvenAndReserveNext : PortParity.Even;
        }

        wish.Lifetime = hasLifetime == AttributeResult.Ok ? seconds : null;
        return 0;
    }

    private static bool AsksForUdp(in StunMessage message) =>
        message.Has(StunAttributeType.DontFragment)
        || message.Has(StunAttributeType.EvenPort)
        || message.Has(StunAttributeType.ReservationToken)
        || message.Has(StunAttributeType.AdditionalAddressFamily);

    /// <summary>Opens what was asked for; 0, or the code of the error.</summary>
    private static int Open(
        TurnServer server,
        scoped ref Request request,
        in Wish wish,
        out Relay? ipv4,
        out Relay? ipv6,
        out Relay? reserved,
        out int additionalError)
    {
        ipv4 = ipv6 = reserved = null;
        additionalError = 0;
        Relay? relay;
        if (wish.Token is { } token)
        {
            if (!server.Reservations.TryTake(token, request.Now, out relay))
            {
                return StunErrorCode.InsufficientCapacity;
            }

            server.Pool.Adopt(relay!);
            Assign(relay!, ref ipv4, ref ipv6);
            return 0;
        }

        int error = Code(wish.Tcp
            ? server.Connections.TryListen(wish.Family, request.FiveTuple.Server, out relay)
            : server.Pool.TryOpen(wish.Family, request.FiveTuple.Server, wish.Parity, out relay, out reserved));
        if (error == 0)
        {
            Assign(relay!, ref ipv4, ref ipv6);
        }

        if (!wish.Additional)
        {
            return error;
        }

        int second = Code(server.Pool.TryOpen(AddressFamily.IPv6, request.FiveTuple.Server, wish.Parity, out relay, out _));
        if (second == 0)
        {
            Assign(relay!, ref ipv4, ref ipv6);
        }

        // One of two is a success that says what is missing; none is an error.
        additionalError = error != 0 ? error : second;
        return error != 0 && second != 0 ? error : 0;
    }

    private static void Assign(Relay relay, ref Relay? ipv4, ref Relay? ipv6)
    {
        if (relay.Address.Family == AddressFamily.IPv4)
        {
            ipv4 = relay;
        }
        else
        {
            ipv6 = relay;
        }
    }

    private static int Code(RelayOpening opening) => opening switch
    {
        RelayOpening.Opened => 0,
        RelayOpening.FamilyNotSupported => StunErrorCode.AddressFamilyNotSupported,
        _ => StunErrorCode.InsufficientCapacity,
    };

    private static Egress Success(TurnServer server, scoped ref Request request, Allocation allocation)
    {
        StunMessageWriter writer = Responses.Begin(server, ref request, StunClass.SuccessResponse);
        if (allocation.RelayIPv4 is { } ipv4)
        {
            XorRelayedAddress.Write(ref writer, ipv4.Address);
        }

        if (allocation.RelayIPv6 is { } ipv6)
        {
            XorRelayedAddress.Write(ref writer, ipv6.Address);
        }

        if (allocation.AdditionalFamilyError != 0)
        {
            AddressFamily missing = allocation.RelayIPv4 is null ? AddressFamily.IPv4 : AddressFamily.IPv6;
            AddressErrorCode.Write(ref writer, missing, allocation.AdditionalFamilyError);
        }

        Lifetime.Write(ref writer, allocation.GrantedLifetime);
        if (allocation.ReservationToken is { } token)
        {
            ReservationToken.Write(ref writer, token);
        }

        if (allocation.MobileId != 0)
        {
            Mobility.WriteTicket(server, ref request, allocation, ref writer);
        }

        XorMappedAddress.Write(ref writer, allocation.FiveTuple.Client);
        return Responses.Finish(server, ref request, ref writer, 0);
    }
}
