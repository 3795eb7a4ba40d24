using Turnpike.Edge.Options;
using Turnpike.Edge.Tests.Host;

namespace Turnpike.Edge.Tests.Cluster;

public sealed class ClusterSettingsTests
{
    [Fact]
    public void An_edge_without_credentials_of_its_own_is_fine_where_there_is_a_store()
    {
        Assert.Null(EdgeSettingsReader.Read(Reading.Bind()));
        EdgeSettings? settings = EdgeSettingsReader.Read(Reading.Bind(("Cluster:Redis", "redis:6379")));
        Assert.False(settings!.HasOwnCredentials);
        Assert.Equal("redis:6379", settings.Cluster.Redis);
    }

    [Theory]
    [InlineData("Edge:Name", "north 1")]
    [InlineData("Edge:Name", "a-name-that-is-longer-than-the-sixty-three-letters-that-it-may-have")]
    [InlineData("Edge:Region", "eu{west}")]
    [InlineData("Cluster:KeyPrefix", "")]
    [InlineData("Cluster:KeyPrefix", "turn{pike}")]
    [InlineData("Edge:Quota:WhenStoreUnavailable", "localshare")]
    public void A_value_that_cannot_be_meant_is_refused(string key, string value) =>
        Assert.StartsWith($"{key} = \"{value}\"", Assert.Single(Reading.Bad((key, value))), StringComparison.Ordinal);

    [Fact]
    public void The_name_is_the_hosts_unless_one_is_given()
    {
        Assert.NotEmpty(Reading.Good().Name);
        Assert.Equal("north.1", Reading.Good(("Edge:Name", "north.1")).Name);
    }

    [Fact]
    public void A_member_may_not_expire_within_three_heartbeats()
    {
        string problem = Assert.Single(Reading.Bad(("Cluster:Heartbeat", "1000"), ("Cluster:MemberExpiry", "2")));
        Assert.Contains("less than three times Cluster:Heartbeat, 1000 ms", problem, StringComparison.Ordinal);
        Reading.Good(("Cluster:Heartbeat", "1000"), ("Cluster:MemberExpiry", "3"));
    }
}
