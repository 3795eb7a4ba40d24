using Turnpike.LoadTest.Cluster;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Store;

namespace Turnpike.LoadTest.Tests;

public sealed class StoreTests
{
    [Fact]
    public void A_quick_run_is_small_and_what_is_asked_for_beside_it_holds()
    {
        StoreOptions quick = Parse("--quick", "--edges", "70");
        Assert.True(quick.Calls < Parse().Calls && quick.Users < Parse().Users);
        Assert.Equal(70, quick.Edges);
    }

    [Theory]
    [InlineData("--calls", "1")]
    [InlineData("--users", "many")]
    [InlineData("--listeners", "0")]
    [InlineData("--seconds", "10")]
    public void What_cannot_be_measured_is_refused(string option, string value) => Assert.Throws<UsageException>(() => Parse(option, value));

    [Fact]
    public void The_time_of_scripts_is_theirs_and_not_that_of_the_commands_inside()
    {
        var before = new StoreWork(new Dictionary<string, long>(), 0) { Microseconds = new Dictionary<string, long> { ["evalsha"] = 100 } };
        var after = new StoreWork(new Dictionary<string, long>(), 0) { Microseconds = new Dictionary<string, long> { ["evalsha"] = 350, ["eval"] = 7, ["hset"] = 90 } };
        Assert.Equal(257, after.ScriptMicrosecondsSince(before));
    }

    [Fact]
    public void The_table_has_the_cost_of_a_call_and_of_an_item_in_it()
    {
        string table = StoreTable.Of(new StoreFigures("7.0", [new CallFigure("usage", 4, 250, 900, 1000, 141.4), new CallFigure("heartbeat", 9, 1, 40, 101, null)], new ReaderFigures(9.2, 1.9, 390)));
        Assert.Contains("| usage | 4 | 250 | 900.0 | 1000.0 | 4.00 | 141 |", table, StringComparison.Ordinal);
        Assert.Contains("| heartbeat | 9 | 1 | 40.0 | 101.0 | 101.00 |  |", table, StringComparison.Ordinal);
    }

    private static StoreOptions Parse(params string[] arguments) => StoreOptions.From(ParsedOptions.Parse(StoreOptions.Known, arguments));
}
