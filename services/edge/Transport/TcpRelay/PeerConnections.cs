using System.Net;
using System.Net.Sockets;
using Turnpike.Protocol;
using Turnpike.Server;
using AddressFamily = Turnpike.Protocol.AddressFamily;

namespace Turnpike.Edge.Transport.TcpRelay;

/// <summary>
/// The TCP sockets of one shard's allocations. The shard's thread opens, joins and closes them; connecting, accepting and relaying
/// go on elsewhere and come back through its inbox.
/// </summary>
/// <param name="interfaces">Where relayed transport addresses may be.</param>
/// <param name="time">The source of time.</param>
/// <param name="onExhausted">Told when the system, not the range, had nothing to give.</param>
internal sealed class PeerConnections(
    IReadOnlyList<RelayInterface> interfaces, TimeProvider time, Action<SocketError> onExhausted) : IPeerConnections
{
    // As for UDP: that many ports in a row that others hold mean that something else is wrong.
    private const int MaxAttempts = 64;

    private readonly Dictionary<uint, PeerSocket> _peers = [];
    private Shard? _shard;

    public TcpRelayCounters Counters { get; } = new();

    public bool RelaysTcp => true;

    /// <summary>Before the shard is started: names it.</summary>
    public void Serve(Shard shard) => _shard = shard;

    public RelayOpening TryListen(AddressFamily family, in TransportAddress server, out Relay? relay)
    {
        relay = null;
        if (RelayInterface.Choose(interfaces, family, server) is not { TcpPorts: { } ports } chosen)
        {
            return RelayOpening.FamilyNotSupported;
        }

        List<ushort> refused = [];
        SocketError error = SocketError.Success;
        TcpRelaySocket? listening = null;
        for (int attempt = 0; attempt < MaxAttempts && listening is null && ports.TryTake(PortParity.Any, out ushort port); attempt++)
        {
            if (!TcpRelaySocket.TryListen(chosen, port, time, out listening, out error))
            {
                refused.Add(port);
                if (error != SocketError.AddressAlreadyInUse)
                {
                    break;
                }
            }
        }

        refused.ForEach(ports.Release);
        if (listening is null)
        {
            if (error != SocketError.Success)
            {
                onExhausted(error);
            }

            return RelayOpening.NoCapacity;
        }

        relay = listening;
        _ = Task.Run(() => listening.AcceptAsync(DecideAsync));
        return RelayOpening.Opened;
    }

    public void Connect(Relay relay, in TransportAddress peer, uint connectionId)
    {
        var from = (TcpRelaySocket)relay;
        IPEndPoint endpoint = peer.ToIPEndPoint();
        Socket socket;
        try
        {
            socket = PeerSocket.Create(endpoint.AddressFamily);
        }
        catch (SocketException exception)
        {
            onExhausted(exception.SocketErrorCode);
            _shard!.Ask((server, now) => server.OnConnectCompleted(connectionId, connected: false, now));
            return;
        }

        PeerSocket connecting = Add(connectionId, socket, from);
        _ = Task.Run(async () =>
        {
            bool connected = await connecting.ConnectAsync(endpoint);
            _shard!.Ask((server, now) =>
                _peers.ContainsKey(connectionId) ? server.OnConnectCompleted(connectionId, connected, now) : default);
        });
    }

    public void Bind(uint connectionId, in FiveTuple dataConnection)
    {
        PeerSocket peer = _peers[connectionId];
        if (!_shard!.Streams.TryTakeOver(dataConnection, async client =>
        {
            await peer.RelayAsync(client);
            _shard.Post(server => OnEnded(server, connectionId));
        }))
        {
            _shard.Post(server => OnEnded(server, connectionId));
        }
    }

    public void Close(uint connectionId)
    {
        if (_peers.Remove(connectionId, out PeerSocket? peer))
        {
            peer.Dispose();
            Counters.Closed();
        }
    }

    public void Close(Relay relay)
    {
        var listening = (TcpRelaySocket)relay;
        listening.Dispose();
        listening.Interface.TcpPorts!.Release(relay.Local.Port);
    }

    private PeerSocket Add(uint connectionId, Socket socket, TcpRelaySocket relay)
    {
        // The server has just said so of the relay's allocation, which therefore is there.
        var peer = new PeerSocket(socket, relay, relay.Allocation!.Traffic, time);
        _peers.Add(connectionId, peer);
        Counters.Opened();
        return peer;
    }

    /// <summary>Asks the shard about a peer that knocks; it is let in or closed.</summary>
    private Task DecideAsync(TcpRelaySocket relay, Socket socket)
    {
        var decided = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TransportAddress peer;
        try
        {
            peer = TransportAddress.From((IPEndPoint)socket.RemoteEndPoint!);
        }
        catch (SocketException)
        {
            // It is gone already.
            socket.Dispose();
            return Task.CompletedTask;
        }

        _shard!.Ask((server, now) =>
        {
            uint id = server.NewConnectionId();
            Egress egress = server.OnPeerConnection(relay, peer, id, now);
            if (egress.Kind == EgressKind.ToClient)
            {
                Add(id, socket, relay);
            }
            else
            {
                socket.Dispose();
            }

            decided.SetResult();
            return egress;
        });
        return decided.Task;
    }

    private void OnEnded(TurnServer server, uint connectionId)
    {
        Close(connectionId);
        server.OnPeerConnectionClosed(connectionId);
    }
}
