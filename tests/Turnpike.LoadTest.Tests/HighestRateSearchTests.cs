using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Scenarios;
using Turnpike.LoadTest.Search;

namespace Turnpike.LoadTest.Tests;

/// <summary>The search against servers that are a function.</summary>
public sealed class HighestRateSearchTests
{
    private static readonly SearchPlan Plan = new(Precision: 1.05);

    [Theory]
    [InlineData(950)]
    [InlineData(1000)]
    [InlineData(20)]
    [InlineData(47_000)]
    public void A_cliff_is_found_from_above_and_from_below_as_precisely_as_asked(double limit)
    {
        HighestRate found = Find(rate => Step(rate, rate > limit ? 30 : 0));

        Assert.InRange(found.PacketsPerSecond, limit / Plan.Precision, limit);
        Assert.False(found.LimitedByGenerator);
        Assert.All(found.Steps.Where(step => step.LossPercent > 0), step => Assert.True(step.OfferedPacketsPerSecond > limit));
    }

    [Fact]
    public void A_step_that_fails_is_tried_twice_and_one_that_holds_once()
    {
        HighestRate found = Find(rate => Step(rate, rate > 1500 ? 1 : 0));
        IGrouping<double, RateStep>[] rates = [.. found.Steps.GroupBy(step => step.OfferedPacketsPerSecond)];
        Assert.All(rates, tries => Assert.Equal(tries.First().LossPercent > 0 ? 2 : 1, tries.Count()));
    }

    [Fact]
    public void A_hiccup_at_every_rate_does_not_move_the_limit()
    {
        var tried = new HashSet<double>();
        HighestRate found = Find(rate => Step(rate, rate > 5000 || tried.Add(rate) ? 4 : 0.05));
        Assert.InRange(found.PacketsPerSecond, 5000 / Plan.Precision, 5000);
    }

    [Fact]
    public void Loss_that_is_tolerated_is_none()
    {
        Assert.InRange(Find(rate => Step(rate, rate / 40_000)).PacketsPerSecond, 4000 / Plan.Precision, 4000);
        Assert.InRange(Find(rate => Step(rate, rate / 40_000), tolerated: 0.5).PacketsPerSecond, 20_000 / Plan.Precision, 20_000);
    }

    [Fact]
    public void A_generator_that_falls_behind_is_not_taken_for_the_server()
    {
        HighestRate found = Find(rate => Step(rate, rate > 9000 ? 60 : 0, keptSchedule: rate <= 9000));
        Assert.InRange(found.PacketsPerSecond, 9000 / Plan.Precision, 9000);
        Assert.True(found.LimitedByGenerator);

        // The server's limit is the lower one: the generator was late at rates that no longer matter.
        found = Find(rate => Step(rate, rate > 3000 ? 60 : 0, keptSchedule: rate <= 9000));
        Assert.InRange(found.PacketsPerSecond, 3000 / Plan.Precision, 3000);
        Assert.False(found.LimitedByGenerator);
    }

    [Fact]
    public void Where_nothing_holds_the_rate_is_zero_and_the_search_is_soon_over()
    {
        HighestRate found = Find(rate => Step(rate, 100));
        Assert.Equal((0, false), (found.PacketsPerSecond, found.LimitedByGenerator));
        Assert.InRange(found.Steps.Count, 2, 16);
    }

    [Fact]
    public void Where_everything_holds_the_server_may_do_more()
    {
        HighestRate found = Find(rate => Step(rate, 0));
        Assert.Equal(Plan.MaximumSteps, found.Steps.Count);
        Assert.True(found.LimitedByGenerator);
    }

    [Fact]
    public void Packets_that_wait_in_buffers_count_as_too_much_before_they_are_lost()
    {
        HighestRate found = Find(rate => new RateStep(rate, 0, rate > 3000 ? 600_000 : 400_000, true));
        Assert.InRange(found.PacketsPerSecond, 3000 / Plan.Precision, 3000);
        Assert.False(found.LimitedByGenerator);
    }

    [Theory]
    [InlineData(0, 0, 0.05, true)]
    [InlineData(3.5, 100, 0.15, false)] // without its own 100 of 60 000 there is no loss left
    [InlineData(3.5, 5, 0.15, true)] // with its own 5 the server's loss is still too much
    [InlineData(300, 0, 0.15, false)]
    [InlineData(3.5, 5, 0.05, true)]
    public void A_loss_is_the_generators_where_the_server_alone_lost_no_more_than_tolerated(double lateness, long drops, double lossPercent, bool isTheServers)
    {
        ScenarioResult result = SampleResults.Mixed() with
        {
            Streams = [SampleResults.Mixed().Streams[0] with { Up = SampleResults.Direction(60_000, 60_000 - (long)(60_000 * lossPercent / 100)), Down = null }],
            Generator = new GeneratorResult(1, lateness, 0, drops),
        };
        RateStep step = JudgedStep.Of(result, 0.1);
        Assert.Equal((10_000, 4000, lateness <= 20 && isTheServers), (step.OfferedPacketsPerSecond, step.LatencyP99Microseconds, step.GeneratorKeptSchedule));
        Assert.Equal(lossPercent, step.LossPercent, 6);
    }

    [Fact]
    public void A_thin_stream_that_is_silent_is_no_loss_that_is_tolerated()
    {
        ScenarioResult mixed = SampleResults.Mixed();
        ScenarioResult result = mixed with { Streams = [mixed.Streams[0], mixed.Streams[1] with { Up = SampleResults.Direction(1, 0) }] };
        Assert.Equal(100, JudgedStep.Of(result, 50).LossPercent);
    }

    private static HighestRate Find(Func<double, RateStep> server, double tolerated = HighestRateSearch.DefaultToleratedLossPercent) =>
        HighestRateSearch.Find(factor => server(factor * 1000), tolerated, Plan);

    private static RateStep Step(double rate, double loss, bool keptSchedule = true) => new(rate, loss, 1000, keptSchedule);
}
