using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Reports;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Tests;

/// <summary>What an operator reads when a run is over.</summary>
public sealed class ScenarioSummaryTests
{
    [Fact]
    public void Calls_that_come_and_go_have_lines_of_their_own()
    {
        string text = ScenarioSummary.Of(SampleResults.Mixed(), Pacing.Sleep);
        Assert.Contains("churn        5 Allocates/s: 50 begun, 47 granted", text, StringComparison.Ordinal);
        Assert.Contains("2 failed: 486 Allocation Quota Reached", text, StringComparison.Ordinal);
        Assert.Contains("packets    5 of 160 B in each, and back: sent 200, answered 199, lost 0.500 %", text, StringComparison.Ordinal);
        Assert.Contains("from Allocate to first answer us p50 2500", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_did_not_happen_has_no_delay()
    {
        ChurnResult churn = SampleResults.Mixed().Churn!;
        var none = new LatencyResult(0, 0, 0, 0, 0);
        ScenarioResult silent = SampleResults.Silent();
        Assert.Contains("sent 50000, received 0, lost 100.000 %", Text(null), StringComparison.Ordinal);
        Assert.Contains("churn        5 Allocates/s: none was due in the measured time", Text(churn with { Started = 0, Succeeded = 0 }), StringComparison.Ordinal);
        string refused = Text(churn with { Succeeded = 0, Packets = churn.Packets! with { Sent = 0, Answered = 0 } });
        Assert.Contains("50 begun, 0 granted", refused, StringComparison.Ordinal);
        string unanswered = Text(churn with { Succeeded = 0, Packets = churn.Packets! with { Answered = 0, RoundTripMicroseconds = none } });
        Assert.Contains("sent 200, answered 0", unanswered, StringComparison.Ordinal);

        string Text(ChurnResult? of)
        {
            string text = ScenarioSummary.Of(silent with { Churn = of }, Pacing.Sleep);
            Assert.DoesNotContain("us p50", text, StringComparison.Ordinal);
            return text;
        }
    }

    [Theory]
    [InlineData(8.0, 10, 10, 0, 0)] // two seconds
    [InlineData(9.0, 10, 10, 10, 0)]
    [InlineData(null, 10, 0, 10, 10)] // a stall, and then it goes on
    [InlineData(null, 10, 10, 10, 10)]
    [InlineData(null, 0, 0, 0, 0)] // that no packet arrived is said otherwise
    public void A_server_that_is_gone_before_the_end_is_a_failure(double? since, params int[] received)
    {
        ScenarioResult result = SampleResults.Mixed() with
        {
            Timeline = [.. received.Select((count, index) => new Interval(7 + index, index == 0 ? 7 : 1, 1, 10, count, 0, 0, 0, 0, 0, 0, 0))],
        };
        Assert.Equal(since, Silence.Since(result.Timeline));
        string? problem = since is null ? null : FormattableString.Invariant($"nothing arrived any more after {since} s of the 10 s that were measured");
        Assert.Equal(problem is null, Verdict.Of(result, []).IsPassed);
        Assert.True(problem is null || Verdict.Of(result, []).Problems.Single().StartsWith(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void A_last_packet_that_is_lost_is_no_end()
    {
        Interval first = SampleResults.Mixed().Timeline[0];
        Assert.Null(Silence.Since([first, first with { Sent = 9, Received = 0 }])); // few
        Assert.Null(Silence.Since([first, first with { Seconds = 0.9, Received = 0 }])); // short
        Assert.Null(Silence.Since([]));
    }
}
