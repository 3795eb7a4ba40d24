using Microsoft.Extensions.Time.Testing;
using Turnpike.Cluster;
using Turnpike.Edge.Cluster;
using Turnpike.Edge.Tests.Host;

namespace Turnpike.Edge.Tests.Cluster;

public sealed class EdgeRecorderTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly FakeRelay _relay = new();
    private readonly EdgeRecorder _recorder;

    public EdgeRecorderTests() => _recorder = new EdgeRecorder("north-1", "1.2.3", Reading.Good(("Edge:Name", "north")), _time);

    [Fact]
    public void Rates_are_what_was_relayed_since_the_last_record()
    {
        Assert.Equal(0, _recorder.Write(_relay, degraded: false).Load.PacketsPerSecond);
        _relay.ClientToPeer = new Traffic(100 + 500, 16_000 + 80_000);
        _relay.ShardBusyTimes = [TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1.5)];
        _time.Advance(TimeSpan.FromSeconds(2));
        EdgeLoad load = _recorder.Write(_relay, degraded: false).Load;
        Assert.Equal(250, load.PacketsPerSecond);
        Assert.Equal(320_000, load.BitsPerSecond);
        Assert.Equal(0.75, load.ShardBusy, 3); // the busiest of them
    }

    [Fact]
    public void A_heartbeat_out_of_turn_tells_the_rates_of_before()
    {
        _recorder.Write(_relay, degraded: false);
        _relay.ClientToPeer = new Traffic(100 + 500, 16_000);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(500, _recorder.Write(_relay, degraded: false).Load.PacketsPerSecond);
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal(500, _recorder.Write(_relay, degraded: false).Load.PacketsPerSecond);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _recorder.Write(_relay, degraded: false).Load.PacketsPerSecond);
    }

    [Theory]
    [InlineData(RelayState.Ready, null, "ready")]
    [InlineData(RelayState.Ready, "a shard has failed", "not-ready")]
    [InlineData(RelayState.Starting, null, "not-ready")]
    [InlineData(RelayState.Draining, null, "draining")]
    [InlineData(RelayState.Stopped, null, "not-ready")]
    public void The_state_is_one_of_three_words(RelayState state, string? reason, string word)
    {
        _relay.State = state;
        _relay.NotReadyReason = reason;
        Assert.Equal(word, _recorder.Write(_relay, degraded: false).State);
    }

    [Fact]
    public void A_record_names_the_edge_its_build_and_whether_it_is_degraded()
    {
        EdgeRecord record = _recorder.Write(_relay, degraded: true);
        Assert.Equal(("north-1", "north", "1.2.3", true), (record.Id, record.Name, record.Version, record.Degraded));
        Assert.Equal(16, record.Capacity.RelayPorts);
    }
}
