using Microsoft.Extensions.Time.Testing;
using Turnpike.Cluster;
using Turnpike.Edge.Cluster;
using Turnpike.Server;

namespace Turnpike.Edge.Tests.Cluster;

public sealed class QuotaReportsTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly List<ClusterEvent> _events = [];

    [Fact]
    public void A_client_that_is_refused_again_and_again_is_told_of_once_a_minute()
    {
        QuotaReports reports = new(_events.Add, "north-1", _time);
        for (int i = 0; i < 10; i++)
        {
            reports.OnRefused("a", "alice", QuotaDecision.UserQuotaReached);
        }
        reports.OnRefused("a", "bob", QuotaDecision.UserQuotaReached);
        reports.OnRefused("a", "alice", QuotaDecision.RealmQuotaReached);
        reports.OnRefused("a", "alice", QuotaDecision.Unavailable);
        Assert.Equal(["alice", "bob", "alice"], _events.Select(entry => entry.User));
        _time.Advance(TimeSpan.FromMinutes(1));
        reports.OnRefused("a", "alice", QuotaDecision.UserQuotaReached);
        Assert.Equal(4, _events.Count);
        Assert.Equal(("allocations_per_user", "north-1"), (_events[3].Reason, _events[3].Edge));
    }
}
