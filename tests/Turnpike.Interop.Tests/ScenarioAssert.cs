using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.Interop;

/// <summary>
/// What holds of a run on a machine of any speed: counts that add up, nothing that came twice, to the wrong place or changed. A machine that is busy elsewhere drops
/// datagrams where a socket's buffer ends, so of loss is asked only that most came through.
/// </summary>
internal static class ScenarioAssert
{
    /// <summary>Nanoseconds that a run waits for packets that are missing: a server that does not get its turn is late, and has lost nothing.</summary>
    public const long Patience = 10_000_000_000;

    private const double MostLost = 50;

    public static void ComesThrough(ScenarioResult result, ScenarioOptions options)
    {
        Assert.Equal((0, 0, false), (result.Unexpected, result.LostAllocations, result.Interrupted));
        Assert.Equal(options.Seconds, result.Seconds, 3);
        Assert.All(result.Streams, (stream, index) =>
        {
            DirectionResult[] ways = [.. new[] { stream.Up, stream.Down }.OfType<DirectionResult>()];
            double due = options.Streams[index].OfferedPacketsPerSecond(options.WarmupSeconds, options.Seconds) * options.Seconds;
            // A packet or burst more or less at either end of the measured time, each way.
            Assert.Equal(due, ways.Sum(way => way.Sent), 2.0 * ways.Length * stream.Burst);
            Assert.All(ways, way =>
            {
                Assert.Equal(0, way.Duplicates);
                Assert.InRange(way.Received, 1, way.Sent);
                Assert.InRange(way.LossPercent, 0, MostLost);
            });
        });
        DirectionResult[] all = [.. result.Streams.SelectMany(stream => new[] { stream.Up, stream.Down }).OfType<DirectionResult>()];
        Assert.Equal(
            (all.Sum(way => way.Sent), all.Sum(way => way.Received)), (result.Timeline.Sum(each => each.Sent), result.Timeline.Sum(each => each.Received)));
        if (result.Churn is { } churn)
        {
            ComesThrough(churn, options);
        }
    }

    private static void ComesThrough(ChurnResult churn, ScenarioOptions options)
    {
        Assert.Equal(options.Churn!.PerSecond * options.Seconds, churn.Started, 1.0);
        Assert.Equal(churn.Started, churn.Succeeded + churn.Failures.Values.Sum());
        Assert.InRange(churn.Succeeded, Math.Max(1, churn.Started / 2), churn.Started);
        // Where all were granted after the measured time, nobody sent a packet any more.
        ChurnPacketsResult packets = churn.Packets!;
        Assert.InRange(packets.Sent, 0, churn.Succeeded * options.Churn.Packets);
        Assert.InRange(packets.Answered, packets.Sent == 0 ? 0 : 1, packets.Sent);
        Assert.InRange(packets.LossPercent, 0, MostLost);
        Assert.Equal(packets.Answered > 0, packets.FirstAnswerMicroseconds.Maximum > 0);
    }
}
