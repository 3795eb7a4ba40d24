using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

/// <summary>Random interleavings of requests, releases, answers, lost and late calls, outages and deaths, against what they must add up to.</summary>
public sealed class LeaseProperties(SharedStores stores) : StoreTest(stores, StoreKind.Embedded)
{
    private const int Histories = 150;

    private static readonly Gen<(int, int)[]> History = Gen.Select(Gen.Int[0, 99], Gen.Int[0, 999]).Array[10, 120];

    // A store that is slow because the machine is busy is not what these tests are about.
    private protected override ClusterOptions Configure(string redis, string prefix) =>
        new() { Redis = redis, KeyPrefix = prefix, Timeout = 30_000 };

    [Fact]
    public void No_limit_is_exceeded_whatever_happens_to_calls() =>
        Sample(WhenStoreUnavailable.Deny, dies: true, cutOff: false);

    [Fact]
    public void With_local_shares_the_excess_is_bounded() =>
        Sample(WhenStoreUnavailable.LocalShare, dies: false, cutOff: false);

    [Fact]
    public void After_leases_ended_under_living_edges_the_counts_come_right_again() =>
        Sample(WhenStoreUnavailable.LocalShare, dies: true, cutOff: true);

    // One thread: each history is a sequence of steps.
    private void Sample(WhenStoreUnavailable mode, bool dies, bool cutOff) => History.Sample(
        steps => new LeaseHistory(Store, mode, dies, cutOff).RunAsync(steps).GetAwaiter().GetResult(), iter: Histories, threads: 1);
}

/// <summary>Three edges and what a test knows about them.</summary>
internal sealed class LeaseHistory(ClusterStore store, WhenStoreUnavailable mode, bool dies, bool cutOff)
{
    private const int Edges = 3;
    private static readonly LeaseLimits Limits = new(2, 4, 5);
    private static readonly string[] RealmNames = ["r", "s"];
    private static int _histories;

    private readonly FakeTimeProvider _time = new();
    private readonly List<SteppedLedger> _edges = [];
    private readonly List<(SteppedLedger Edge, string Realm, string User, SteppedLedger.Asked Asked)> _asked = [];
    private readonly List<(SteppedLedger Edge, string Realm, string User, SteppedLedger.Asked Asked)> _released = [];
    private readonly List<SteppedStore.Call> _late = [];
    private readonly ClusterKeys _keys = new($"{store.Keys.Prefix}-{Interlocked.Increment(ref _histories)}");

    public async Task RunAsync((int Kind, int Which)[] steps)
    {
        for (int i = 1; i <= Edges; i++)
        {
            _edges.Add(new SteppedLedger(store, NameOf(i), _time, mode, Edges, _keys));
        }
        foreach ((int kind, int which) in steps)
        {
            await StepAsync(kind, which);
            CheckLimits();
        }
        await EndAsync();
    }

    private IEnumerable<(SteppedLedger Edge, string Realm, string User, SteppedLedger.Asked Asked)> Held =>
        _asked.Where(a => a.Asked.Decision == LeaseDecision.Granted);

    private static string NameOf(int edge) => $"edge-{edge}";

    private async Task StepAsync(int kind, int which)
    {
        SteppedLedger edge = _edges[which % _edges.Count];
        switch (kind)
        {
            case < 35:
                string realm = RealmNames[which % 2];
                string user = $"u{which % 3}";
                _asked.Add((edge, realm, user, edge.Ask(realm, user, Limits)));
                break;
            case < 50 when Held.Any():
                var held = Held.ElementAt(which % Held.Count());
                _asked.Remove(held);
                _released.Add(held);
                held.Edge.Release(held.Realm, held.User);
                break;
            case < 80 when edge.Calls.Count > 0:
                await edge.Calls[which % edge.Calls.Count].RunAsync();
                break;
            case < 84 when edge.Calls.Count > 0:
                // Carried out, and the answer lost.
                await edge.NextCall.ExecuteAsync();
                edge.Fail();
                break;
            case < 88 when edge.Calls.Count > 0:
                // Not carried out, or only later.
                _late.Add(edge.NextCall);
                edge.Fail();
                break;
            case < 91 when _late.Count > 0:
                SteppedStore.Call late = _late[which % _late.Count];
                _late.Remove(late);
                await late.ExecuteAsync();
                break;
            case < 94:
                edge.SetAvailable(!edge.Store.IsAvailable);
                break;
            case < 96:
                _ = edge.Ledger.RenewAsync();
                break;
            case < 97:
                _time.Advance(TimeSpan.FromMilliseconds(700));
                break;
            case < 98 when dies && _edges.Count > 1:
                await KillAsync(edge);
                break;
            case < 99 when cutOff:
                await ExpireAsync(edge);
                break;
        }
    }

    private async Task KillAsync(SteppedLedger edge)
    {
        _edges.Remove(edge);
        _late.RemoveAll(late => edge.Store == late.Owner);
        _asked.RemoveAll(a => a.Edge == edge);
        await ExpireAsync(edge);
    }

    private async Task ExpireAsync(SteppedLedger edge)
    {
        foreach (LeaseCounts counts in AllCounts())
        {
            await counts.ExpireAsync(edge.Edge);
        }
    }

    private IEnumerable<LeaseCounts> AllCounts() =>
        [.. RealmNames.Select(name => new LeaseCounts(store, name, _keys)), new LeaseCounts(store, ClusterKeys.AllRealms, _keys)];

    private void CheckLimits()
    {
        if (cutOff)
        {
            return;
        }
        var held = Held.ToArray();
        foreach (var realm in held.GroupBy(a => a.Realm))
        {
            Assert.InRange(realm.Count(), 0, Bound(Limits.PerRealm));
            Assert.All(realm.GroupBy(a => a.User), user => Assert.InRange(user.Count(), 0, Bound(Limits.PerUser)));
        }
        Assert.InRange(held.Length, 0, Bound(Limits.Total));
    }

    private int Bound(int limit) => mode == WhenStoreUnavailable.Deny ? limit : limit + (Edges * Math.Max(1, limit / Edges));

    private async Task EndAsync()
    {
        foreach (SteppedStore.Call late in _late)
        {
            await late.ExecuteAsync();
        }
        _edges.ForEach(edge => edge.SetAvailable(true));
        // Where nobody is left, nobody takes the dead apart (they go by themselves, by the store's clock), so somebody comes.
        foreach (string realm in RealmNames)
        {
            _edges.ForEach(edge => _asked.Add((edge, realm, "last", edge.Ask(realm, "last", new LeaseLimits(0, 0, 1000)))));
        }
        // The first round tells everything and takes the dead apart, the second one finds who was taken apart wrongly meanwhile.
        for (int round = 0; round < 2; round++)
        {
            foreach (SteppedLedger edge in _edges)
            {
                await edge.SettleAsync();
                await edge.RenewAsync();
            }
        }
        Assert.All(_asked.Concat(_released), a => Assert.True(a.Asked.IsWellFormed));
        Assert.Equal(Held.Count(), _edges.Sum(edge => edge.Ledger.Statistics.InUse));
        foreach (string name in RealmNames)
        {
            var expected = Held.Where(a => a.Realm == name).GroupBy(a => a.User).ToDictionary(g => g.Key, g => g.Count());
            LeaseCounts counts = new(store, name, _keys);
            Assert.Equal(new SortedDictionary<string, int>(expected, StringComparer.Ordinal), await counts.UsersAsync());
            Assert.Equal(expected.Values.Sum(), await counts.TotalAsync());
        }
        Assert.Equal(Held.Count(), await AllCounts().Last().TotalAsync());

        foreach (var held in Held)
        {
            held.Edge.Release(held.Realm, held.User);
        }
        foreach (SteppedLedger edge in _edges)
        {
            await edge.SettleAsync();
            Task end = edge.Ledger.DisposeAsync().AsTask();
            await edge.SettleAsync();
            await end.WaitAsync(Stores.Limit);
        }
        foreach (LeaseCounts counts in AllCounts())
        {
            Assert.Equal(0, await counts.KeysAsync([.. Enumerable.Range(1, Edges).Select(NameOf)]));
        }
    }
}
