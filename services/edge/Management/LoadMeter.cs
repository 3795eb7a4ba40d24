namespace Turnpike.Edge.Management;

/// <summary>What the relay did in a second, of late.</summary>
/// <param name="PacketsPerSecond">Both directions together.</param>
/// <param name="BitsPerSecond">Payload, both directions together.</param>
/// <param name="ShardsBusy">How much of its time each shard's thread worked, 0 to 1.</param>
public sealed record RelayLoad(double PacketsPerSecond, double BitsPerSecond, IReadOnlyList<double> ShardsBusy)
{
    public static readonly RelayLoad None = new(0, 0, []);

    /// <summary>The busiest shard: the first that cannot keep up.</summary>
    public double Busiest => ShardsBusy.DefaultIfEmpty().Max();
}

/// <summary>Makes rates of the relay's totals: since the reading before, which is the interval of whoever asks. Not thread-safe.</summary>
internal sealed class LoadMeter(TimeProvider time)
{
    // Rates over less than this say more about chance than about load.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(500);

    private Reading? _before;
    private RelayLoad _load = RelayLoad.None;

    /// <summary>The rates since the last call; those of before, when that was a moment ago.</summary>
    public RelayLoad Measure(IRelay relay, RelaySnapshot snapshot)
    {
        Reading now = new(
            time.GetTimestamp(),
            snapshot.ClientToPeer.Packets + snapshot.PeerToClient.Packets,
            snapshot.ClientToPeer.Bytes + snapshot.PeerToClient.Bytes,
            relay.ShardBusyTimes);
        if (_before is not { } before)
        {
            _before = now;
            _load = RelayLoad.None with { ShardsBusy = [.. now.Busy.Select(static _ => 0.0)] };
            return _load;
        }

        TimeSpan elapsed = time.GetElapsedTime(before.At, now.At);
        if (elapsed < Shortest)
        {
            return _load;
        }

        _before = now;
        double seconds = elapsed.TotalSeconds;
        _load = new RelayLoad(
            Math.Max(0, now.Packets - before.Packets) / seconds,
            Math.Max(0, now.Bytes - before.Bytes) * 8 / seconds,
            [.. now.Busy.Select((busy, shard) => Math.Clamp((busy - before.Busy.ElementAtOrDefault(shard)) / elapsed, 0, 1))]);
        return _load;
    }

    private sealed record Reading(long At, long Packets, long Bytes, IReadOnlyList<TimeSpan> Busy);
}
