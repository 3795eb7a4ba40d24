using Turnpike.LoadTest.Cluster;
using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Tests;

public sealed class FigureTests
{
    private static readonly string Edge = typeof(FigureTests).Assembly.Location;

    [Fact]
    public void A_quick_run_is_small_and_what_is_asked_for_beside_it_holds()
    {
        FigureOptions quick = Parse("--edge", Edge, "--quick", "--edges", "7");
        Assert.Equal((1.0, 7, 10_000), (quick.Seconds, quick.Edges, quick.Credentials));
        FigureOptions full = Parse("--edge", Edge);
        Assert.Equal((10.0, 100, 1_000_000), (full.Seconds, full.Edges, full.Credentials));
    }

    [Fact]
    public void Without_an_edge_the_operator_is_told_how_to_get_one()
    {
        var exception = Assert.Throws<UsageException>(() => Parse("--edge", "/nowhere/turnpike-edge"));
        Assert.Contains("make publish", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_scripts_count_as_calls_and_looking_at_the_store_does_not_count_at_all()
    {
        var before = new StoreWork(new Dictionary<string, long> { ["evalsha"] = 10, ["info"] = 1 }, 1);
        var after = new StoreWork(new Dictionary<string, long> { ["evalsha"] = 14, ["eval"] = 1, ["hset"] = 8, ["info"] = 5 }, 2);
        Assert.Equal(5, after.ScriptsSince(before));
        Assert.Equal(["eval", "evalsha", "hset"], after.Since(before).Keys.Order());
    }

    private static FigureOptions Parse(params string[] arguments) => FigureOptions.From(ParsedOptions.Parse(FigureOptions.Known, arguments));
}
