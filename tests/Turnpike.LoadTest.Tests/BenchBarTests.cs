using System.Text.Json;
using Turnpike.LoadTest.Bench;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Tests;

public sealed class BenchBarTests
{
    private static readonly BenchCase Single = new(160, Direction.Up);
    private static readonly BenchCase Video = new(1200, Direction.Down, 16);

    [Fact]
    public void A_cost_below_that_of_coturn_is_met_and_one_above_is_missed()
    {
        BenchResult result = BenchResults.Of("edge", "coturn") with
        {
            Samples =
            [
                .. BenchResults.Samples("edge", Single, cost: 10, p99: 120),
                .. BenchResults.Samples("coturn", Single, cost: 10, p99: 100),
                .. BenchResults.Samples("edge", Video, cost: 6.1),
                .. BenchResults.Samples("coturn", Video, cost: 10),
            ],
        };
        Assert.Equal(
            [
                ("160 B, client→peer: CPU a packet ÷ coturn's", "≤ 1", true),
                ("160 B, client→peer: p99 of the delay ÷ coturn's", "≤ 1", false),
                ("1200 B in bursts of 16, peer→client: CPU a packet ÷ coturn's", "≤ 0.6", false),
            ],
            result.Bars.Select(bar => (bar.What, bar.Limit, bar.IsMet)));
        Assert.Contains("| 160 B, client→peer: p99 of the delay ÷ coturn's | ≤ 1 | 1.20 (1.20–1.20) | **missed** |", BenchTable.Of(result), StringComparison.Ordinal);
        Assert.False(BenchCommand.IsMet(result.Bars));
    }

    [Theory]
    [InlineData(9, 7.2, 100, 10, true)]
    [InlineData(8.7, 6.75, 90, 9.8, false)]
    public void Saturation_and_Allocates_are_compared_with_coturn_and_with_the_reference(
        double coturnPacket, double referencePacket, double coturnAllocate, double referenceAllocate, bool met)
    {
        BenchResult result = BenchResults.Of("edge", "coturn", "reference") with
        {
            // The first round is no measurement.
            Saturated =
            [
                new("edge", 100, 0, 99, 0), new("coturn", 100, 0, 1, 0), new("reference", 100, 0, 1, 0),
                new("edge", 100, 1, 8, 0), new("coturn", 100, 1, coturnPacket, 0), new("reference", 100, 1, referencePacket, 0),
            ],
            Allocates =
            [
                new("edge", 0, 1, 99), new("coturn", 0, 1, 1), new("reference", 0, 1, 1),
                new("edge", 1, 1, 25), new("coturn", 1, 1, coturnAllocate), new("reference", 1, 1, referenceAllocate),
            ],
        };
        Assert.Equal([met, met, met, met], result.Bars.Select(bar => bar.IsMet));
    }

    [Fact]
    public void Growth_memory_and_start_have_bars_of_their_own()
    {
        BenchResult result = BenchResults.Of("edge") with
        {
            Samples =
            [
                .. BenchResults.Samples("edge", new BenchCase(160, Direction.Both, 1, 100), cost: 10),
                .. BenchResults.Samples("edge", new BenchCase(160, Direction.Both, 1, 10_000), cost: 13.1),
            ],
            Memory = [new("edge", 0.51, 65 << 20, 70 << 20, 80 << 20)],
        };
        Assert.Equal([false, true, false, false], result.Bars.Select(bar => bar.IsMet));
        Assert.Equal("1.31 (1.31–1.31)", result.Bars[0].Measured);
    }

    [Fact]
    public void Nothing_measured_is_nothing_proved_and_only_an_edge_has_bars()
    {
        Assert.Empty(BenchResults.Of("edge", "coturn").Bars);
        Assert.False(BenchCommand.IsMet([]));
        BenchSample[] samples = [.. BenchResults.Samples("coturn", Single, 1), .. BenchResults.Samples("pion", Single, 2)];
        Assert.Empty((BenchResults.Of("coturn", "pion") with { Samples = samples }).Bars);
    }

    [Fact]
    public void A_soak_has_its_longest_pause_between_two_readings_and_its_growth_between_collections_and_quarters()
    {
        SoakPoint[] points =
        [
            new(0, 100, 20, 10, 0.010), new(1, 100, 50, 11, 0.012), new(2, 100, 70, 11, 0.012), new(3, 100, 80, 12, 0.018),
            new(4, 100, 50, 13, 0.019), new(5, 100, 60, 13, 0.019), new(6, 110, 60, 13, 0.019), new(7, 110, 56, 14, 0.020),
        ];
        SoakResult soak = BenchResults.Soak(points);
        Assert.Equal(4, soak.Collections);
        Assert.Equal(6, soak.LongestPauseMilliseconds!.Value, 6);
        Assert.Equal((1.12, 1.1), (soak.HeapGrowth!.Value, soak.ResidentGrowth));
        BenchResult result = BenchResults.Of("edge") with { Soak = soak };
        Assert.Equal([false, false, false, true], result.Bars.Select(bar => bar.IsMet));
        Assert.Contains("| 6 s | 0.0 | 0.0 | 13 | 19.0 |", BenchTable.Of(result), StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_edge_does_not_say_or_a_soak_was_too_short_for_is_missed()
    {
        SoakResult soak = BenchResults.Soak(new SoakPoint(0, 1, 1, 0, null), new SoakPoint(1, 1, 1, 0, null));
        Assert.Equal([false, false, true, true], (BenchResults.Of("edge") with { Soak = soak }).Bars.Select(bar => bar.IsMet));
    }

    [Fact]
    public void A_scrape_tells_collections_heap_and_pauses()
    {
        const string Text = """
            # TYPE dotnet_collection_count_total counter
            dotnet_collection_count_total{generation="0"} 7
            dotnet_collection_count_total{generation="1"} 3
            dotnet_total_memory_bytes 2482960
            """;
        Assert.Equal(new SoakPoint(1.5, 42, 2_482_960, 7, null), RuntimeScrapes.Parse(Text, 1.5, 42));
        Assert.Equal(0.25, RuntimeScrapes.Parse($"{Text}\ndotnet_gc_pause_duration_seconds_sum 0.25\n", 0, 0).PauseSeconds);
        Assert.Throws<FormatException>(() => RuntimeScrapes.Parse("dotnet_total_memory_bytes 1\n", 0, 0));
    }

    [Fact]
    public void A_result_is_read_back_as_it_was_written_and_nothing_else_is_taken_for_one()
    {
        BenchResult result = BenchResults.Of("edge", "coturn") with
        {
            Samples = [.. BenchResults.Samples("edge", Video, 1), .. BenchResults.Samples("coturn", Video, 2)],
            Soak = BenchResults.Soak(new SoakPoint(0, 1, 1, 0, null), new SoakPoint(1, 1, 1, 0, 0.5)),
        };
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, JsonSerializer.Serialize(result, ResultJson.Default.BenchResult));
            Assert.Equal(BenchTable.Of(result), BenchTable.Of(BenchCommand.Read(file, Given())));
            Assert.Throws<UsageException>(() => BenchCommand.Read(file, Given("--rounds", "3")));
            File.WriteAllText(file, "{}");
            Assert.Throws<UsageException>(() => BenchCommand.Read(file, Given()));
            File.WriteAllText(file, "no result");
            Assert.Throws<UsageException>(() => BenchCommand.Read(file, Given()));
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Throws<UsageException>(() => BenchCommand.Read("/nonexistent/result.json", Given()));
    }

    private static ParsedOptions Given(params string[] arguments) => ParsedOptions.Parse(BenchOptions.Known, arguments);
}
