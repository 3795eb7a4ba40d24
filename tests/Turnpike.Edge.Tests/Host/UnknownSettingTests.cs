using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Tests.Host;

public sealed class UnknownSettingTests
{
    [Theory]
    [InlineData("Edge:Relm", "Edge:Realm")]
    [InlineData("Edge:Secret:0", "Edge:Secrets:0")]
    [InlineData("Edge:Listener:0", "Edge:Listeners:0")]
    [InlineData("Edge:Relay:MinProt", "Edge:Relay:MinPort")]
    [InlineData("Edge:MinPort", "Edge:Relay:MinPort")]
    [InlineData("Edge:Quota:AllocationPerUser", "Edge:Quota:AllocationsPerUser")]
    [InlineData("Edge:Lifetime:Nonce", "Edge:Lifetimes:Nonce")]
    [InlineData("Edge:Realm:0", "Edge:Realm")]
    public void An_unknown_key_names_its_nearest_neighbour(string key, string suggestion)
    {
        string problem = Assert.Single(Reading.Bad((key, "1")));
        Assert.Equal($"{key}: unknown setting; did you mean {suggestion}?", problem);
    }

    [Fact]
    public void A_key_that_resembles_none_points_to_help()
    {
        Assert.Equal("Edge:Turbo: unknown setting; --help lists all settings", Assert.Single(Reading.Bad(("Edge:Turbo", "true"))));
    }

    [Fact]
    public void A_store_that_does_not_parse_is_refused_without_its_password()
    {
        string problem = Assert.Single(Reading.Bad(("Cluster:Redis", "redis:6379,passwort=hunter2")));
        Assert.StartsWith("Cluster:Redis: part 2 of 2", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_key_of_the_cluster_names_its_nearest_neighbour() => Assert.Equal(
        "Cluster:Heartbeet: unknown setting; did you mean Cluster:Heartbeat?", Assert.Single(Reading.Bad(("Cluster:Heartbeet", "500"))));

    [Fact]
    public void An_empty_cluster_key_means_alone_and_is_accepted() => Reading.Good(("Cluster:Redis", ""));

    [Fact]
    public void Keys_of_other_programs_are_left_alone() => Reading.Good(("Edgewise:Realm", "x"), ("PATH", "/bin"), ("EDGE", "1"));

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("Realm", "realm", 0)]
    [InlineData("Relm", "Realm", 1)]
    [InlineData("Raelm", "Realm", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    public void Distance_counts_typing_errors(string left, string right, int expected)
    {
        Assert.Equal(expected, NearestName.Distance(left, right));
        Assert.Equal(expected, NearestName.Distance(right, left));
    }
}
