using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Reports;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Tests;

public sealed class BarTests
{
    [Theory]
    [InlineData("loss<=0.1", 0.1)]
    [InlineData("loss <= 0.1 %", 0.1)]
    [InlineData("p99<=20ms", 20_000)]
    [InlineData("P999<=1.5s", 1_500_000)]
    [InlineData("p50<=300us", 300)]
    [InlineData("jitter<=300µs", 300)]
    [InlineData("rate>=50000/s", 50_000)]
    [InlineData("mbps>=40", 40)]
    [InlineData("allocates>=100/s", 100)]
    [InlineData("allocate-p99<=50ms", 50_000)]
    [InlineData("lost-allocations<=0", 0)]
    [InlineData("highest>=20000", 20_000)]
    public void A_bar_has_a_figure_a_side_and_a_value_with_its_unit(string text, double limit) =>
        Assert.Equal(limit, Assert.Single(Bar.ParseAll(text, "--bar")).Limit, 6);

    [Theory]
    [InlineData("los<=1", "loss")]
    [InlineData("loss>=1", "loss<=")]
    [InlineData("loss<1", "loss<=")]
    [InlineData("rate<=1", "rate>=")]
    [InlineData("p99<=20", "us, ms or s")]
    [InlineData("p99<=20 min", "us, ms or s")]
    [InlineData("p99<=ms", "us, ms or s")]
    [InlineData("loss<=0.1ms", "percent")]
    [InlineData("loss<=-1", "percent")]
    [InlineData("loss<=1.2.3", "percent")]
    [InlineData("rate>=5k", "a number a second")]
    [InlineData("lost-allocations<=0/s", "a number, as 0")]
    [InlineData("loss<=1,", "''")]
    [InlineData("loss<=1,loss<=2", "two bars")]
    [InlineData("", "''")]
    public void A_bar_that_is_none_is_named_with_what_is_allowed(string text, string expected)
    {
        string message = Assert.Throws<UsageException>(() => Bar.ParseAll(text, "--bar")).Message;
        Assert.StartsWith("--bar: ", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bars_are_judged_by_the_worst_stream_and_what_was_not_measured_misses()
    {
        IReadOnlyList<Bar> bars = Bar.ParseAll("loss<=0.11, p99<=9ms, highest>=1", "--bar");
        var verdict = Verdict.Of(SampleResults.Mixed(), bars);

        Assert.Equal([true, true, false], verdict.Bars.Select(bar => bar.IsMet));
        Assert.Equal(["missed highest>=1: this run did not measure highest rate"], verdict.Problems);
        Assert.False(Assert.Single(Bar.ParseAll("p99<=8999us", "--bar")).Judge(SampleResults.Mixed()).IsMet);
        Assert.Equal("missed loss<=0.09: packets lost 0.1 %", Assert.Single(Bar.ParseAll("loss<=0.09", "--bar")).Judge(SampleResults.Mixed()).Sentence);
        Assert.True(Verdict.Of(SampleResults.Searched(), Bar.ParseAll("highest>=40000", "--bar")).IsPassed);
    }

    [Fact]
    public void A_run_through_which_nothing_came_fails_without_any_bar()
    {
        var verdict = Verdict.Of(SampleResults.Silent(), []);
        Assert.Equal([Silence.Whole, "2 allocations ended while they were in use, the first: the server does not answer Refresh"], verdict.Problems);
        Assert.False(verdict.IsPassed);
        Assert.True(Verdict.Of(SampleResults.Mixed(), []).IsPassed);
        ScenarioResult nothing = SampleResults.Mixed() with { Streams = [], Churn = null };
        Assert.Equal(["nothing was measured"], Verdict.Of(nothing, []).Problems);
        Assert.Equal("no data", Verdict.Of(nothing, Bar.ParseAll("rate>=0", "--bar")).Bars[0].MeasuredText);
    }

    [Fact]
    public void A_stream_that_is_silent_one_way_fails_and_its_delay_has_no_figure()
    {
        ScenarioResult mixed = SampleResults.Mixed();
        ScenarioResult silent = mixed with { Streams = [mixed.Streams[0] with { Down = SampleResults.Direction(50_000, 0) }, mixed.Streams[1]] };
        var verdict = Verdict.Of(silent, Bar.ParseAll("p99<=1s", "--bar"));
        Assert.Equal(["no packet of voice down arrived, of 50000 sent", "missed p99<=1s: this run did not measure delay, 99th percentile"], verdict.Problems);
    }

    [Fact]
    public void What_was_interrupted_did_not_pass()
    {
        Assert.Equal(["interrupted before its end"], Verdict.Of(SampleResults.Mixed() with { Interrupted = true }, []).Problems);
        Assert.Equal(["no rate"], Verdict.Of(SampleResults.Mixed(), [], "no rate").Problems);
    }

    [Fact]
    public void Bars_may_be_kept_in_a_file()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "# what voice needs\nloss<=1%   # of packets\n\np99<=150ms, jitter<=30ms\n");
            Assert.Equal(["loss<=1%", "p99<=150ms", "jitter<=30ms"], Bar.ReadAll(file).Select(bar => bar.Text));
            File.WriteAllText(file, "# nothing\n");
            Assert.Throws<UsageException>(() => Bar.ReadAll(file));
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Throws<UsageException>(() => Bar.ReadAll(file));
    }
}
