using System.Net;
using System.Net.Sockets;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.LoadTest.Cluster;

/// <summary>Clients that make an allocation, delete it, and begin again as soon as that is answered.</summary>
internal sealed class AllocateLoad : IDatagramHandler, IDisposable
{
    private const ushort Channel = 0x4000;
    private const long LongestEnd = 2_000_000_000;

    private readonly DatagramReactor _reactor = DatagramReactor.Create();
    private readonly MonotonicClock _clock;
    private readonly SocketEndpoint _server;
    private readonly LatencyHistogram _latency = new();
    private readonly List<Client> _clients = [];
    private readonly TurnCredential _credential;
    private readonly SocketEndpoint _local;
    private readonly TransportAddress _peer;
    private readonly ClientPorts? _ports;
    private bool _isMeasured;

    /// <param name="server">Whom they ask.</param>
    /// <param name="credential">As whom.</param>
    /// <param name="concurrent">How many there are at once.</param>
    /// <param name="time">The machine's.</param>
    /// <param name="newClients">Each allocation is a new client's, who is challenged first (401) and has a port of its own; null: clients come again.</param>
    public AllocateLoad(IPEndPoint server, TurnCredential credential, int concurrent, TimeProvider time, ClientPorts? newClients = null)
    {
        _clock = new MonotonicClock(time);
        _server = SocketEndpoint.From(server);
        _credential = credential;
        _local = SocketEndpoint.From(new IPEndPoint(RelayRun.LocalAddressTowards(server), 0));
        _peer = TransportAddress.From(server);
        _ports = newClients;
        for (int i = 0; i < concurrent; i++)
        {
            // No peer is ever talked to: the allocation is deleted before its channel is bound.
            var client = new Client { Allocation = NewAllocation() };
            client.Socket = Open(client);
            _clients.Add(client);
        }
    }

    /// <summary>Allocates of the measured time that were refused because the server still held the 5-tuple (437): work that should not have been.</summary>
    public long Taken { get; private set; }

    /// <summary>Runs for so long, after as much again of warming up.</summary>
    /// <param name="seconds">The measured time.</param>
    /// <param name="begun">Called when it begins.</param>
    /// <param name="stop">Ends it early.</param>
    /// <returns>Allocations made in the measured time, and how long each took to be answered.</returns>
    /// <exception cref="TurnRefusedException">The server refuses one, or does not answer.</exception>
    public (long Count, double Seconds, LatencyResult Latency) Run(double seconds, Action begun, CancellationToken stop)
    {
        Continue(seconds / 2, stop);
        begun();
        _isMeasured = true;
        long started = _clock.Now;
        Continue(seconds, stop);
        _isMeasured = false;
        (long, double, LatencyResult) result = (_latency.Count, (_clock.Now - started) / 1e9, LatencyResult.From(_latency));
        LeaveNothing(stop);
        return result;
    }

    public void Dispose() => _reactor.Dispose();

    public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram)
    {
        if (StunMessage.TryParse(datagram.Payload, out StunMessage message) == StunParseResult.Ok)
        {
            ((Client)socket.State!).Allocation.OnMessage(message, _clock.Now);
        }
    }

    public void OnIcmpError(DatagramSocket socket, in IcmpError error)
    {
        // A server that is gone does not answer, which ends the run.
    }

    private void Continue(double seconds, CancellationToken stop)
    {
        long end = _clock.Now + (long)(seconds * 1e9);
        while (_clock.Now < end)
        {
            stop.ThrowIfCancellationRequested();
            foreach (Client client in _clients)
            {
                Advance(client);
            }

            _reactor.Poll(1, this);
        }
    }

    /// <summary>
    /// Lets every client come to its end, so that the next who have these ports do not meet allocations that nobody deleted. A server that takes longer
    /// keeps some.
    /// </summary>
    private void LeaveNothing(CancellationToken stop)
    {
        long end = _clock.Now + LongestEnd;
        _clients.RemoveAll(client => client.Allocation.Stage == AllocationStage.Idle);
        while (_clients.Count > 0 && _clock.Now < end)
        {
            stop.ThrowIfCancellationRequested();
            _clients.RemoveAll(client => client.Allocation.Stage is AllocationStage.Deleted or AllocationStage.Failed);
            _clients.ForEach(Advance);
            _reactor.Poll(1, this);
        }
    }

    private void Advance(Client client)
    {
        TurnAllocation allocation = client.Allocation;
        switch (allocation.Stage)
        {
            case AllocationStage.Failed when allocation.IsTaken:
                // The server is not done with the deletion: another address is another client.
                Taken += _isMeasured ? 1 : 0;
                Replace(client);
                return;
            case AllocationStage.Deleted when _ports is not null:
                Replace(client);
                return;
            case AllocationStage.Idle or AllocationStage.Deleted:
                client.StartedAt = _clock.Now;
                allocation.Start(client.StartedAt);
                break;
            case AllocationStage.BindingChannel:
                if (_isMeasured)
                {
                    _latency.Add(_clock.Now - client.StartedAt);
                }

                allocation.Delete(_clock.Now);
                break;
            case AllocationStage.Failed:
                throw new TurnRefusedException(allocation.Failure!);
        }

        ReadOnlySpan<byte> request = allocation.TakeDue(_clock.Now);
        if (request.Length != 0)
        {
            _reactor.Send(client.Socket!, request, _server, default);
        }
    }

    /// <summary>No peer is ever talked to: the allocation is deleted before its channel is bound.</summary>
    private TurnAllocation NewAllocation() => new(_credential, _peer, Channel);

    private void Replace(Client client)
    {
        _reactor.Close(client.Socket!);
        client.Socket = Open(client);
        client.Allocation = NewAllocation();
    }

    /// <summary>On the next of the ports that nobody else has, or on one that the system chooses.</summary>
    private DatagramSocket Open(Client client)
    {
        var error = SocketError.AddressAlreadyInUse;
        for (int tries = _ports is null ? 1 : ClientPorts.Count; tries > 0 && error == SocketError.AddressAlreadyInUse; tries--)
        {
            SocketEndpoint local = _local;
            local.Port = _ports?.Next() ?? 0;
            if (_reactor.TryOpen(local, new DatagramSocketOptions(), client, out DatagramSocket? socket, out error))
            {
                return socket;
            }
        }

        throw new TurnRefusedException($"a client socket cannot be opened: {error}");
    }

    private sealed class Client
    {
        public required TurnAllocation Allocation { get; set; }

        public DatagramSocket? Socket { get; set; }

        public long StartedAt { get; set; }
    }
}
