using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>CreatePermission (RFC 8656 section 10.2): one or many peers, all or none.</summary>
internal static class CreatePermissionRequest
{
    public static Egress Handle(TurnServer server, scoped ref Request request)
    {
        if (request.Allocation is not { } allocation)
        {
            return Responses.Error(server, ref request, StunErrorCode.AllocationMismatch);
        }

        // First every peer is judged, then every permission installed.
        int error = Judge(server, ref request, allocation, out int newPeers);
        if (error == 0 && newPeers > 0)
        {
            error = Permissions.Admit(server, ref request, allocation, newPeers);
        }

        if (error != 0)
        {
            return Responses.Error(server, ref request, error);
        }

        int offset = 0;
        while (XorPeerAddress.ReadNext(request.Message, ref offset, out TransportAddress peer) == AttributeResult.Ok)
        {
            Permissions.Install(ref request, allocation, peer);
        }

        if (newPeers > 0)
        {
            server.Observer.Permitted(allocation, newPeers);
        }

        StunMessageWriter writer = Responses.Begin(server, ref request, StunClass.SuccessResponse);
        return Responses.Finish(server, ref request, ref writer, 0);
    }

    private static int Judge(TurnServer server, scoped ref Request request, Allocation allocation, out int newPeers)
    {
        newPeers = 0;
        int peers = 0;
        int offset = 0;
        while (true)
        {
            switch (XorPeerAddress.ReadNext(request.Message, ref offset, out TransportAddress peer))
            {
                case AttributeResult.Absent:
                    return peers == 0 ? StunErrorCode.BadRequest : 0;
                case AttributeResult.Malformed:
                    return StunErrorCode.BadRequest;
                default:
                    peers++;
                    break;
            }

            if (allocation.RelayFor(peer.Family) is null)
            {
                return StunErrorCode.PeerAddressFamilyMismatch;
            }

            if (!server.AllowsAddress(request.Rules.Peers, peer))
            {
                return StunErrorCode.Forbidden;
            }

            if (allocation.Permissions.Find(peer, request.Now) is null && !IsRepeated(request.Message, peer, offset))
            {
                newPeers++;
            }

            // Nothing more can be installed, and how long the list is must not decide how long it takes.
            if (newPeers > request.Rules.Limits.Permissions)
            {
                return Permissions.Refuse(server, allocation, QuotaScope.Permissions);
            }
        }
    }

    /// <summary>Whether the address stood in the list before: ports of one address share a permission (RFC 8656 section 9).</summary>
    private static bool IsRepeated(in StunMessage message, in TransportAddress peer, int end)
    {
        int offset = 0;
        while (XorPeerAddress.ReadNext(message, ref offset, out TransportAddress earlier) == AttributeResult.Ok && offset < end)
        {
            if (earlier.SameAddress(peer))
            {
                return true;
            }
        }

        return false;
    }
}
