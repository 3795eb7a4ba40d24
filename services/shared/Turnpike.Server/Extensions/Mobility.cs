using System.Buffers.Binary;
using System.Security.Cryptography;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>
/// Mobility (RFC 8016): an allocation outlives its client's change of address. A Refresh with the ticket brings the new 5-tuple;
/// the old one serves until the client uses the new one. An allocation holds at most these two, however often it moves, and
/// counts once against every quota all the while.
/// </summary>
internal static class Mobility
{
    /// <summary>
    /// Whether an Allocate asks for a ticket; 0, or the code of the error (RFC 8016 section 3.1.2): an attribute with content is 400
    /// whether mobility is served or not, an empty one is 405 where it is not.
    /// </summary>
    public static int ReadAllocate(scoped ref Request request, out bool wanted)
    {
        wanted = false;
        if (MobilityTicket.Read(request.Message, out ReadOnlySpan<byte> ticket) == AttributeResult.Absent)
        {
            return 0;
        }

        if (!ticket.IsEmpty)
        {
            return StunErrorCode.BadRequest;
        }

        wanted = request.Policy.Mobility;
        return wanted ? 0 : StunErrorCode.MobilityForbidden;
    }

    /// <summary>Makes a new allocation one that can move.</summary>
    public static void Begin(TurnServer server, Allocation allocation)
    {
        Span<byte> random = stackalloc byte[8];
        do
        {
            RandomNumberGenerator.Fill(random);
            allocation.MobileId = BinaryPrimitives.ReadUInt64BigEndian(random);
        }
        while (allocation.MobileId == 0 || !server.MobileAllocations.TryAdd(allocation.MobileId, allocation));
    }

    /// <summary>
    /// The allocation that a Refresh means: its ticket's, or else its 5-tuple's (RFC 8016 section 3.2.2). 0, or the code of the
    /// error.
    /// </summary>
    /// <param name="server">The server.</param>
    /// <param name="request">The request, authenticated.</param>
    /// <param name="allocation">The allocation; with a ticket not necessarily that of the 5-tuple.</param>
    /// <param name="hasTicket">Whether the request asks for a move.</param>
    public static int ReadRefresh(TurnServer server, scoped ref Request request, out Allocation? allocation, out bool hasTicket)
    {
        allocation = request.Allocation;
        hasTicket = MobilityTicket.Read(request.Message, out ReadOnlySpan<byte> bytes) != AttributeResult.Absent;
        if (!hasTicket)
        {
            return allocation is null ? StunErrorCode.AllocationMismatch : 0;
        }

        if (!request.Policy.Mobility)
        {
            return StunErrorCode.MobilityForbidden;
        }

        if (!SealedTicket.TryOpen(request.Policy.TicketKeys, bytes, out Ticket ticket))
        {
            return StunErrorCode.BadRequest;
        }

        if (ticket.Shard != server.Shard)
        {
            // Whoever owns the sockets brings such a request to the shard that it names, where there is room for that.
            return StunErrorCode.InsufficientCapacity;
        }

        if (request.Allocation is { } own)
        {
            if (own.MobileId != ticket.Allocation)
            {
                return StunErrorCode.AllocationMismatch; // the 5-tuple is taken
            }

            // The client is there already. That is an error, unless the answer to its move was lost.
            return own.IsMovingTo(request.FiveTuple) || own.MoveTransactionId.Equals(request.Message.TransactionId)
                ? 0
                : StunErrorCode.BadRequest;
        }

        allocation = Find(server, ticket, request.Now);
        if (allocation is null)
        {
            return StunErrorCode.AllocationMismatch;
        }

        if (allocation.IsOwnedBy(request.Credential!))
        {
            return 0;
        }

        server.Counters.Count(AuthenticationFailure.WrongUser);
        return StunErrorCode.WrongCredentials;
    }

    /// <summary>Adds the new 5-tuple; one that was never used makes room for it.</summary>
    public static void Move(TurnServer server, scoped ref Request request, Allocation allocation)
    {
        allocation.Renew(request.Credential!, request.Key!);
        if (ReferenceEquals(request.Allocation, allocation))
        {
            return; // it has been moved, and only the answer is asked for again
        }

        server.Allocations.SetNext(allocation, request.FiveTuple);
        allocation.MoveTransactionId = request.Message.TransactionId;
        allocation.Generation++;
        server.Counters.AllocationsMoved++;
        server.Observer.Moved(allocation);
    }

    /// <summary>The client shows up on one of its 5-tuples: on the new one, the old one goes.</summary>
    public static void OnUsed(TurnServer server, Allocation allocation, in FiveTuple fiveTuple)
    {
        if (allocation.IsMovingTo(fiveTuple))
        {
            server.Allocations.PromoteNext(allocation);
            allocation.SettledGeneration = allocation.Generation;
            server.Counters.Recount(allocation);
        }
    }

    /// <summary><see cref="TurnServer.TryReadTicketOwner"/>.</summary>
    public static bool TryReadOwner(TurnServer server, in FiveTuple fiveTuple, ReadOnlySpan<byte> datagram, long now, out int shard)
    {
        shard = 0;

        // A 5-tuple with an allocation of its own stays where it is: whoever can fake its address must not be able to take it away.
        if (!server.Policy.Mobility
            || datagram.Length <= StunMessage.HeaderLength + SealedTicket.Length
            || BinaryPrimitives.ReadUInt16BigEndian(datagram) != (ushort)StunMethod.Refresh
            || StunMessage.TryParse(datagram, out StunMessage message) != StunParseResult.Ok
            || MobilityTicket.Read(message, out ReadOnlySpan<byte> bytes) != AttributeResult.Ok
            || server.HasAllocation(fiveTuple)
            || Nonce.Read(message, out ReadOnlySpan<byte> nonce) != AttributeResult.Ok
            || !NonceCodec.Verify(server.Policy, fiveTuple.Client, server.UnixSeconds(now), nonce)
            || !SealedTicket.TryOpen(server.Policy.TicketKeys, bytes, out Ticket ticket))
        {
            return false;
        }

        shard = ticket.Shard;
        return shard != server.Shard;
    }

    /// <summary>
    /// The connection of a 5-tuple has closed. That is what moving looks like over TCP: an allocation that can move waits for its
    /// ticket, within its lifetime, instead of ending (RFC 8016 section 1).
    /// </summary>
    /// <returns>Whether the allocation goes on.</returns>
    public static bool OnClosed(TurnServer server, Allocation allocation, in FiveTuple fiveTuple)
    {
        if (allocation.IsMovingTo(fiveTuple))
        {
            server.Allocations.DropNext(allocation);
        }
        else if (allocation.IsMoving)
        {
            OnUsed(server, allocation, allocation.NextFiveTuple);
        }

        return allocation.MobileId != 0;
    }

    public static void WriteTicket(TurnServer server, scoped ref Request request, Allocation allocation, ref StunMessageWriter writer)
    {
        Span<byte> ticket = stackalloc byte[SealedTicket.Length];
        SealedTicket.Seal(
            request.Policy.TicketKeys,
            new Ticket(allocation.MobileId, allocation.Generation, server.Shard),
            ticket);
        MobilityTicket.Write(ref writer, ticket);
    }

    /// <summary>
    /// The live allocation of a ticket. A ticket is spent by a move; but until the client shows up on a new 5-tuple, the answers
    /// may have been lost and the client moved on with the ticket that it has, so tickets since the last completed move are good.
    /// </summary>
    private static Allocation? Find(TurnServer server, in Ticket ticket, long now)
    {
        if (server.MobileAllocations.GetValueOrDefault(ticket.Allocation) is not { } allocation)
        {
            return null;
        }

        if (allocation.NextExpiry <= now)
        {
            AllocationLifecycle.OnTimer(server, allocation, now);
            if (allocation.MobileId == 0)
            {
                return null;
            }
        }

        // No honest client moves so often that the count comes to its end.
        return ticket.Generation >= allocation.SettledGeneration && allocation.Generation < ushort.MaxValue ? allocation : null;
    }
}
