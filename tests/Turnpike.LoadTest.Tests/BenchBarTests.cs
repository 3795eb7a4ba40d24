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
        Assert.Contains("2 of 3 bars are missed", BenchBars.Problems(result));
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
                Saturated("edge", 0, 99), Saturated("coturn", 0, 1), Saturated("reference", 0, 1),
                Saturated("edge", 1, 8), Saturated("coturn", 1, coturnPacket), Saturated("reference", 1, 1),
            ],

            // At its own highest rate the reference is another matter.
            Floor = [Saturated("reference", 0, 1), Saturated("reference", 1, referencePacket)],
            Allocates =
            [
                new("edge", 0, 1, 99, 0), new("coturn", 0, 1, 1, 0), new("reference", 0, 1, 1, 0),
                new("edge", 1, 1, 25, 0), new("coturn", 1, 1, coturnAllocate, 0), new("reference", 1, 1, referenceAllocate, 0),
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
        Assert.Equal(["nothing was measured that a bar is about"], BenchBars.Problems(BenchResults.Of("edge", "coturn")));
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

    [Fact]
    public void Rounds_that_a_server_of_a_pair_lacks_miss_the_bar()
    {
        BenchResult result = BenchResults.Of("edge", "coturn", "reference") with
        {
            Samples = [.. BenchResults.Samples("edge", Single, 1), .. BenchResults.Samples("coturn", Single, 2).Take(2)],
            Saturation = [new("edge", 100, 0, 9, false), new("coturn", 100, 50_000, 9, false), new("reference", 100, 50_000, 9, false)],
            Saturated = [Saturated("coturn", 1, 10), Saturated("reference", 1, 10)],
            Floor = [Saturated("reference", 1, 10)],

            // As many of each, but of other rounds.
            Allocates = [new("edge", 1, 1, 1, 0), new("coturn", 2, 1, 9, 0), new("reference", 1, 1, 0, 0)],
        };
        Assert.Equal(6, result.Bars.Count);
        Assert.All(result.Bars, bar => Assert.Equal(("not measured", false), (bar.Measured, bar.IsMet)));
    }

    [Theory]
    [InlineData(1, false, true, "")]
    [InlineData(2, false, false, ", 0.2 % lost")]
    [InlineData(2, true, true, "")]
    public void A_cheap_server_that_drops_packets_misses_its_bars_unless_the_generator_dropped_them(int lost, bool byGenerator, bool met, string told)
    {
        BenchSample Edge(BenchCase which, int round) =>
            BenchResults.Sample("edge", which, round, cost: 1, p99: 1, received: 1000 - lost, byGenerator: byGenerator);
        BenchCase few = new(160, Direction.Both, 1, 100);
        BenchCase many = few with { Allocations = 10_000 };
        BenchResult result = BenchResults.Of("edge", "coturn") with
        {
            Samples = [.. BenchResults.Samples("coturn", Single, 10), .. new[] { Single, few, many }.SelectMany(each => new[] { Edge(each, 1), Edge(each, 2) })],
        };
        IReadOnlyList<BenchBar> ratios = result.Bars;
        Assert.Equal(3, ratios.Count);
        Assert.All(ratios, bar => Assert.Equal(met, bar.IsMet));
        if (told.Length != 0)
        {
            Assert.All(ratios, bar => Assert.EndsWith(told, bar.Measured, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(0.1, true)]
    [InlineData(0.2, false)]
    public void An_edge_that_loses_at_its_highest_rate_misses_its_bars_and_the_generators_limit_is_told(double loss, bool met)
    {
        BenchResult result = BenchResults.Of("edge", "coturn", "reference") with
        {
            Saturated = [Saturated("edge", 1, 8) with { LossPercent = loss, LimitedByGenerator = true }, Saturated("coturn", 1, 10)],
            Floor = [Saturated("reference", 1, 8)],
        };
        Assert.Equal([met, met], result.Bars.Select(bar => bar.IsMet));
        Assert.Equal(FormattableString.Invariant($"1.25 (1.25–1.25), {loss} % lost, the generator was the limit of edge"), result.Bars[0].Measured);
        Assert.Equal("saturation, 100 allocations: CPU a packet ÷ the reference's at the same rate", result.Bars[1].What);
        BenchResult lossy = result with { Saturated = [Saturated("edge", 1, 8), Saturated("coturn", 1, 10)], Floor = [Saturated("reference", 1, 8) with { LossPercent = loss }] };
        Assert.Equal([true, met], lossy.Bars.Select(bar => bar.IsMet));
    }

    [Fact]
    public void Too_few_rounds_and_a_short_soak_prove_nothing()
    {
        BenchResult result = BenchResults.Of("edge", "coturn") with
        {
            Samples = [.. BenchResults.Samples("edge", Video, 1), .. BenchResults.Samples("coturn", Video, 10)],
        };
        Assert.Empty(BenchBars.Problems(result));
        Assert.Contains("5 counted rounds", Assert.Single(BenchBars.Problems(result with { Rounds = 5 })), StringComparison.Ordinal);
        SoakResult soak = BenchResults.Soak(new SoakPoint(0, 1, 1, 0, 0), new SoakPoint(1, 1, 1, 1, 0), new SoakPoint(2, 1, 1, 2, 0));
        Assert.Empty(BenchBars.Problems(result with { Soak = soak }));
        Assert.Contains("10 minutes", Assert.Single(BenchBars.Problems(result with { Soak = soak with { Seconds = 500 } })), StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => BenchOptions.From(Given("--bars", "--quick"), [0, 1]));
        Assert.Throws<UsageException>(() => BenchOptions.From(Given("--bars", "--only", "soak", "--soak-minutes", "9"), [0, 1]));
    }

    private static SaturatedSample Saturated(string server, int round, double cost) => BenchResults.Saturated(server, round, cost);

    private static ParsedOptions Given(params string[] arguments) => ParsedOptions.Parse(BenchOptions.Known, arguments);
}
