using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Tests;

public sealed class TimelineTests : IScenarioObserver
{
    private const long Second = 1_000_000_000;
    private const long Start = 5 * Second;

    private readonly List<Interval> _told = [];

    void IScenarioObserver.OnPhase(string what) => throw new InvalidOperationException("A timeline knows no phases.");

    void IScenarioObserver.OnInterval(Interval interval) => _told.Add(interval);

    [Fact]
    public void A_packet_belongs_to_the_second_in_which_it_was_due()
    {
        Timeline timeline = For(seconds: 3);
        timeline.OnSent(Start);
        timeline.OnSent(Start + Second - 1);
        timeline.OnSent(Start + Second);
        timeline.OnReceived(Start + Second - 1, latency: 2_000, jitter: 1_000); // though it came in the next one
        timeline.Advance(Start + Second + (Second / 4));
        Assert.Empty(_told); // late packets have their time
        timeline.Advance(Start + Second + (Second / 2));

        Interval first = Assert.Single(_told);
        Assert.Equal((1, 1, 7, 2, 1), (first.At, first.Seconds, first.Allocations, first.Sent, first.Received));
        Assert.Equal((2, 2, 1), (first.LatencyP50, first.LatencyP999, first.Jitter));
        Assert.Equal([2, 1, 0], timeline.Finish(Start + (3 * Second)).Select(interval => interval.Sent));
    }

    [Fact]
    public void What_comes_after_its_second_was_told_still_counts()
    {
        Timeline timeline = For(seconds: 2);
        timeline.OnSent(Start);
        timeline.Advance(Start + (2 * Second));
        timeline.OnReceived(Start, latency: 1_500_000_000, jitter: 0);
        Assert.Equal(0, Assert.Single(_told).Received);
        Assert.Equal([1, 0], timeline.Finish(Start + (2 * Second)).Select(interval => interval.Received));
    }

    [Fact]
    public void A_stall_of_many_seconds_mixes_none_of_them()
    {
        Timeline timeline = For(seconds: 9);
        timeline.OnSent(Start);
        for (int second = 1; second < 9; second += 2)
        {
            timeline.OnSent(Start + (second * Second));
        }

        Assert.Equal([1, 1, 0, 1, 0, 1, 0, 1, 0], timeline.Finish(Start + (9 * Second)).Select(interval => interval.Sent));
    }

    [Fact]
    public void The_last_interval_is_as_long_as_it_was_measured()
    {
        Assert.Equal([(1, 1), (1.25, 0.25)], For(seconds: 1.25).Finish(Start + (9 * Second)).Select(interval => (interval.At, interval.Seconds)));
        Assert.Equal([(0.5, 0.5)], For(seconds: 3).Finish(Start + (Second / 2)).Select(interval => (interval.At, interval.Seconds)));
    }

    [Theory]
    [InlineData(Timeline.MaximumKept, Timeline.MaximumKept, 1)]
    [InlineData(Timeline.MaximumKept + 1, (Timeline.MaximumKept / 2) + 1, 2)]
    [InlineData(86_400, 338, 256)] // a day
    public void A_long_run_is_kept_in_few_intervals_that_lose_nothing(int seconds, int intervals, double each)
    {
        Timeline timeline = For(seconds);
        for (int second = 0; second < seconds; second++)
        {
            long now = Start + (second * Second);
            timeline.OnSent(now);
            timeline.OnReceived(now, second * 1_000, jitter: 0);
            timeline.Advance(now);
        }

        IReadOnlyList<Interval> kept = timeline.Finish(Start + (seconds * Second));
        Assert.Equal(intervals, kept.Count);
        Assert.Equal(seconds, kept.Sum(interval => interval.Sent));
        Assert.Equal(seconds, kept.Sum(interval => interval.Received));
        Assert.Equal((each, (double)seconds), (kept[0].Seconds, kept[^1].At));
        Assert.Equal(seconds, _told.Count); // observers get every second
    }

    [Fact]
    public void Allocates_are_told_by_when_they_began_and_ended()
    {
        Timeline timeline = For(seconds: 2);
        timeline.OnAllocateStarted(Start - 1); // before the measured time
        timeline.OnAllocateStarted(Start + 1);
        timeline.OnAllocateStarted(Start + 2);
        timeline.OnAllocateEnded(Start + Second, succeeded: true);
        timeline.OnAllocateEnded(Start + Second + 1, succeeded: false);
        IReadOnlyList<Interval> kept = timeline.Finish(Start + (2 * Second));
        Assert.Equal([(2, 0, 0), (0, 1, 1)], kept.Select(each => (each.AllocatesStarted, each.AllocatesSucceeded, each.AllocatesFailed)));
    }

    private Timeline For(double seconds) => new(Start, Start + (long)(seconds * Second), () => 7, this);
}
