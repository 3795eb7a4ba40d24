using System.Globalization;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.LoadTest.Relay;

/// <summary>All allocations of a run that stay: made before the traffic, kept alive during it, deleted after it.</summary>
internal sealed class AllocationSet(Clients clients, MonotonicClock clock)
{
    /// <summary>Allocations being made or deleted at a time: enough to keep a server busy, too few to overrun its socket buffer.</summary>
    private const int Concurrent = 32;

    private const int InspectedPerRound = 256;
    private const long DeletionPatience = 2_000_000_000;
    private const long DeletionPatienceEach = 1_000_000;

    private readonly List<Flow> _flows = [];
    private readonly List<int> _partners = [];
    private int _cursor;

    public IReadOnlyList<Flow> Flows => _flows;

    /// <summary>An ICMP error said that nobody listens at the server's address; ends <see cref="Establish"/>.</summary>
    public bool Unreachable { get; set; }

    public int Lost => _flows.Count(flow => flow.Allocation.Stage == AllocationStage.Failed);

    public string? FirstFailure => _flows.FirstOrDefault(flow => flow.Allocation.Stage == AllocationStage.Failed)?.Allocation.Failure;

    /// <summary>The flow at the other end, where flows are each other's peers: they go in pairs, and an odd last one talks to itself.</summary>
    public static int PartnerOf(int flow, int count) => Math.Min(flow ^ 1, count - 1);

    /// <summary>Opens clients for more allocations, all with this peer; port 0: they are each other's peers, in pairs.</summary>
    /// <exception cref="TurnRefusedException">This host gives no more sockets.</exception>
    public void Add(int count, in TransportAddress peer)
    {
        int first = _flows.Count;
        for (int i = 0; i < count; i++)
        {
            _flows.Add(clients.Open(first + i, peer));
            _partners.Add(first + PartnerOf(i, count));
        }
    }

    /// <summary>Makes every allocation with its channel or permission.</summary>
    /// <exception cref="TurnRefusedException">A socket cannot be opened, the server refuses, or nobody answers.</exception>
    public void Establish(IDatagramHandler handler, CancellationToken stop)
    {
        int count = _flows.Count;
        int started = 0;
        int replaced = 0;
        int ready = 0;
        while (ready < count)
        {
            stop.ThrowIfCancellationRequested();
            if (Unreachable)
            {
                throw new TurnRefusedException($"nobody listens at {clients.Server}: the host answers with an ICMP error");
            }

            for (; started < count && started - ready < Concurrent; started++)
            {
                _flows[started].Allocation.Start(clock.Now);
            }

            for (int i = ready; i < started; i++)
            {
                BindToPartner(i);
                clients.SendDue(_flows[i], clock.Now);
                if (_flows[i].Allocation.IsTaken && replaced++ < count)
                {
                    clients.Close(_flows[i]);
                    _flows[i] = clients.Open(i, _flows[i].Allocation.Peer);
                    _flows[i].Allocation.Start(clock.Now);
                }

                ThrowIfFailed(_flows[i]);
            }

            for (; ready < started && _flows[ready].Allocation.Stage == AllocationStage.Ready; ready++)
            {
                _flows[ready].TakeRelayedAddress();
            }

            clients.Poll(10, handler);
        }
    }

    /// <summary>Sends the refreshes and retransmissions that are due, a bounded number of allocations a call.</summary>
    public void Maintain()
    {
        for (int i = Math.Min(InspectedPerRound, _flows.Count); i > 0; i--)
        {
            clients.SendDue(_flows[_cursor], clock.Now);
            _cursor = _cursor + 1 == _flows.Count ? 0 : _cursor + 1;
        }
    }

    /// <summary>Deletes what there is, for two seconds and a millisecond each at most: what is left then ends with its lifetime.</summary>
    /// <param name="more">What else there is to delete.</param>
    /// <param name="handler">Gets what comes meanwhile.</param>
    /// <returns>How many deletions the server did not confirm.</returns>
    public int Delete(IEnumerable<Flow> more, IDatagramHandler handler)
    {
        Flow[] flows = [.. _flows, .. more];
        long deadline = clock.Now + DeletionPatience + (flows.Length * DeletionPatienceEach);
        int asked = 0;
        int done = 0;
        while (done < flows.Length && clock.Now < deadline)
        {
            for (; asked < flows.Length && asked - done < Concurrent; asked++)
            {
                flows[asked].Allocation.Delete(clock.Now);
            }

            for (int i = done; i < asked; i++)
            {
                clients.SendDue(flows[i], clock.Now);
            }

            for (; done < asked && flows[done].Allocation.Stage is AllocationStage.Deleted or AllocationStage.Failed; done++)
            {
            }

            clients.Poll(done < flows.Length ? 10 : 0, handler);
        }

        return flows.Count(flow => flow.Allocation.Stage != AllocationStage.Deleted);
    }

    /// <summary>Once both know their relayed addresses, each becomes the other's peer.</summary>
    private void BindToPartner(int index)
    {
        TurnAllocation own = _flows[index].Allocation;
        TurnAllocation partner = _flows[_partners[index]].Allocation;
        if (own.Stage == AllocationStage.Allocated
            && partner.Stage is AllocationStage.Allocated or AllocationStage.BindingChannel or AllocationStage.Ready)
        {
            own.Bind(partner.Relayed, clock.Now);
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
