using Turnpike.LoadTest.Measuring;

namespace Turnpike.LoadTest.Relay;

/// <summary>What went one way through all flows in the measured window: a packet belongs to it when it was due in it.</summary>
internal sealed class FlowTraffic(int flows)
{
    private readonly long[] _next = new long[flows];
    private readonly long[] _lastSeen = [.. Enumerable.Repeat(-1L, flows)];
    private readonly long[] _sent = new long[flows];
    private readonly long[] _received = new long[flows];

    public long Sent { get; private set; }

    public long Received { get; private set; }

    public long OutOfOrder { get; private set; }

    public LatencyHistogram Latency { get; } = new();

    public int FlowsWithLoss => Enumerable.Range(0, _sent.Length).Count(flow => _received[flow] < _sent[flow]);

    /// <summary>The packet's number in its flow.</summary>
    public long OnSend(int flow, bool measured)
    {
        if (measured)
        {
            Sent++;
            _sent[flow]++;
        }

        return _next[flow]++;
    }

    public void OnReceive(int flow, long sequence, bool measured, long latency)
    {
        bool inOrder = sequence > _lastSeen[flow];
        _lastSeen[flow] = Math.Max(sequence, _lastSeen[flow]);
        if (!measured)
        {
            return;
        }

        Received++;
        _received[flow]++;
        OutOfOrder += inOrder ? 0 : 1;
        Latency.Add(latency);
    }

    public DirectionResult ToResult(int payloadBytes, double seconds) => new(
        Sent,
        Received,
        DirectionResult.PercentLost(Sent, Received),
        OutOfOrder,
        FlowsWithLoss,
        Received / seconds,
        Received * payloadBytes * 8 / seconds / 1e6,
        LatencyResult.From(Latency));
}
