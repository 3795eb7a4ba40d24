using System.Diagnostics;

namespace Turnpike.Cluster.Tests;

/// <summary>The ledger step by step: what it says to the store and what it makes of the answers.</summary>
public sealed class LeaseLedgerTests(SharedStores stores) : SteppedLeaseTest(stores)
{
    [Fact]
    public async Task A_grant_takes_one_call()
    {
        SteppedLedger edge = NewEdge("a");

        SteppedLedger.Asked asked = edge.Ask(Realm, "u", OnePerUser);
        Assert.Equal(LeaseDecision.Pending, asked.Decision);
        Assert.Equal(["lease-update"], edge.Calls.Select(c => c.Script));
        await edge.RunAsync();

        Assert.Equal(LeaseDecision.Granted, asked.Decision);
        Assert.Empty(edge.Calls);
        Assert.True(asked.IsWellFormed);
    }

    [Fact]
    public async Task A_call_is_made_for_the_spans_of_those_who_wait_for_it()
    {
        SteppedLedger edge = NewEdge("a");
        ActivityContext one = NewSpan();
        ActivityContext two = NewSpan();
        bool isAsked = false;

        edge.Ask(Realm, "u", TwoPerUser, () => one);
        edge.Ask(Realm, "v", TwoPerUser, () => two);
        edge.Ask(Realm, "w", TwoPerUser, () => default); // not traced
        edge.Ask(Realm, "x", default, () =>
        {
            isAsked = true; // granted at once: the store is not asked, and has nothing to tell
            return default;
        });
        Assert.Equal([one], edge.NextCall.Causes);
        await edge.RunAsync();
        Assert.Equal([two], edge.NextCall.Causes);
        await edge.SettleAsync();
        Assert.False(isAsked);

        static ActivityContext NewSpan() => new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
    }

    [Fact]
    public async Task With_a_total_limit_two_calls_are_under_way_at_once()
    {
        SteppedLedger edge = NewEdge("a");

        SteppedLedger.Asked asked = edge.Ask(Realm, "u", new LeaseLimits(1, 0, 100));
        Assert.Equal(2, edge.Calls.Count);
        await edge.RunAsync();
        Assert.Equal(LeaseDecision.Pending, asked.Decision);
        await edge.RunAsync();

        Assert.Equal(LeaseDecision.Granted, asked.Decision);
        Assert.Empty(edge.Calls);
    }

    [Fact]
    public async Task Near_the_total_limit_the_total_is_asked_for_when_the_realm_has_granted()
    {
        SteppedLedger edge = NewEdge("a");

        SteppedLedger.Asked asked = edge.Ask(Realm, "u", new LeaseLimits(1, 0, 1));
        Assert.Single(edge.Calls);
        await edge.RunAsync();
        Assert.Single(edge.Calls);
        await edge.RunAsync();

        Assert.Equal(LeaseDecision.Granted, asked.Decision);
        Assert.Empty(edge.Calls);
    }

    [Fact]
    public async Task A_user_at_its_limit_keeps_nobody_out_of_the_total()
    {
        LeaseLimits limits = new(1, 0, 100);
        SteppedLedger edge = NewEdge("a");
        edge.Ask(Realm, "u", limits);
        await edge.SettleAsync();

        for (int i = 0; i < 200; i++)
        {
            edge.Ask(Realm, "u", limits);
        }
        // The realm's answer comes last; what the total granted before would be in the way of others until then.
        foreach (SteppedStore.Call call in edge.Calls.Reverse().ToArray())
        {
            await call.RunAsync();
        }

        Assert.Equal(1, await TotalCounts.TotalAsync());
        await edge.SettleAsync();
        Assert.Equal(200, edge.Ledger.Statistics.UserQuotaReached);
    }

    [Fact]
    public async Task Requests_that_come_during_a_call_share_the_next_one()
    {
        SteppedLedger edge = NewEdge("a");

        edge.Ask(Realm, "u0", OnePerUser);
        SteppedLedger.Asked[] others = [.. Enumerable.Range(1, 50).Select(i => edge.Ask(Realm, $"u{i}", OnePerUser))];
        Assert.Single(edge.Calls);
        await edge.RunAsync();
        Assert.Single(edge.Calls);
        await edge.RunAsync();

        Assert.All(others, asked => Assert.Equal(LeaseDecision.Granted, asked.Decision));
        Assert.Empty(edge.Calls);
    }

    [Theory]
    [InlineData(0, 1, 100, LeaseDecision.RealmQuotaReached)]
    [InlineData(5, 5, 1, LeaseDecision.TotalQuotaReached)]
    public async Task What_one_scope_grants_and_the_other_refuses_is_given_back(int perUser, int perRealm, int total, LeaseDecision expected)
    {
        LeaseLimits limits = new(perUser, perRealm, total);
        SteppedLedger other = NewEdge("b");
        other.Ask(Realm, "v", limits);
        await other.SettleAsync();
        SteppedLedger edge = NewEdge("a");

        SteppedLedger.Asked asked = edge.Ask(Realm, "u", limits);
        await edge.SettleAsync();

        Assert.Equal(expected, asked.Decision);
        Assert.Equal(1, await Counts.TotalAsync());
        Assert.Equal(1, await TotalCounts.TotalAsync());
        Assert.Equal(0, edge.Ledger.Statistics.InUse);
    }

    [Fact]
    public async Task Without_a_limit_a_grant_does_not_wait_and_is_counted_all_the_same()
    {
        SteppedLedger edge = NewEdge("a");

        Assert.Equal(LeaseDecision.Granted, edge.Ask(Realm, "u", default).First);
        await edge.SettleAsync();

        Assert.Equal(1, (await Counts.UsersAsync())["u"]);
        Assert.Equal(0, await TotalCounts.TotalAsync());
    }

    [Fact]
    public async Task A_total_limit_that_comes_later_counts_what_was_there_before()
    {
        SteppedLedger edge = NewEdge("a");
        edge.Ask(Realm, "u", OnePerUser);
        await edge.SettleAsync();

        SteppedLedger.Asked asked = edge.Ask(Realm, "v", OneInAll);
        await edge.SettleAsync();

        Assert.Equal(LeaseDecision.TotalQuotaReached, asked.Decision);
    }

    [Fact]
    public async Task What_is_freed_and_not_told_yet_is_granted_again_at_once()
    {
        SteppedLedger edge = NewEdge("a");
        edge.Ask(Realm, "u", TwoPerUser);
        edge.Ask(Realm, "v", TwoPerUser);
        await edge.SettleAsync();
        edge.Ask(Realm, "w", TwoPerUser);

        // The call for w is under way, so the release of u waits here.
        edge.Release(Realm, "u");
        Assert.Equal(LeaseDecision.Granted, edge.Ask(Realm, "u", TwoPerUser).First);
        await edge.SettleAsync();

        Assert.Equal(1, (await Counts.UsersAsync())["u"]);
        Assert.Equal(1, edge.Ledger.Statistics.GrantedFromSlack);
    }

    [Fact]
    public async Task What_is_being_given_back_is_not_granted_again()
    {
        SteppedLedger edge = NewEdge("a");
        SteppedLedger other = NewEdge("b");
        edge.Ask(Realm, "u", OnePerUser);
        await edge.SettleAsync();

        edge.Release(Realm, "u");
        Assert.Single(edge.Calls);
        SteppedLedger.Asked again = edge.Ask(Realm, "u", OnePerUser);
        Assert.Equal(LeaseDecision.Pending, again.Decision);
        await edge.RunAsync();
        SteppedLedger.Asked elsewhere = other.Ask(Realm, "u", OnePerUser);
        await other.SettleAsync();
        await edge.SettleAsync();

        Assert.Equal(LeaseDecision.Granted, elsewhere.Decision);
        Assert.Equal(LeaseDecision.UserQuotaReached, again.Decision);
    }

    [Fact]
    public async Task A_release_goes_to_the_request_that_waits_for_it()
    {
        SteppedLedger edge = NewEdge("a");
        edge.Ask(Realm, "u", OnePerUser);
        await edge.SettleAsync();

        SteppedLedger.Asked waiting = edge.Ask(Realm, "u", OnePerUser);
        edge.Release(Realm, "u");
        Assert.Equal(LeaseDecision.Granted, waiting.Decision);
        await edge.SettleAsync();

        Assert.True(waiting.IsWellFormed);
        Assert.Equal(1, await Counts.TotalAsync());
    }

    [Fact]
    public async Task The_others_counts_are_known_after_a_renewal()
    {
        SteppedLedger edge = NewEdge("a");
        SteppedLedger other = NewEdge("b");
        edge.Ask(Realm, "u", default);
        await edge.SettleAsync();
        other.Ask(Realm, "u", default);
        other.Ask(Realm, "u", default);
        await other.SettleAsync();
        Assert.Equal(1, edge.Ledger.ClusterCount(Realm, "u"));

        await edge.RenewAsync();

        Assert.Equal(3, edge.Ledger.ClusterCount(Realm, "u"));
        edge.Release(Realm, "u");
        Assert.Equal(0, edge.Ledger.ClusterCount(Realm, "nobody"));
    }

    [Fact]
    public async Task The_end_answers_who_waits_and_gives_everything_back()
    {
        SteppedLedger edge = NewEdge("a");
        edge.Ask(Realm, "u", TwoPerUser);
        edge.Ask(Realm, "v", new LeaseLimits(2, 0, 5));
        await edge.SettleAsync();
        SteppedLedger.Asked waiting = edge.Ask(Realm, "u", TwoPerUser);

        Task end = edge.Ledger.DisposeAsync().AsTask();
        await edge.SettleAsync();
        await end.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.Equal(LeaseDecision.Unavailable, waiting.Decision);
        Assert.True(waiting.IsWellFormed);
        Assert.Equal(LeaseDecision.Unavailable, edge.Ask(Realm, "u", TwoPerUser).First);
        Assert.Equal(0, await Counts.KeysAsync("a"));
        Assert.Equal(0, await TotalCounts.KeysAsync("a"));
    }

    [Fact]
    public void A_release_of_something_that_is_not_held_is_counted_and_does_no_harm()
    {
        SteppedLedger edge = NewEdge("a");

        edge.Release(Realm, "u");

        Assert.Equal(1, edge.Ledger.Statistics.UnmatchedReleases);
        Assert.Equal(0, edge.Ledger.Statistics.InUse);
        Assert.Empty(edge.Calls);
    }

    [Fact]
    public async Task A_callback_that_throws_costs_nobody_else_an_answer()
    {
        SteppedLedger edge = NewEdge("a");
        Assert.Equal(LeaseDecision.Pending, edge.Ledger.TryAcquire(Realm, "u", OnePerUser, _ => throw new InvalidOperationException("caller's fault")));
        SteppedLedger.Asked other = edge.Ask(Realm, "v", OnePerUser);

        await edge.SettleAsync();

        Assert.Equal(LeaseDecision.Granted, other.Decision);
    }
}
