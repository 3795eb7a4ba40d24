using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.LoadTest.Relay;

/// <summary>All allocations of a run: made before the traffic, kept alive during it, deleted after it.</summary>
internal sealed class AllocationSet(DatagramReactor reactor, SocketEndpoint server, MonotonicClock clock)
{
    /// <summary>Allocations being made or deleted at a time: enough to keep a server busy, too few to overrun its socket buffer.</summary>
    private const int Concurrent = 32;

    private const int InspectedPerRound = 256;
    private const int FirstChannel = 0x4000;
    private const int Channels = 0x1000;
    private const int ClientBuffer = 512 * 1024;
    private const long DeletionPatience = 2_000_000_000;
    private const long DeletionPatienceEach = 1_000_000;

    private readonly List<Flow> _flows = [];
    private int _cursor;

    public IReadOnlyList<Flow> Flows => _flows;

    /// <summary>An ICMP error said that nobody listens at the server's address; ends <see cref="Establish"/>.</summary>
    public bool Unreachable { get; set; }

    public int Lost => _flows.Count(flow => flow.Allocation.Stage == AllocationStage.Failed);

    public string? FirstFailure => _flows.FirstOrDefault(flow => flow.Allocation.Stage == AllocationStage.Failed)?.Allocation.Failure;

    /// <summary>The flow at the other end, where flows are each other's peers: they go in pairs, and an odd last one talks to itself.</summary>
    public int PartnerOf(int flow) => Math.Min(flow ^ 1, _flows.Count - 1);

    /// <summary>Opens the client sockets and makes every allocation with its channel; port 0 of the peer: in pairs.</summary>
    /// <exception cref="TurnRefusedException">A socket cannot be opened, the server refuses, or nobody answers.</exception>
    public void Establish(int count, IPAddress local, TurnCredential credential, TransportAddress peer, IDatagramHandler handler, CancellationToken stop)
    {
        for (int i = 0; i < count; i++)
        {
            _flows.Add(OpenFlow(i, local, credential, peer));
        }

        int started = 0;
        int replaced = 0;
        int ready = 0;
        while (ready < count)
        {
            stop.ThrowIfCancellationRequested();
            if (Unreachable)
            {
                throw new TurnRefusedException($"nobody listens at {server}: the host answers with an ICMP error");
            }

            for (; started < count && started - ready < Concurrent; started++)
            {
                _flows[started].Allocation.Start(clock.Now);
            }

            for (int i = ready; i < started; i++)
            {
                BindToPartner(i);
                SendDue(_flows[i]);
                if (_flows[i].Allocation.IsTaken && replaced++ < count)
                {
                    reactor.Close(_flows[i].Socket);
                    _flows[i] = OpenFlow(i, local, credential, peer);
                    _flows[i].Allocation.Start(clock.Now);
                }

                ThrowIfFailed(_flows[i]);
            }

            for (; ready < started && _flows[ready].Allocation.Stage == AllocationStage.Ready; ready++)
            {
                _flows[ready].TakeRelayedAddress();
            }

            reactor.Poll(10, handler);
        }
    }

    /// <summary>Sends the refreshes and retransmissions that are due, a bounded number of allocations a call.</summary>
    public void Maintain()
    {
        for (int i = Math.Min(InspectedPerRound, _flows.Count); i > 0; i--)
        {
            SendDue(_flows[_cursor]);
            _cursor = _cursor + 1 == _flows.Count ? 0 : _cursor + 1;
        }
    }

    /// <summary>Deletes what there is, for two seconds and a millisecond each at most: what is left then ends with its lifetime.</summary>
    /// <returns>How many deletions the server did not confirm.</returns>
    public int Delete(IDatagramHandler handler)
    {
        long deadline = clock.Now + DeletionPatience + (_flows.Count * DeletionPatienceEach);
        int asked = 0;
        int done = 0;
        while (done < _flows.Count && clock.Now < deadline)
        {
            for (; asked < _flows.Count && asked - done < Concurrent; asked++)
            {
                _flows[asked].Allocation.Delete(clock.Now);
            }

            for (int i = done; i < asked; i++)
            {
                SendDue(_flows[i]);
            }

            for (; done < asked && _flows[done].Allocation.Stage is AllocationStage.Deleted or AllocationStage.Failed; done++)
            {
            }

            reactor.Poll(done < _flows.Count ? 10 : 0, handler);
        }

        return _flows.Count(flow => flow.Allocation.Stage != AllocationStage.Deleted);
    }

    private Flow OpenFlow(int index, IPAddress local, TurnCredential credential, TransportAddress peer)
    {
        var endpoint = SocketEndpoint.From(new IPEndPoint(local, 0));
        var options = new DatagramSocketOptions { ReceiveBuffer = ClientBuffer, SendBuffer = ClientBuffer, ReceiveErrors = true };
        if (!reactor.TryOpen(endpoint, options, null, out DatagramSocket? socket, out SocketError error))
        {
            throw new TurnRefusedException($"client socket {index + 1} on {local} cannot be opened: {error}");
        }

        var channel = (ushort)(FirstChannel + (index % Channels));
        var flow = new Flow(index, new TurnAllocation(credential, peer, channel)) { Socket = socket };
        socket.State = flow;
        return flow;
    }

    /// <summary>Once both know their relayed addresses, each becomes the other's peer.</summary>
    private void BindToPartner(int index)
    {
        TurnAllocation own = _flows[index].Allocation;
        TurnAllocation partner = _flows[PartnerOf(index)].Allocation;
        if (own.Stage == AllocationStage.Allocated
            && partner.Stage is AllocationStage.Allocated or AllocationStage.BindingChannel or AllocationStage.Ready)
        {
            own.Bind(partner.Relayed, clock.Now);
        }
    }

    private void SendDue(Flow flow)
    {
        ReadOnlySpan<byte> request = flow.Allocation.TakeDue(clock.Now);
        if (request.Length != 0)
        {
            reactor.Send(flow.Socket, request, server, default);
        }
    }

    private static void ThrowIfFailed(Flow flow)
    {
        if (flow.Allocation.Stage == AllocationStage.Failed)
        {
            throw new TurnRefusedException(string.Create(
                CultureInfo.InvariantCulture, $"allocation {flow.Index + 1}: {flow.Allocation.Failure}"));
        }
    }
}
