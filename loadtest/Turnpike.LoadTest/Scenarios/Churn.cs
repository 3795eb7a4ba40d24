using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>
/// New clients on an open-loop schedule. Each makes an allocation and binds it to the peer, holds it while packets go forth and back, and deletes it. How long the Allocate took counts from
/// when it was due: over a stream that includes the connection, and always the 401 and the second Allocate.
/// </summary>
/// <param name="plan">How many, and for how long.</param>
/// <param name="clients">Opens and closes them.</param>
/// <param name="peer">Of all of them.</param>
/// <param name="timeline">Told of every Allocate.</param>
/// <param name="packets">What goes through the allocations.</param>
internal sealed class Churn(ChurnPlan plan, Clients clients, TransportAddress peer, Timeline timeline, ChurnPackets packets)
{
    private const int StartedPerRound = 16;
    private const int InspectedPerRound = 256;

    /// <summary>An address that the server still knows from an earlier client is left for another; so often only, as the server may mean something else.</summary>
    private const int AddressesPerClient = 3;

    /// <summary>Failures are told apart by what servers say; a server that says ever new things does not fill the memory.</summary>
    private const int FailureKinds = 32;

    private const string OtherFailures = "other failures";

    private readonly List<ChurnClient> _clients = [];
    private readonly Dictionary<string, long> _failures = [];
    private readonly LatencyHistogram _latency = new();
    private readonly long _hold = (long)(plan.HoldSeconds * 1e9);
    private Schedule _schedule;
    private long _next;
    private int _cursor;
    private long _failed;
    private long _succeeded;

    /// <summary>What goes through the allocations.</summary>
    public ChurnPackets Packets { get; } = packets;

    /// <summary>When the next Allocate is due; never, when all were begun.</summary>
    public long NextDue => _next == _schedule.Packets ? long.MaxValue : _schedule.DueAt(_next);

    /// <summary>Allocations that are held now.</summary>
    public int Held { get; private set; }

    /// <summary>How late an Allocate was begun at worst, in nanoseconds.</summary>
    public long WorstLateness { get; private set; }

    /// <summary>Allocates of the measured time that were begun later than is tolerated.</summary>
    public long Late { get; private set; }

    /// <summary>Allocates of the measured time that were begun.</summary>
    public long Started { get; private set; }

    /// <summary>Granted allocations that ended while they were held.</summary>
    public int Lost { get; private set; }

    /// <summary>Why the first of them did.</summary>
    public string? FirstFailure { get; private set; }

    /// <summary>Allocations that were given up and may be left on the server: a request for them was not answered, or their peer was refused.</summary>
    public int DeletionsUnconfirmed { get; private set; }

    /// <summary>Every Allocate of the measured time has its end.</summary>
    public bool IsSettled => _succeeded + _failed >= Started;

    /// <summary>What has to be deleted when the run ends.</summary>
    public IEnumerable<Flow> Flows => _clients.Select(client => client.Flow);

    public void Begin(long start, double warmupSeconds, double seconds) =>
        _schedule = new Schedule(start, plan.PerSecond, warmupSeconds, seconds);

    /// <summary>Begins the Allocates that are due, and moves the others on; a bounded number a call.</summary>
    public void Advance(long now)
    {
        long end = Math.Min(_next + StartedPerRound, _schedule.Packets);
        for (; _next < end && _schedule.DueAt(_next) <= now; _next++)
        {
            Start(_schedule.DueAt(_next), now);
        }

        Packets.SendDue(now);
        for (int i = Math.Min(InspectedPerRound, _clients.Count); i > 0 && _clients.Count > 0; i--)
        {
            _cursor = _cursor >= _clients.Count ? 0 : _cursor;
            if (!Move(_clients[_cursor], now))
            {
                Packets.Forget(_clients[_cursor]);
                _clients[_cursor] = _clients[^1];
                _clients.RemoveAt(_clients.Count - 1);
            }
            else
            {
                _cursor++;
            }
        }
    }

    /// <summary>The server answered this client.</summary>
    public void OnAnswer(ChurnClient client, long now)
    {
        TurnAllocation allocation = client.Flow.Allocation;
        if (client.DeleteAt is null && allocation.Stage is AllocationStage.Allocated or AllocationStage.BindingChannel or AllocationStage.Ready)
        {
            client.DeleteAt = now + _hold;
            client.IsHeld = true;
            Held++;
            timeline.OnAllocateEnded(now, succeeded: true);
            if (client.IsMeasured)
            {
                _succeeded++;
                _latency.Add(now - client.DueAt);
            }
        }

        if (!client.IsBound && allocation.Stage == AllocationStage.Ready)
        {
            client.IsBound = true;
            Packets.Begin(client, now);
        }

        clients.SendDue(client.Flow, now);
    }

    public ChurnResult ToResult()
    {
        long open = Started - _succeeded - _failed;
        var failures = new Dictionary<string, long>(_failures);
        if (open > 0)
        {
            failures[TurnAllocation.NoAnswer] = failures.GetValueOrDefault(TurnAllocation.NoAnswer) + open;
        }

        return new ChurnResult(plan.PerSecond, plan.HoldSeconds, Started, _succeeded, failures, LatencyResult.From(_latency)) { Packets = Packets.ToResult() };
    }

    private void Start(long dueAt, long now)
    {
        bool isMeasured = _schedule.IsMeasured(dueAt);
        timeline.OnAllocateStarted(now);
        if (isMeasured)
        {
            Started++;
            long lateness = now - dueAt;
            WorstLateness = Math.Max(WorstLateness, lateness);
            Late += lateness > GeneratorResult.ToleratedLateness ? 1 : 0;
        }

        var client = new ChurnClient { DueAt = dueAt, IsMeasured = isMeasured };
        if (TryOpen(client, () => clients.Open((int)(_next & int.MaxValue), peer), now))
        {
            _clients.Add(client);
        }
    }

    /// <summary>Gives the client an address, or a connection, and begins its Allocate there.</summary>
    private bool TryOpen(ChurnClient client, Func<Flow> open, long now)
    {
        try
        {
            client.Flow = open();
        }
        catch (TurnRefusedException)
        {
            CountFailure(TurnAllocation.NoSocket, client.IsMeasured, now);
            return false;
        }

        client.Addresses++;
        client.Flow.Churn = client;
        client.Flow.Allocation.Start(now);
        clients.SendDue(client.Flow, now);
        return true;
    }

    /// <returns>False when the client is done.</returns>
    private bool Move(ChurnClient client, long now)
    {
        Flow flow = client.Flow;
        switch (flow.Allocation.Stage)
        {
            case AllocationStage.Deleted:
                clients.Close(flow);
                return false;
            case AllocationStage.Failed when flow.Allocation.IsTaken && client.Addresses < AddressesPerClient:
                return TryOpen(client, () => clients.Reopen(flow), now);
            case AllocationStage.Failed when clients.Follow(flow, now) is { } elsewhere:
                client.Flow = elsewhere;
                return true;
            case AllocationStage.Failed:
                OnFailed(client, now);
                clients.Close(flow);
                return false;
            case AllocationStage.Ready when now >= client.DeleteAt && Packets.IsDone(client, now):
                LetGo(client);
                flow.Allocation.Delete(now);
                break;
        }

        clients.SendDue(flow, now);
        return true;
    }

    private void LetGo(ChurnClient client)
    {
        client.IsHeld = false;
        Held--;
    }

    private void OnFailed(ChurnClient client, long now)
    {
        TurnAllocation allocation = client.Flow.Allocation;
        if (client.DeleteAt is null)
        {
            CountFailure(allocation.FailureKind!, client.IsMeasured, now);
        }
        else if (client.IsHeld)
        {
            LetGo(client);
            Lost++;
            FirstFailure ??= allocation.Failure;
        }

        DeletionsUnconfirmed += allocation.MayRemain ? 1 : 0;
    }

    private void CountFailure(string kind, bool isMeasured, long now)
    {
        timeline.OnAllocateEnded(now, succeeded: false);
        if (isMeasured)
        {
            _failed++;
            string known = _failures.ContainsKey(kind) || _failures.Count < FailureKinds ? kind : OtherFailures;
            _failures[known] = _failures.GetValueOrDefault(known) + 1;
        }
    }
}
