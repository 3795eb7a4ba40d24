using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Tests;

public sealed class TrafficTests
{
    [Fact]
    public void A_packet_is_due_at_its_place_in_the_rate_whatever_came_before()
    {
        var schedule = new Schedule(start: 1000, rate: 4000, warmupSeconds: 0.5, seconds: 2);
        Assert.Equal(10_000, schedule.Packets);
        Assert.Equal(1000, schedule.DueAt(0));
        Assert.Equal(1000 + 250_000, schedule.DueAt(1));
        Assert.Equal(1000 + 2_499_750_000, schedule.DueAt(9_999));
        Assert.False(schedule.IsMeasured(schedule.DueAt(1999)));
        Assert.True(schedule.IsMeasured(schedule.DueAt(2000)));
        Assert.True(schedule.IsMeasured(schedule.DueAt(9_999)));
        Assert.False(schedule.IsMeasured(schedule.DueAt(10_000)));
    }

    [Fact]
    public void The_packets_of_a_burst_are_due_with_its_first_and_the_rate_stays()
    {
        var schedule = new Schedule(start: 0, rate: 1000, warmupSeconds: 0, seconds: 1, burst: 16);
        Assert.Equal(1000, schedule.Packets);
        Assert.Equal([0, 0, 16_000_000, 16_000_000], new long[] { 0, 15, 16, 31 }.Select(schedule.DueAt));
    }

    [Fact]
    public void On_a_ramp_the_rate_grows_linearly_from_nothing()
    {
        var schedule = new Schedule(start: 7, rate: 100, warmupSeconds: 2, seconds: 8, ramp: true);
        Assert.Equal(500, schedule.Packets);
        Assert.Equal(7, schedule.DueAt(0));
        Assert.Equal(7 + 5_000_000_000, schedule.DueAt(125)); // a quarter of the packets in half of the time
        Assert.InRange(schedule.DueAt(499), 7 + 9_989_000_000, schedule.WindowEnd);
    }

    [Fact]
    public void Jitter_is_estimated_flow_by_flow_as_RFC_3550_has_it()
    {
        var traffic = new FlowTraffic(2);
        Assert.Equal(0, traffic.OnReceive(0, 0, measured: true, 10_000));
        Assert.Equal(100, traffic.OnReceive(0, 1, measured: true, 11_600)); // (1600 - 0) / 16
        Assert.Equal(0, traffic.OnReceive(1, 0, measured: true, 50_000)); // another flow has another estimator
        Assert.Equal(93, traffic.OnReceive(0, 2, measured: true, 11_600)); // 100 + (0 - 100) / 16
        JitterResult result = traffic.ToResult(100, 1).JitterMicroseconds;
        Assert.Equal((193 / 4 / 1e3, 0.1), (Math.Floor(result.Mean * 1e3) / 1e3, result.Worst));
    }

    [Fact]
    public void A_stamp_survives_its_trip()
    {
        var stamp = new PacketStamp(0xdeadbeef, 15_999, IsUp: true, long.MaxValue, 123_456_789_012);
        byte[] payload = new byte[PacketStamp.Length + 1];
        stamp.Write(payload);
        Assert.True(PacketStamp.TryRead(payload, out PacketStamp read));
        Assert.Equal(stamp, read);
        (stamp with { IsUp = false }).Write(payload);
        Assert.True(PacketStamp.TryRead(payload, out read));
        Assert.Equal(stamp with { IsUp = false }, read);
    }

    [Fact]
    public void Too_few_bytes_are_no_stamp()
    {
        Assert.False(PacketStamp.TryRead(new byte[PacketStamp.Length - 1], out _));
    }

    [Fact]
    public void Only_measured_packets_are_counted_and_loss_is_told_flow_by_flow()
    {
        var traffic = new FlowTraffic(2);
        Assert.Equal(0, traffic.OnSend(0, measured: false));
        Assert.Equal(1, traffic.OnSend(0, measured: true));
        Assert.Equal(2, traffic.OnSend(0, measured: true));
        Assert.Equal(0, traffic.OnSend(1, measured: true));
        traffic.OnReceive(0, 0, measured: false, 1_000);
        traffic.OnReceive(0, 1, measured: true, 2_000);
        traffic.OnReceive(1, 0, measured: true, 3_000);

        DirectionResult result = traffic.ToResult(payloadBytes: 100, seconds: 2);
        Assert.Equal((3, 2, 1, 0), (result.Sent, result.Received, result.FlowsWithLoss, result.OutOfOrder));
        Assert.Equal(100 / 3.0, result.LossPercent, 9);
        Assert.Equal(1, result.PacketsPerSecond);
        Assert.Equal(2 * 100 * 8 / 2 / 1e6, result.MegabitsPerSecond, 9);
        Assert.Equal(3, result.LatencyMicroseconds.Maximum);
    }

    [Fact]
    public void A_late_number_is_out_of_order_and_a_copy_is_no_packet()
    {
        var traffic = new FlowTraffic(1);
        long?[] jitters = [.. new long[] { 0, 2, 1, 3, 3, 1, 100, 36, 37, 37 }.Select(sequence => traffic.OnReceive(0, sequence, measured: true, 0))];
        Assert.Equal([4, 5, 9], Enumerable.Range(0, jitters.Length).Where(place => jitters[place] is null));
        Assert.Equal((7, 3, 3), (traffic.Received, traffic.Duplicates, traffic.OutOfOrder));
        Assert.Null(traffic.OnReceive(0, 100, measured: false, 0)); // not of the measured time
        Assert.Equal(3, traffic.ToResult(100, 1).Duplicates);
    }

    [Theory]
    [InlineData(3, 1, 10)]
    [InlineData(7, 1, 3)]
    [InlineData(333, 2, 9)]
    public void As_many_packets_are_measured_as_the_rate_says(double rate, double warmup, double seconds)
    {
        var schedule = new Schedule(start: 5, rate, warmup, seconds);
        int measured = Enumerable.Range(0, (int)schedule.Packets).Count(packet => schedule.IsMeasured(schedule.DueAt(packet)));
        Assert.Equal(rate * seconds, measured);
    }

    [Theory]
    [InlineData(400, null, false)]
    [InlineData(20, null, true)]
    [InlineData(400, 0.1, true)] // one moment of a long run
    [InlineData(21, 0.2, false)]
    public void The_schedule_is_kept_when_hardly_a_packet_was_late(double worst, double? latePercent, bool isKept) =>
        Assert.Equal(isKept, new GeneratorResult(0, worst, 0, 0) { LatePercent = latePercent }.KeptSchedule);

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1000, 999, 0.1)]
    [InlineData(1000, 1001, 0)]
    [InlineData(10, 0, 100)]
    public void Loss_is_never_negative(long sent, long received, double percent)
    {
        Assert.Equal(percent, DirectionResult.PercentLost(sent, received), 9);
    }

    [Theory]
    [InlineData(100, 100, 0, 100, null)]
    [InlineData(100, 90, 0, 100, null)]
    [InlineData(100, 90, 0, 9.9, "10 % were lost, more than --max-loss 9.9")]
    [InlineData(100, 0, 0, 100, Silence.Whole)]
    [InlineData(0, 0, 0, 100, "nothing was measured")]
    [InlineData(100, 100, 1, 100, "1 allocations ended while they were in use, the first: 437")]
    public void A_failed_run_says_why(long sent, long received, int lostAllocations, double maximumLoss, string? problem)
    {
        var down = new DirectionResult(sent, received, 0, 0, 0, 0, 0, new LatencyResult(0, 0, 0, 0, 0), new JitterResult(0, 0));
        var result = new RelayResult(
            "", 1, 160, 1, 1, Direction.Down, Pacing.Sleep, false, 0, null, down, 0, lostAllocations, "437", 0, new GeneratorResult(0, 0, 0, 0));
        Assert.Equal(problem, RelayCommand.Problems(result, maximumLoss).SingleOrDefault());
        Assert.Contains("interrupted before its end", RelayCommand.Problems(result with { Interrupted = true }, maximumLoss));
        Assert.Equal(
            received > 0,
            RelayCommand.Problems(result with { SilentSince = 1 }, maximumLoss).Any(each => each.StartsWith("nothing arrived any more after 1 s", StringComparison.Ordinal)));
    }
}
