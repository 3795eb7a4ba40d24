using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Turnpike.Cluster;
using Turnpike.Edge.Cluster;
using Turnpike.Edge.Tests.Host;

namespace Turnpike.Edge.Tests.Cluster;

public sealed class RealmTableTests
{
    private readonly ListLogger _logger = new();

    [Fact]
    public void The_edges_own_realm_is_there_without_any_cluster()
    {
        RealmTable table = new(Reading.Good(("Edge:Quota:AllocationsPerUser", "7")), _logger);
        Assert.Equal("turnpike", Assert.Single(table.Realms).Key);
        Assert.Equal(7, table.Own.Leases.PerUser);
        Assert.False(table.Own.Secrets.IsEmpty);
    }

    [Fact]
    public void The_clusters_record_goes_on_top_of_the_edges_settings()
    {
        RealmTable table = new(Reading.Good(("Edge:Quota:AllocationsPerUser", "7"), ("Edge:Quota:AllocationsPerRealm", "70")), _logger);
        Assert.True(table.Update(Records(new RealmRecord { Name = "turnpike", Policy = new RealmPolicy { AllocationsPerUser = 3 } })));
        Assert.Equal(new LeaseLimits(3, 70, 0), table.Own.Leases);
        Assert.False(table.Own.Secrets.IsEmpty); // the edge's own secret goes on
        Assert.True(table.Update(Records()));
        Assert.Equal(new LeaseLimits(7, 70, 0), table.Own.Leases);
    }

    [Fact]
    public void Another_realm_has_its_own_secrets_and_none_of_the_edges()
    {
        RealmTable table = new(Reading.Good(), _logger);
        Assert.True(table.Update(Records(new RealmRecord { Name = "a" })));
        Assert.True(table.Realms["a"].Secrets.IsEmpty);
        Assert.True(table.Realms.ContainsKey("turnpike"));
    }

    [Fact]
    public void The_same_records_are_no_change()
    {
        RealmTable table = new(Reading.Good(), _logger);
        Dictionary<string, RealmRecord> records = Records(new RealmRecord { Name = "a" });
        Assert.False(table.Update(Records()));
        Assert.True(table.Update(records));
        ServedRealm served = table.Realms["a"];
        Assert.False(table.Update(records));
        Assert.Same(served, table.Realms["a"]);
    }

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.1/8")]
    [InlineData("ten")]
    public void A_record_with_an_invalid_range_is_refused_by_name_and_value_and_the_one_before_stays(string range)
    {
        RealmTable table = new(Reading.Good(), _logger);
        table.Update(Records(new RealmRecord { Name = "a", Version = 1, Policy = new RealmPolicy { AllocationsPerUser = 3 } }));
        Dictionary<string, RealmRecord> wrong = Records(new RealmRecord
        {
            Name = "a",
            Version = 2,
            Policy = new RealmPolicy { AllocationsPerUser = 4, PeersDeny = [range] },
        });
        Assert.False(table.Update(wrong));
        Assert.False(table.Update(wrong));
        Assert.Equal(3, table.Realms["a"].Leases.PerUser);
        string line = Assert.Single(_logger.Lines);
        Assert.Contains("realm a", line, StringComparison.Ordinal);
        Assert.Contains(range, line, StringComparison.Ordinal);
    }

    [Fact]
    public void An_invalid_record_of_the_edges_own_realm_leaves_the_settings()
    {
        RealmTable table = new(Reading.Good(("Edge:Quota:AllocationsPerUser", "7")), _logger);
        table.Update(Records(new RealmRecord { Name = "turnpike", Policy = new RealmPolicy { AllocationsPerUser = -1 } }));
        Assert.Equal(7, table.Own.Leases.PerUser);
        Assert.Single(_logger.Lines);
    }

    [Fact]
    public void A_realm_that_is_gone_from_the_cluster_is_no_longer_served()
    {
        RealmTable table = new(Reading.Good(), _logger);
        table.Update(Records(new RealmRecord { Name = "a" }));
        Assert.True(table.Update(Records()));
        Assert.False(table.Realms.ContainsKey("a"));
    }

    internal static Dictionary<string, RealmRecord> Records(params RealmRecord[] records) => records.ToDictionary(record => record.Name);

    private sealed class ListLogger : ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));
    }
}
