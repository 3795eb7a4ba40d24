namespace Turnpike.Cluster.Tests;

/// <summary>The ledger step by step while answers are lost, late or wrong, the store is away, or it comes back.</summary>
public sealed class LeaseOutageTests(SharedStores stores) : SteppedLeaseTest(stores)
{
    [Fact]
    public async Task A_call_that_ran_and_brought_no_answer_neither_leaks_nor_counts_twice()
    {
        SteppedLedger edge = NewEdge("a", edges: 4);
        edge.Ask(Realm, "v", TwoPerUser);
        await edge.SettleAsync();
        SteppedLedger.Asked granted = edge.Ask(Realm, "u", TwoPerUser);
        SteppedLedger.Asked refused = edge.Ask(Realm, "u", TwoPerUser);
        await edge.NextCall.ExecuteAsync();
        edge.Fail();
        Assert.Equal(LeaseDecision.Granted, granted.Decision);
        Assert.Equal(LeaseDecision.UserQuotaReached, refused.Decision);

        edge.SetAvailable(true);
        await edge.SettleAsync();

        Assert.Equal(1, (await Counts.HeldAsync("a"))["u"]);
        Assert.Equal(2, await Counts.TotalAsync());
        edge.Release(Realm, "u");
        edge.Release(Realm, "v");
        await edge.SettleAsync();
        await edge.RenewAsync();
        Assert.Equal(0, await Counts.KeysAsync("a"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_that_runs_after_newer_ones_changes_nothing(bool joins)
    {
        SteppedLedger edge = NewEdge("a");
        if (!joins)
        {
            edge.Ask(Realm, "v", TwoPerUser);
            await edge.SettleAsync();
        }
        edge.Ask(Realm, "u", TwoPerUser);
        SteppedStore.Call late = edge.NextCall;
        edge.Fail();
        edge.Release(Realm, "u");
        edge.SetAvailable(true);
        edge.Ask(Realm, "w", TwoPerUser);
        await edge.SettleAsync();
        int before = await Counts.TotalAsync();

        await late.ExecuteAsync();
        await edge.RenewAsync();

        Assert.Equal(joins ? 1 : 2, before);
        Assert.Equal(before, await Counts.TotalAsync());
        Assert.False((await Counts.UsersAsync()).ContainsKey("u"));
    }

    [Fact]
    public async Task A_join_that_runs_late_before_the_next_one_is_made_good()
    {
        SteppedLedger edge = NewEdge("a");
        edge.Ask(Realm, "u", TwoPerUser);
        SteppedStore.Call late = edge.NextCall;
        edge.Fail();
        edge.Release(Realm, "u");
        edge.Ask(Realm, "w", TwoPerUser);
        await late.ExecuteAsync();

        edge.SetAvailable(true);
        await edge.SettleAsync();

        Assert.Equal(["w"], (await Counts.UsersAsync()).Keys);
        Assert.Equal(1, await Counts.TotalAsync());
    }

    [Fact]
    public void Waiting_requests_are_decided_when_the_store_goes_away()
    {
        SteppedLedger edge = NewEdge("a", edges: 2);
        SteppedLedger.Asked[] asked = [.. Enumerable.Range(0, 4).Select(_ => edge.Ask(Realm, "u", new LeaseLimits(4, 0, 4)))];

        edge.SetAvailable(false);

        Assert.Equal(
            [LeaseDecision.Granted, LeaseDecision.Granted, LeaseDecision.UserQuotaReached, LeaseDecision.UserQuotaReached],
            asked.Select(a => a.Decision));
        Assert.All(asked, a => Assert.True(a.IsWellFormed));
        Assert.Equal(0, edge.Ledger.Statistics.Pending);
    }

    [Fact]
    public void Waiting_requests_are_decided_when_their_time_is_over()
    {
        SteppedLedger edge = NewEdge("a");
        SteppedLedger.Asked first = edge.Ask(Realm, "u", OnePerUser);
        Time.Advance(TimeSpan.FromMilliseconds(1500));
        SteppedLedger.Asked second = edge.Ask(Realm, "u", OnePerUser);
        Assert.Equal(LeaseDecision.Pending, first.Decision);

        Time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(LeaseDecision.Granted, first.Decision);
        Assert.Equal(LeaseDecision.Pending, second.Decision);
        Time.Advance(TimeSpan.FromMilliseconds(1500));

        Assert.Equal(LeaseDecision.UserQuotaReached, second.Decision);
    }

    [Theory]
    [InlineData(WhenStoreUnavailable.LocalShare, LeaseDecision.Granted)]
    [InlineData(WhenStoreUnavailable.Deny, LeaseDecision.Unavailable)]
    public void While_the_store_is_away_the_decision_is_made_at_once(WhenStoreUnavailable mode, LeaseDecision expected)
    {
        SteppedLedger edge = NewEdge("a", mode);
        edge.SetAvailable(false);

        Assert.Equal(expected, edge.Ask(Realm, "u", new LeaseLimits(1, 1, 1)).First);
        Assert.Equal(LeaseDecision.Granted, edge.Ask("free", "u", default).First);
        Assert.Empty(edge.Calls);
    }

    [Fact]
    public void The_local_share_holds_for_users_realms_and_all()
    {
        SteppedLedger edge = NewEdge("a", edges: 3);
        edge.SetAvailable(false);
        LeaseLimits limits = new(2, 9, 12);

        Assert.Equal(LeaseDecision.Granted, edge.Ask(Realm, "u", limits).First);
        Assert.Equal(LeaseDecision.UserQuotaReached, edge.Ask(Realm, "u", limits).First);
        Assert.Equal(LeaseDecision.Granted, edge.Ask(Realm, "v", limits).First);
        Assert.Equal(LeaseDecision.Granted, edge.Ask(Realm, "w", limits).First);
        Assert.Equal(LeaseDecision.RealmQuotaReached, edge.Ask(Realm, "x", limits).First);
        Assert.Equal(LeaseDecision.Granted, edge.Ask("other", "u", limits).First);
        Assert.Equal(LeaseDecision.TotalQuotaReached, edge.Ask("other", "v", limits).First);
    }

    [Theory]
    [InlineData(4, 5)]
    [InlineData(4, 10)]
    [InlineData(3, 1)]
    public async Task While_the_store_is_away_the_excess_is_bounded(int edges, int limit)
    {
        LeaseLimits limits = new(0, limit, 0);
        SteppedLedger[] all = [.. Enumerable.Range(0, edges).Select(i => NewEdge($"e{i}", edges: edges))];
        List<SteppedLedger.Asked> asked = [];

        // The worst case: one edge holds the whole limit when the store goes.
        asked.AddRange(Enumerable.Range(0, limit).Select(i => all[0].Ask(Realm, $"u{i}", limits)));
        await all[0].SettleAsync();
        foreach (SteppedLedger edge in all)
        {
            edge.SetAvailable(false);
            asked.AddRange(Enumerable.Range(0, 2 * limit).Select(i => edge.Ask(Realm, $"v{i}", limits)));
        }

        int granted = asked.Count(a => a.Decision == LeaseDecision.Granted);
        int share = Math.Max(1, limit / edges);
        Assert.InRange(granted, limit + 1, limit + (edges * share));
        Assert.Equal(limit + ((edges - 1) * share), granted);

        // Back again: everything is told, and nothing more is granted.
        foreach (SteppedLedger edge in all)
        {
            edge.SetAvailable(true);
            await edge.SettleAsync();
        }
        Assert.Equal(granted, await Counts.TotalAsync());
        SteppedLedger.Asked late = all[1].Ask(Realm, "late", limits);
        await all[1].SettleAsync();
        Assert.Equal(LeaseDecision.RealmQuotaReached, late.Decision);
    }

    [Fact]
    public async Task All_that_was_granted_alone_is_told_before_more_is_asked_for()
    {
        const int many = LeaseScope.ChangeChunk + 10;
        SteppedLedger edge = NewEdge("a");
        edge.SetAvailable(false);
        for (int i = 0; i < many; i++)
        {
            edge.Ask(Realm, $"u{i}", new LeaseLimits(0, many, 0));
        }

        edge.SetAvailable(true);
        SteppedLedger.Asked asked = edge.Ask(Realm, "u0", new LeaseLimits(0, many, 0));
        Assert.Equal(LeaseDecision.Pending, asked.Decision);
        await edge.RunAsync();
        Assert.Equal(LeaseScope.ChangeChunk, await Counts.TotalAsync());
        await edge.SettleAsync();

        Assert.Equal(many, await Counts.TotalAsync());
        Assert.Equal(LeaseDecision.RealmQuotaReached, asked.Decision);
    }

    [Fact]
    public async Task An_edge_whose_lease_ended_while_it_was_cut_off_comes_back_with_all_that_it_holds()
    {
        SteppedLedger cut = NewEdge("a");
        SteppedLedger other = NewEdge("b");
        cut.Ask(Realm, "u", OnePerUser);
        await cut.SettleAsync();
        cut.SetAvailable(false);
        await Counts.ExpireAsync("a");
        SteppedLedger.Asked elsewhere = other.Ask(Realm, "u", OnePerUser);
        await other.SettleAsync();
        Assert.Equal(LeaseDecision.Granted, elsewhere.Decision);
        Assert.Equal(1, other.Ledger.Statistics.Reaped);

        cut.SetAvailable(true);
        await cut.SettleAsync();

        // One more than allowed, counted, and nothing is granted before it is below the limit again.
        Assert.Equal(2, await Counts.TotalAsync());
        other.Release(Realm, "u");
        SteppedLedger.Asked more = other.Ask(Realm, "u", OnePerUser);
        await other.SettleAsync();
        Assert.Equal(LeaseDecision.UserQuotaReached, more.Decision);
        Assert.Equal(1, cut.Ledger.Statistics.Restores);
    }

    [Fact]
    public async Task A_lease_that_ended_and_was_not_taken_apart_goes_on()
    {
        SteppedLedger edge = NewEdge("a");
        edge.Ask(Realm, "u", OnePerUser);
        await edge.SettleAsync();
        await Counts.ExpireAsync("a");

        await edge.RenewAsync();

        Assert.Equal(0, edge.Ledger.Statistics.Restores);
        Assert.Equal(1, await Counts.TotalAsync());
    }

    [Fact]
    public async Task After_the_store_was_lost_the_local_share_bounds_grants_for_one_lease()
    {
        SteppedLedger edge = NewEdge("a", edges: 2);
        LeaseLimits limits = new(2, 0, 0);
        edge.Ledger.OnEpoch("one", 1_000_000);
        edge.Ask(Realm, "u", limits);
        await edge.SettleAsync();
        await Counts.LoseAllAsync("a");

        edge.Ledger.OnEpoch("two", 5_000);
        await edge.SettleAsync();
        Assert.Equal(1, await Counts.TotalAsync());
        Assert.True(edge.Ledger.Statistics.Local);
        Assert.Equal(LeaseDecision.UserQuotaReached, edge.Ask(Realm, "u", limits).First);

        // Where the share allows it, what the store knows already counts too.
        SteppedLedger.Asked other = edge.Ask(Realm, "v", limits);
        Assert.Equal(LeaseDecision.Pending, other.First);
        await edge.SettleAsync();
        Assert.Equal(LeaseDecision.Granted, other.Decision);

        Time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(edge.Ledger.Statistics.Local);
        SteppedLedger.Asked exact = edge.Ask(Realm, "u", limits);
        await edge.SettleAsync();
        Assert.Equal(LeaseDecision.Granted, exact.Decision);
    }

    [Fact]
    public void A_store_that_keeps_forgetting_does_not_keep_anyone_waiting()
    {
        SteppedLedger edge = NewEdge("a");
        SteppedLedger.Asked asked = edge.Ask(Realm, "u", OnePerUser);

        int calls = 0;
        for (; asked.Decision == LeaseDecision.Pending && calls < 100; calls++)
        {
            // Another process under the same name, with higher numbers, would look like this.
            edge.NextCall.AnswerUnknown();
        }

        Assert.InRange(calls, 2, 10);
        Assert.Equal(LeaseDecision.Granted, asked.Decision);
    }
}
