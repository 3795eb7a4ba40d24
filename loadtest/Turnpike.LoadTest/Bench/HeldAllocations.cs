using System.Net;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.LoadTest.Bench;

/// <summary>Allocations with a channel each that carry nothing. They are not deleted: the server ends before them.</summary>
internal sealed class HeldAllocations(IPEndPoint server, TurnCredential credential, IPAddress local, MonotonicClock clock)
    : IDatagramHandler, IDisposable
{
    private readonly DatagramReactor _reactor = DatagramReactor.Create();

    /// <exception cref="TurnRefusedException">The server refuses one, or does not answer.</exception>
    public void Add(int count, CancellationToken stop)
    {
        // Not disposed: the sockets are the reactor's, and are to stay.
        var clients = new Clients(_reactor, new TurnTarget(server.ToString(), server), local, credential);
        var set = new AllocationSet(clients, clock);
        set.Add(count, TransportAddress.From(local, 9));
        set.Establish(this, stop);
    }

    public void Dispose() => _reactor.Dispose();

    public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram)
    {
        if (socket.State is Flow flow && StunMessage.TryParse(datagram.Payload, out StunMessage message) == StunParseResult.Ok)
        {
            flow.Allocation.OnMessage(message, clock.Now);
        }
    }

    public void OnIcmpError(DatagramSocket socket, in IcmpError error)
    {
        // A server that is gone does not answer, which ends the run.
    }
}
