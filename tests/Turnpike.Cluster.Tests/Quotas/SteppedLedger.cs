using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Turnpike.Cluster.Tests;

/// <summary>A ledger over a <see cref="SteppedStore"/>: nothing happens but what the test steps through.</summary>
internal sealed class SteppedLedger
{
    private readonly Queue<Action> _posted = new();

    public SteppedLedger(
        ClusterStore store,
        string edge,
        FakeTimeProvider time,
        WhenStoreUnavailable mode = WhenStoreUnavailable.LocalShare,
        int edges = 1,
        ClusterKeys? keys = null)
    {
        Edge = edge;
        Store = new SteppedStore(store, keys ?? store.Keys);
        Ledger = new LeaseLedger(Store, edge, new ClusterOptions(), mode, () => edges, time, NullLoggerFactory.Instance, _posted.Enqueue);
    }

    public string Edge { get; }

    public SteppedStore Store { get; }

    public LeaseLedger Ledger { get; }

    public IReadOnlyList<SteppedStore.Call> Calls
    {
        get
        {
            Drain();
            return Store.Calls;
        }
    }

    public SteppedStore.Call NextCall => Calls[0];

    public Asked Ask(string realm, string user, in LeaseLimits limits, Func<ActivityContext>? cause = null)
    {
        Asked asked = new();
        asked.First = Ledger.TryAcquire(realm, user, limits, asked.Complete, cause);
        Drain();
        return asked;
    }

    public void Release(string realm, string user)
    {
        Ledger.Release(realm, user);
        Drain();
    }

    public async Task RunAsync()
    {
        await NextCall.RunAsync();
        Drain();
    }

    public void Fail()
    {
        NextCall.Fail();
        Drain();
    }

    public void SetAvailable(bool isAvailable)
    {
        Store.SetAvailable(isAvailable);
        Drain();
    }

    /// <summary>Carries out all calls and what they lead to.</summary>
    public async Task SettleAsync()
    {
        while (Calls.Count > 0)
        {
            await RunAsync();
        }
    }

    public async Task RenewAsync()
    {
        Task renewal = Ledger.RenewAsync();
        await SettleAsync();
        await renewal.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private void Drain()
    {
        while (_posted.TryDequeue(out Action? work))
        {
            work();
        }
    }

    /// <summary>A request and what became of it.</summary>
    internal sealed class Asked
    {
        private readonly List<LeaseDecision> _completed = [];

        public LeaseDecision First { get; set; }

        /// <summary>The last word, or Pending.</summary>
        public LeaseDecision Decision => _completed.Count > 0 ? _completed[^1] : First;

        /// <summary>Completed once where it was pending, never where it was not.</summary>
        public bool IsWellFormed => _completed.Count == (First == LeaseDecision.Pending ? 1 : 0) && !_completed.Contains(LeaseDecision.Pending);

        public void Complete(LeaseDecision decision) => _completed.Add(decision);
    }
}
