using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>Refresh (RFC 8656 section 8.2): extends an allocation, or ends it with a LIFETIME of 0.</summary>
internal static class RefreshRequest
{
    public static Egress Handle(TurnServer server, scoped ref Request request)
    {
        AttributeResult hasLifetime = Lifetime.Read(request.Message, out uint requested);
        AttributeResult hasFamily = RequestedAddressFamily.Read(request.Message, out AddressFamily family);
        if (hasLifetime == AttributeResult.Malformed || hasFamily == AttributeResult.Malformed)
        {
            return Responses.Error(server, ref request, StunErrorCode.BadRequest);
        }

        // The answer to a deletion may have been lost. Its retransmission gets it again, and deletes nothing that came after it.
        bool deletes = hasLifetime == AttributeResult.Ok && requested == 0;
        if (deletes && server.Deletions.Contains(request.FiveTuple, request.Message.TransactionId, request.Now))
        {
            return Success(server, ref request, 0);
        }

        int error = Mobility.ReadRefresh(server, ref request, out Allocation? found, out bool moves);
        if (error != 0)
        {
            return Responses.Error(server, ref request, error);
        }

        Allocation allocation = found!;

        if (hasFamily == AttributeResult.Absent)
        {
            family = AddressFamily.None; // all there are
        }
        else if (family is not (AddressFamily.IPv4 or AddressFamily.IPv6) || allocation.RelayFor(family) is null)
        {
            return Responses.Error(server, ref request, StunErrorCode.PeerAddressFamilyMismatch);
        }

        if (deletes)
        {
            server.Deletions.Add(request.FiveTuple, request.Message.TransactionId, request.Now);
            AllocationLifecycle.Refresh(server, allocation, family, request.Now);
            AllocationLifecycle.OnTimer(server, allocation, request.Now, AllocationEnd.Deleted);
            return Success(server, ref request, 0);
        }

        if (moves)
        {
            Mobility.Move(server, ref request, allocation);
        }

        uint lifetime = AllocationLifecycle.GrantLifetime(
            request.Rules.Lifetimes,
            request.Credential!,
            hasLifetime == AttributeResult.Ok ? requested : null,
            server.UnixSeconds(request.Now));
        if (server.Draining && server.DrainEndsAt != long.MaxValue)
        {
            // A client is told the truth: nothing lives longer than the drain.
            lifetime = (uint)Math.Clamp((server.DrainEndsAt - request.Now) / 1000, 1, lifetime);
        }

        AllocationLifecycle.Refresh(server, allocation, family, request.Now + (lifetime * 1000L));
        server.Observer.Refreshed(allocation, lifetime);
        return Success(server, ref request, lifetime, moves ? allocation : null);
    }

    private static Egress Success(TurnServer server, scoped ref Request request, uint lifetime, Allocation? moved = null)
    {
        StunMessageWriter writer = Responses.Begin(server, ref request, StunClass.SuccessResponse);
        Lifetime.Write(ref writer, lifetime);
        if (moved is not null)
        {
            Mobility.WriteTicket(server, ref request, moved, ref writer);
        }

        return Responses.Finish(server, ref request, ref writer, 0);
    }
}
