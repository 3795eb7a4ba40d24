using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>Connect (RFC 6062 section 5.2): a TCP connection from the relayed transport address to a peer. Answered when it is there.</summary>
internal static class ConnectRequest
{
    public static Egress Handle(TurnServer server, scoped ref Request request)
    {
        if (request.Allocation is not { } allocation)
        {
            return Responses.Error(server, ref request, StunErrorCode.AllocationMismatch);
        }

        // An allocation that relays UDP has no connections; what is being asked of it makes no sense.
        if (!allocation.RelaysTcp || XorPeerAddress.Read(request.Message, out TransportAddress peer) != AttributeResult.Ok)
        {
            return Responses.Error(server, ref request, StunErrorCode.BadRequest);
        }

        if (allocation.RelayFor(peer.Family) is not { } relay)
        {
            return Responses.Error(server, ref request, StunErrorCode.PeerAddressFamilyMismatch);
        }

        // One connection a peer, whether it is being made, waits for its ConnectionBind or is in use.
        if (PeerConnectionLifecycle.Find(allocation, peer) is not null)
        {
            return Responses.Error(server, ref request, StunErrorCode.ConnectionAlreadyExists);
        }

        // No permission is asked for: the client itself names the peer, in a request that is authenticated. The policy is.
        PeerPolicy peers = request.Rules.Peers;
        if (!server.Allows(peers, peer))
        {
            return Responses.Error(server, ref request, StunErrorCode.Forbidden);
        }

        // Connect is what a port scan is made of, so it pays for each peer that it names.
        QuotaScope? over = allocation.PeerConnections.Count >= request.Rules.Limits.PeerConnections ? QuotaScope.PeerConnections
            : !allocation.NewPeers.TryTake(1, request.Now) ? QuotaScope.NewPeers
            : null;
        if (over is { } scope)
        {
            return Responses.Error(server, ref request, Permissions.Refuse(server, allocation, scope));
        }

        var connection = new PeerConnection(server.NewConnectionId(), allocation, relay, peer, isIncoming: false)
        {
            Question = ConnectQuestion.Of(ref request),
        };
        PeerConnectionLifecycle.Add(server, connection, request.Now);
        server.Connections.Connect(relay, peers.RelayAddresses.ToLocal(peer), connection.Id);
        return Egress.Pending;
    }
}
