using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>How connections to and from peers begin, are answered for, and end (RFC 6062 sections 5.2 to 5.5).</summary>
internal static class PeerConnectionLifecycle
{
    /// <summary>A connection of the allocation to this peer, in whatever state.</summary>
    public static PeerConnection? Find(Allocation allocation, in TransportAddress peer)
    {
        foreach (PeerConnection connection in allocation.PeerConnections!)
        {
            if (connection.Peer.Equals(peer))
            {
                return connection;
            }
        }

        return null;
    }

    /// <summary>Takes a connection into account, and begins its 30 seconds.</summary>
    public static void Add(TurnServer server, PeerConnection connection, long now)
    {
        server.PeerConnections.Add(connection.Id, connection);
        connection.Allocation.PeerConnections!.Add(connection);
        server.Timers.Arm(connection, now + PeerConnection.WaitMilliseconds);
    }

    /// <summary>The end of an attempt to connect (RFC 6062 section 5.2).</summary>
    public static Egress OnConnectCompleted(TurnServer server, uint connectionId, bool connected, long now)
    {
        if (!server.PeerConnections.TryGetValue(connectionId, out PeerConnection? connection)
            || connection.State != PeerConnectionState.Connecting)
        {
            return server.Drop(DropReason.PeerConnectionGone);
        }

        if (!connected)
        {
            return Refuse(server, connection, StunErrorCode.ConnectionTimeoutOrFailure, now);
        }

        // A policy that changed while the connection was being made judges it again.
        if (!connection.IsAllowedBy(connection.Allocation.RulesUnder(server.Policy).Peers, server))
        {
            return Refuse(server, connection, StunErrorCode.Forbidden, now);
        }

        Request request = TakeQuestion(server, connection, now);
        connection.State = PeerConnectionState.Unbound;
        server.Timers.Arm(connection, now + PeerConnection.WaitMilliseconds);
        StunMessageWriter writer = Responses.Begin(server, ref request, StunClass.SuccessResponse);
        ConnectionId.Write(ref writer, connection.Id);
        return Responses.Finish(server, ref request, ref writer, 0);
    }

    /// <summary>A connection that a peer opened (RFC 6062 section 5.3).</summary>
    public static Egress OnIncoming(TurnServer server, Relay relay, scoped in TransportAddress source, uint connectionId, long now)
    {
        if (relay.Allocation is not { } allocation || relay.ExpiresAt <= now)
        {
            return server.Drop(DropReason.RelayWithoutAllocation);
        }

        RealmRules rules = allocation.RulesUnder(server.Policy);
        PeerPolicy peers = rules.Peers;
        TransportAddress peer = peers.RelayAddresses.ToPublic(source);
        if (allocation.Permissions.Find(peer, now) is null)
        {
            return server.Drop(DropReason.NoPermission);
        }

        if (!server.AllowsAddress(peers, peer) || !server.IsElsewhere(peers, source))
        {
            return server.Drop(DropReason.ForbiddenPeer);
        }

        if (allocation.PeerConnections!.Count >= rules.Limits.PeerConnections)
        {
            server.Counters.Count(QuotaScope.PeerConnections, allocation.RealmCounters);
            return server.Drop(DropReason.PeerConnectionLimitReached);
        }

        var connection = new PeerConnection(connectionId, allocation, relay, peer, isIncoming: true)
        {
            State = PeerConnectionState.Unbound,
        };
        Add(server, connection, now);
        var writer = new StunMessageWriter(
            server.Scratch, StunClass.Indication, StunMethod.ConnectionAttempt, server.NewTransactionId());
        XorPeerAddress.Write(ref writer, peer);
        ConnectionId.Write(ref writer, connectionId);
        return Egress.ToClient(in allocation.FiveTuple, writer.Finish());
    }

    /// <summary>The 30 seconds are over: 447 to a Connect that waits, and the end of a connection that nobody wanted.</summary>
    public static Egress OnTimer(TurnServer server, PeerConnection connection, long now)
    {
        if (connection.State == PeerConnectionState.Connecting)
        {
            return Refuse(server, connection, StunErrorCode.ConnectionTimeoutOrFailure, now);
        }

        Close(server, connection);
        return default;
    }

    /// <summary>Frees the place of a connection that has ended by itself.</summary>
    public static void Remove(TurnServer server, PeerConnection connection)
    {
        server.Timers.Disarm(connection);
        server.PeerConnections.Remove(connection.Id);
        connection.Allocation.PeerConnections!.Remove(connection);
        if (connection.State == PeerConnectionState.Bound)
        {
            server.DataConnections.Remove(connection.DataConnection);
        }
    }

    /// <summary>A client's connection has closed; what it was joined with does too (RFC 6062 section 5.5).</summary>
    public static void OnClientClosed(TurnServer server, in FiveTuple dataConnection)
    {
        if (server.DataConnections.TryGetValue(dataConnection, out PeerConnection? connection))
        {
            Close(server, connection);
        }
    }

    /// <summary>Ends a connection.</summary>
    public static void Close(TurnServer server, PeerConnection connection)
    {
        Remove(server, connection);
        server.Connections.Close(connection.Id);
    }

    /// <summary>Ends every connection of an allocation (RFC 6062 section 5.5).</summary>
    public static void CloseAll(TurnServer server, Allocation allocation)
    {
        while (allocation.PeerConnections is { Count: > 0 } connections)
        {
            Close(server, connections[^1]);
        }
    }

    /// <summary>
    /// Ends what a new policy forbids, and has the rest go on at the rates of the new one: no datagram of theirs comes by here. A
    /// connection that is being made is judged when it is there.
    /// </summary>
    public static void Judge(TurnServer server)
    {
        List<PeerConnection>? forbidden = null;
        foreach (PeerConnection connection in server.PeerConnections.Values)
        {
            PeerPolicy peers = connection.Allocation.RulesUnder(server.Policy).Peers;
            if (connection.State != PeerConnectionState.Connecting && !connection.IsAllowedBy(peers, server))
            {
                (forbidden ??= []).Add(connection);
            }
        }

        if (forbidden is not null)
        {
            foreach (PeerConnection connection in forbidden)
            {
                Close(server, connection);
            }
        }
    }

    private static Egress Refuse(TurnServer server, PeerConnection connection, int code, long now)
    {
        Request request = TakeQuestion(server, connection, now);
        Close(server, connection);
        return Responses.Error(server, ref request, code);
    }

    private static Request TakeQuestion(TurnServer server, PeerConnection connection, long now)
    {
        Request request = connection.Question!.Restore(server, connection.Allocation, now);
        connection.Question = null;
        return request;
    }
}
