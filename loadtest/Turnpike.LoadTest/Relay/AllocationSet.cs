using System.Globalization;
using System.Net;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.LoadTest.Relay;

/// <summary>All allocations of a run that stay: made before the traffic, kept alive during it, deleted after it.</summary>
internal sealed class AllocationSet
{
    /// <summary>Allocations being made or deleted at a time: enough to keep a server busy, too few to overrun its socket buffer.</summary>
    private const int Concurrent = 32;

    private const int NoPartner = -1;
    private const int InspectedPerRound = 256;
    private const long DeletionPatience = 2_000_000_000;
    private const long DeletionPatienceEach = 1_000_000;

    private readonly Clients _clients;
    private readonly MonotonicClock _clock;
    private readonly Replacements _replacements;
    private readonly List<int> _partners = [];
    private Flow[] _flows = [];
    private int _cursor;

    public AllocationSet(Clients clients, MonotonicClock clock)
    {
        _clients = clients;
        _clock = clock;
        _replacements = new Replacements(clients, clock, fresh => _flows[fresh.Index] = fresh);
    }

    /// <summary>All of them, each at its index; one that is made anew takes the place of the old one.</summary>
    public Flow[] Flows => _flows;

    /// <summary>Allocations that were made anew with a newer credential.</summary>
    public int Replaced => _replacements.Done;

    /// <summary>A server at whose address nobody listens, as an ICMP error said; ends <see cref="Establish"/>.</summary>
    public IPEndPoint? Unreachable { get; set; }

    public int Lost => _flows.Length - InUse + _replacements.Lost;

    /// <summary>Allocations that have not ended.</summary>
    public int InUse => _flows.Count(flow => flow.Allocation.Stage != AllocationStage.Failed);

    public string? FirstFailure => _replacements.FirstFailure ?? Array.Find(_flows, flow => flow.Allocation.Stage == AllocationStage.Failed)?.Allocation.Failure;

    /// <summary>The flow at the other end, where flows are each other's peers: they go in pairs, and an odd last one talks to itself.</summary>
    public static int PartnerOf(int flow, int count) => Math.Min(flow ^ 1, count - 1);

    /// <summary>Opens clients for more allocations, all with this peer; port 0: they are each other's peers, in pairs.</summary>
    /// <exception cref="TurnRefusedException">This host gives no more sockets.</exception>
    public void Add(int count, in TransportAddress peer)
    {
        var added = new Flow[count];
        int first = _flows.Length;
        for (int i = 0; i < count; i++)
        {
            added[i] = _clients.Open(first + i, peer);
            _partners.Add(peer.Port == 0 ? first + PartnerOf(i, count) : NoPartner);
        }

        _flows = [.. _flows, .. added];
    }

    /// <summary>Makes every allocation with its channel or permission.</summary>
    /// <exception cref="TurnRefusedException">A socket cannot be opened, the server refuses, or nobody answers.</exception>
    public void Establish(IDatagramHandler handler, CancellationToken stop)
    {
        int count = _flows.Length;
        int started = 0;
        int replaced = 0;
        int ready = 0;
        while (ready < count)
        {
            stop.ThrowIfCancellationRequested();
            if (Unreachable is not null)
            {
                throw new TurnRefusedException($"nobody listens at {Unreachable}: the host answers with an ICMP error");
            }

            for (; started < count && started - ready < Concurrent; started++)
            {
                _flows[started].Allocation.Start(_clock.Now);
            }

            for (int i = ready; i < started; i++)
            {
                BindToPartner(i);
                _clients.SendDue(_flows[i], _clock.Now);
                if (_flows[i].Allocation.IsTaken && replaced++ < count)
                {
                    _flows[i] = _clients.Reopen(_flows[i]);
                    _flows[i].Allocation.Start(_clock.Now);
                }

                _flows[i] = _clients.Follow(_flows[i], _clock.Now) ?? _flows[i];
                ThrowIfFailed(_flows[i]);
            }

            for (; ready < started && _flows[ready].Allocation.Stage == AllocationStage.Ready; ready++)
            {
                _flows[ready].TakeRelayedAddress();
            }

            _clients.Poll(10, handler);
        }
    }

    /// <summary>Sends the refreshes and retransmissions that are due, a bounded number of allocations a call.</summary>
    public void Maintain()
    {
        TurnCredential current = _clients.Credential;
        for (int i = Math.Min(InspectedPerRound, _flows.Length); i > 0; i--)
        {
            Flow flow = _flows[_cursor];
            _clients.SendDue(flow, _clock.Now);
            if (flow.Allocation.Credential != current && _partners[_cursor] == NoPartner) // a channel cannot change its peer
            {
                _replacements.Consider(flow);
            }

            _cursor = _cursor + 1 == _flows.Length ? 0 : _cursor + 1;
        }

        _replacements.Advance();
    }

    /// <summary>Deletes what there is, for two seconds and a millisecond each at most: what is left then ends with its lifetime.</summary>
    /// <param name="more">What else there is to delete.</param>
    /// <param name="handler">Gets what comes meanwhile.</param>
    /// <returns>How many deletions the server did not confirm.</returns>
    public int Delete(IEnumerable<Flow> more, IDatagramHandler handler)
    {
        Flow[] flows = [.. _flows, .. _replacements.Flows, .. more];
        long deadline = _clock.Now + DeletionPatience + (flows.Length * DeletionPatienceEach);
        int asked = 0;
        int done = 0;
        while (done < flows.Length && _clock.Now < deadline)
        {
            for (; asked < flows.Length && asked - done < Concurrent; asked++)
            {
                flows[asked].Allocation.Delete(_clock.Now);
            }

            for (int i = done; i < asked; i++)
            {
                _clients.SendDue(flows[i], _clock.Now);
            }

            for (; done < asked && flows[done].Allocation.Stage is AllocationStage.Deleted or AllocationStage.Failed; done++)
            {
            }

            _clients.Poll(done < flows.Length ? 10 : 0, handler);
        }

        return flows.Count(flow => flow.Allocation.Stage != AllocationStage.Deleted) + _replacements.Unconfirmed;
    }

    /// <summary>Once both know their relayed addresses, each becomes the other's peer.</summary>
    private void BindToPartner(int index)
    {
        if (_partners[index] == NoPartner)
        {
            return;
        }

        TurnAllocation own = _flows[index].Allocation;
        TurnAllocation partner = _flows[_partners[index]].Allocation;
        if (own.Stage == AllocationStage.Allocated
            && partner.Stage is AllocationStage.Allocated or AllocationStage.BindingChannel or AllocationStage.Ready)
        {
            own.Bind(partner.Relayed, _clock.Now);
        }
    }

    private static void ThrowIfFailed(Flow flow)
    {
        if (flow.Allocation.Stage != AllocationStage.Failed)
        {
            return;
        }

        string kind = flow.Allocation.FailureKind!;
        bool isOfCredential = kind.StartsWith("401", StringComparison.Ordinal) || kind.StartsWith("441", StringComparison.Ordinal);
        string? hint = isOfCredential ? "the server has another password or secret for this user, or does not know it"
            : kind == TurnAllocation.NoAnswer ? flow.Stream?.Unfinished
            : kind.StartsWith("403", StringComparison.Ordinal) && flow.Allocation.Relayed.Port != 0 ? $"the peers are at {flow.Allocation.Peer.ToIPEndPoint().Address}: allow that at the server, or see --peer-address"
            : null;
        throw new TurnRefusedException(string.Create(
            CultureInfo.InvariantCulture, $"allocation {flow.Index + 1}: {flow.Allocation.Failure}{(hint is null ? "" : $" ({hint})")}"))
        {
            IsOfCredential = isOfCredential,
        };
    }
}
