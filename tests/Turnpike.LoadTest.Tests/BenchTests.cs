using Turnpike.LoadTest.Bench;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Tests;

public sealed class BenchTests
{
    private static BenchSample Sample(string server, int round, double cost, long received = 1000, bool kept = true, double waited = 0) =>
        BenchResults.Sample(server, new BenchCase(160, Direction.Up), round, cost, received: received, kept: kept, waited: waited);

    private static BenchResult Result(params BenchSample[] samples) => BenchResults.Of("edge", "coturn") with { Samples = samples };

    [Fact]
    public void The_first_round_is_discarded_and_ratios_are_round_by_round()
    {
        BenchResult result = Result(
            Sample("edge", 0, 900), Sample("coturn", 0, 1), Sample("edge", 1, 10), Sample("coturn", 1, 20), Sample("edge", 2, 30), Sample("coturn", 2, 40));
        CaseSummary summary = Assert.Single(result.Cases);
        Assert.Equal(new Spread(20, 10, 30), summary.Servers[0].CpuMicrosecondsPerPacket);
        Assert.Null(summary.Servers[0].RatioOfFirst);
        Assert.Equal(new Spread(0.625, 0.5, 0.75), summary.Servers[1].RatioOfFirst);
        Assert.Equal(0, summary.DisturbedRounds);
    }

    [Fact]
    public void The_tables_have_a_line_a_case_with_costs_ratio_delays_and_loss()
    {
        string table = BenchTable.Of(Result(
            Sample("edge", 0, 9), Sample("coturn", 0, 9), Sample("edge", 1, 10), Sample("coturn", 1, 20, received: 995, kept: false)));
        Assert.Contains("| case | edge | coturn | edge ÷ coturn |", table, StringComparison.Ordinal);
        Assert.Contains("| 160 B, client→peer `*1` | 10.0 (10.0–10.0) | 20.0 (20.0–20.0) | **0.50 (0.50–0.50)** |", table, StringComparison.Ordinal);
        Assert.Contains("| 160 B, client→peer | 50 / 100 / 200 | 50 / 100 / 200, 0.5 % lost |", table, StringComparison.Ordinal);
    }

    [Fact]
    public void The_tables_have_the_best_search_the_counted_rounds_and_what_an_allocation_takes()
    {
        BenchResult result = Result() with
        {
            Saturation = [new("edge", 100, 50_000, 9, false), new("edge", 100, 60_000, 9, true), new("coturn", 100, 40_000, 10, false)],
            Saturated =
            [
                BenchResults.Saturated("edge", 0, 99),
                BenchResults.Saturated("edge", 1, 8) with { PacketsPerSecond = 52_000, LossPercent = 0.25, LimitedByGenerator = true },
            ],
            Allocates = [new("edge", 0, 1, 1000, 9), new("edge", 1, 12_000, 80, 0), new("coturn", 0, 1, 1, 0), new("coturn", 1, 3000, 320, 7)],
            Memory = [new("edge", 0.36, 50 << 20, 60 << 20, 87 << 20)],
        };
        string table = BenchTable.Of(result);
        Assert.DoesNotContain("| case |", table, StringComparison.Ordinal);
        Assert.Contains("| 100 | edge | ≥ 52 000, 0.25 % lost | 8.0 (8.0–8.0) | 125 000 |", table, StringComparison.Ordinal);
        Assert.Contains("| 100 | coturn | 40 000 | 10.0 (10.0–10.0) | 100 000 |", table, StringComparison.Ordinal);
        Assert.Contains("| edge | 12000 (12000–12000) | 80.0 (80.0–80.0) | 12 500 |", table, StringComparison.Ordinal);
        Assert.Contains("| coturn | 3000 (3000–3000), 7 refused (437) |", table, StringComparison.Ordinal);
        Assert.Contains("| edge | 0.36 s | 50.0 | 60.0 | 87.0 | 3146 |", table, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_is_named_is_measured_and_a_quick_run_leaves_the_long_parts_out()
    {
        Assert.Equal(Enum.GetValues<BenchPart>().Where(part => part != BenchPart.Soak), From([0, 1]).Parts);
        Assert.Equal([BenchPart.Bursts, BenchPart.Memory], From([0, 1], "--only", "bursts, memory").Parts);
        Assert.Equal([BenchPart.Packets, BenchPart.Bursts], From([0, 1], "--quick").Parts);
        Assert.Throws<UsageException>(() => From([0, 1], "--only", "bursts,7"));
        Assert.Throws<UsageException>(() => From([0, 1], "--only", "everything"));
    }

    [Fact]
    public void A_round_is_disturbed_once_by_a_late_generator_or_a_server_that_waited_for_its_CPU()
    {
        BenchResult result = Result(
            Sample("edge", 0, 1, kept: false),
            Sample("coturn", 0, 1),
            Sample("edge", 1, 1, waited: 0.06),
            Sample("coturn", 1, 1, kept: false),
            Sample("edge", 2, 1, waited: 0.04),
            Sample("coturn", 2, 1));
        Assert.Equal(1, Assert.Single(result.Cases).DisturbedRounds);
        Assert.True((result.Samples[^1] with { LostByGenerator = true }).Disturbed);
    }

    [Theory]
    [InlineData(998, 0, 0, false)]
    [InlineData(998, 1, 0, true)]
    [InlineData(990, 4, 4, false)]
    [InlineData(990, 4, 5, true)]
    [InlineData(999, 1, 0, false)]
    public void A_loss_is_the_generators_where_the_rest_would_be_tolerated(long received, long sendDrops, long receiveDrops, bool own) =>
        Assert.Equal(own, new GeneratorResult(1, 1, sendDrops, receiveDrops).ExplainsLoss(1000, received, 0.1));

    [Fact]
    public void A_server_that_loses_at_its_highest_rate_is_measured_a_few_steps_lower()
    {
        StayedRate stayed = SaturationSearch.Stay(1000, limitedByGenerator: true, rate => new SaturationStep(rate > 900 ? 1 : 0.1, true, 5));
        Assert.Equal((1000 / SaturationSearch.StepFactor, 0.1, false), (stayed.PacketsPerSecond, stayed.Step.LossPercent, stayed.LimitedByGenerator));
        Assert.Equal(1000, SaturationSearch.Stay(1000, limitedByGenerator: true, _ => new SaturationStep(0, true, 5)).PacketsPerSecond);
        int tries = 0;
        Assert.True(SaturationSearch.Stay(1000, limitedByGenerator: false, _ => new SaturationStep(++tries, false, 5)).LimitedByGenerator);
        Assert.Equal(1 + SaturationSearch.MaximumStepsDown, tries);
    }

    [Fact]
    public void The_search_goes_up_to_the_last_rate_that_holds()
    {
        SaturationSample found = SaturationSearch.Find("s", 1, 1000, rate => new SaturationStep(rate > 1400 ? 0.2 : 0.1, true, 5));
        Assert.Equal(1000 * SaturationSearch.StepFactor * SaturationSearch.StepFactor, found.PacketsPerSecond, 6);
        Assert.False(found.LimitedByGenerator);
    }

    [Fact]
    public void The_search_goes_down_when_the_first_guess_is_too_high()
    {
        SaturationSample found = SaturationSearch.Find("s", 1, 1000, rate => new SaturationStep(rate > 880 ? 5 : 0, true, 5));
        Assert.Equal(1000 / SaturationSearch.StepFactor, found.PacketsPerSecond, 6);
    }

    [Fact]
    public void One_hiccup_does_not_end_the_search()
    {
        bool hiccup = true;
        SaturationSample found = SaturationSearch.Find("s", 1, 1000, rate =>
        {
            double loss = rate > 1100 || hiccup ? 1 : 0;
            hiccup = false;
            return new SaturationStep(loss, true, 5);
        });
        Assert.Equal(1000, found.PacketsPerSecond);
    }

    [Fact]
    public void A_generator_that_falls_behind_is_said_to_be_the_limit()
    {
        SaturationSample found = SaturationSearch.Find("s", 1, 1000, rate => new SaturationStep(0, rate < 1100, 5));
        Assert.Equal(1000, found.PacketsPerSecond);
        Assert.True(found.LimitedByGenerator);
    }

    [Fact]
    public void A_search_ends_even_when_nothing_holds_or_everything_does()
    {
        Assert.Equal(0, SaturationSearch.Find("s", 1, 1000, _ => new SaturationStep(50, true, 5)).PacketsPerSecond);
        Assert.True(SaturationSearch.Find("s", 1, 1000, _ => new SaturationStep(0, true, 5)).LimitedByGenerator);
    }

    [Fact]
    public void Server_and_generator_get_CPUs_of_their_own()
    {
        BenchOptions options = From([2, 5]);
        Assert.Equal((2, 5), (options.ServerCpu, options.GeneratorCpu));
        Assert.Equal((5, 2), (From([2, 5], "--server-cpu", "5").ServerCpu, From([2, 5], "--server-cpu", "5").GeneratorCpu));
        Assert.Throws<UsageException>(() => From([2]));
        Assert.Throws<UsageException>(() => From([2, 5], "--generator-cpu", "2"));
        Assert.Throws<UsageException>(() => From([2, 5], "--generator-cpu", "3"));
    }

    [Fact]
    public void Quick_shortens_what_is_not_given()
    {
        BenchOptions options = From([0, 1], "--quick", "--rounds", "4");
        Assert.Equal((4, 0.5, false), (options.Rounds, options.Seconds, options.Parts.Contains(BenchPart.Saturation)));
    }

    [Fact]
    public void An_unknown_or_missing_server_is_refused_before_anything_starts()
    {
        Assert.Throws<UsageException>(() => From([0, 1], "--servers", "coturn,other").CreateServers());
        foreach (string name in (string[])["edge", "pion", "reference"])
        {
            Exception refused = Assert.Throws<UsageException>(() => From([0, 1], "--servers", name, $"--{name}", "/nonexistent/one").CreateServers());
            Assert.Contains("/nonexistent/one", refused.Message, StringComparison.Ordinal);
            Assert.Contains($"--{name}", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Only_an_edge_on_loopback_can_be_soaked()
    {
        Assert.Equal([BenchPart.Soak], From([0, 1], "--only", "soak").Parts);
        Assert.Throws<UsageException>(() => From([0, 1], "--only", "soak", "--veth"));
        Assert.Throws<UsageException>(() => From([0, 1], "--only", "soak", "--servers", "coturn,edge"));
    }

    private static BenchOptions From(int[] cpus, params string[] arguments) =>
        BenchOptions.From(ParsedOptions.Parse(BenchOptions.Known, arguments), cpus);
}
