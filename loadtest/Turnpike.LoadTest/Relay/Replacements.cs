using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Relay;

/// <summary>
/// Makes allocations anew whose credential is not the current one: an allocation is bound to the user name that made it (RFC 8656 section 7.2 and 441), and that
/// of an issued credential ends. The new one is ready before packets change over to it, and the old one stays for those that are under way.
/// </summary>
internal sealed class Replacements(Clients clients, MonotonicClock clock, Action<Flow> changeOver)
{
    /// <summary>Few at a time, so that the change is no load of its own.</summary>
    private const int Concurrent = 8;

    private const long Linger = 2_000_000_000;
    private const long PauseAfterFailure = 10_000_000_000;

    private readonly List<Flow> _coming = [];
    private readonly Queue<(Flow Flow, long DeleteAt)> _lingering = new();
    private readonly List<Flow> _leaving = [];
    private readonly HashSet<int> _begun = [];
    private long _pausedUntil;

    /// <summary>Allocations that were made anew.</summary>
    public int Done { get; private set; }

    /// <summary>Allocations that ended while the one to replace them was made.</summary>
    public int Lost { get; private set; }

    /// <summary>Why the first of them ended.</summary>
    public string? FirstFailure { get; private set; }

    /// <summary>Old or new ones that were given up, and may be left on the server.</summary>
    public int Unconfirmed { get; private set; }

    /// <summary>What has to be deleted when the run ends.</summary>
    public IEnumerable<Flow> Flows => [.. _coming, .. _lingering.Select(each => each.Flow), .. _leaving];

    /// <summary>Begins with an allocation of an older credential, if its turn has come.</summary>
    public void Consider(Flow flow)
    {
        TurnAllocation old = flow.Allocation;
        if (_coming.Count == Concurrent || clock.Now < _pausedUntil || old.Stage != AllocationStage.Ready || !_begun.Add(flow.Index))
        {
            return;
        }

        try
        {
            Flow fresh = clients.Open(flow.Index, old.Peer);
            fresh.Previous = flow;
            fresh.Allocation.Start(clock.Now);
            _coming.Add(fresh);
        }
        catch (TurnRefusedException)
        {
            _pausedUntil = clock.Now + PauseAfterFailure; // no socket is free now
            _begun.Remove(flow.Index);
        }
    }

    /// <summary>Moves on what was begun.</summary>
    public void Advance()
    {
        long now = clock.Now;
        for (int i = _coming.Count - 1; i >= 0; i--)
        {
            Flow fresh = _coming[i];
            clients.SendDue(fresh, now);
            if (clients.Follow(fresh, now) is { } elsewhere)
            {
                _coming[i] = elsewhere;
                continue;
            }

            if (fresh.Allocation.Stage == AllocationStage.Ready)
            {
                fresh.TakeRelayedAddress();
                CountIfLost(fresh.Previous!.Allocation);
                changeOver(fresh);
                Done++;
                fresh.Previous!.Previous = null; // a chain of all that ever were would keep them in memory
                _lingering.Enqueue((fresh.Previous, now + Linger));
                End(i, fresh);
            }
            else if (fresh.Allocation.Stage == AllocationStage.Failed)
            {
                // The old one goes on for as long as the server lets it, which counts as lost when it does not.
                _pausedUntil = now + PauseAfterFailure;
                Unconfirmed += fresh.Allocation.MayRemain ? 1 : 0;
                clients.Close(fresh);
                End(i, fresh);
            }
        }

        while (_lingering.TryPeek(out (Flow Flow, long DeleteAt) oldest) && oldest.DeleteAt <= now)
        {
            _lingering.Dequeue();
            oldest.Flow.Allocation.Delete(now);
            _leaving.Add(oldest.Flow);
        }

        for (int i = _leaving.Count - 1; i >= 0; i--)
        {
            clients.SendDue(_leaving[i], now);
            if (_leaving[i].Allocation.Stage is AllocationStage.Deleted or AllocationStage.Failed)
            {
                Unconfirmed += _leaving[i].Allocation.MayRemain ? 1 : 0;
                clients.Close(_leaving[i]);
                _leaving.RemoveAt(i);
            }
        }
    }

    private void CountIfLost(TurnAllocation old)
    {
        if (old.Stage == AllocationStage.Failed)
        {
            Lost++;
            FirstFailure ??= old.Failure;
        }
    }

    private void End(int place, Flow fresh)
    {
        _coming.RemoveAt(place);
        _begun.Remove(fresh.Index);
    }
}
