using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>ConnectionBind (RFC 6062 section 5.4): makes the connection that it comes over the client's end of a peer's connection.</summary>
internal static class ConnectionBindRequest
{
    public static Egress Handle(TurnServer server, scoped ref Request request)
    {
        // Over a stream, and not over a control connection: that one goes on carrying STUN.
        if (!request.FiveTuple.IsStream
            || request.Allocation is not null
            || server.DataConnections.ContainsKey(request.FiveTuple)
            || ConnectionId.Read(request.Message, out uint id) != AttributeResult.Ok)
        {
            return Responses.Error(server, ref request, StunErrorCode.BadRequest);
        }

        // It is there, nobody has bound it, and neither its time nor the allocation's is over.
        if (!server.PeerConnections.TryGetValue(id, out PeerConnection? connection)
            || connection.State != PeerConnectionState.Unbound
            || connection.DueAt <= request.Now
            || connection.Relay.ExpiresAt <= request.Now)
        {
            return Responses.Error(server, ref request, StunErrorCode.BadRequest);
        }

        // RFC 6062 section 4.3: with the credentials of the control connection.
        if (!connection.Allocation.IsOwnedBy(request.Credential!))
        {
            server.Counters.Count(AuthenticationFailure.WrongUser);
            return Responses.Error(server, ref request, StunErrorCode.WrongCredentials);
        }

        connection.State = PeerConnectionState.Bound;
        connection.DataConnection = request.FiveTuple;
        server.DataConnections.Add(request.FiveTuple, connection);
        server.Timers.Disarm(connection);
        server.Connections.Bind(id, request.FiveTuple);
        StunMessageWriter writer = Responses.Begin(server, ref request, StunClass.SuccessResponse);
        return Responses.Finish(server, ref request, ref writer, 0);
    }
}
