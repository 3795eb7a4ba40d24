using Turnpike.LoadTest.Measuring;

namespace Turnpike.LoadTest.Relay;

/// <summary>What went one way through all flows in the measured window: a packet belongs to it when it was due in it.</summary>
internal sealed class FlowTraffic(int flows)
{
    /// <summary>Packets of a flow that are remembered; one that comes later than these is taken for a first copy.</summary>
    private const int Remembered = 64;

    private readonly FlowState[] _flows = [.. Enumerable.Repeat(new FlowState { LastSeen = -1, Transit = -1 }, flows)];
    private long _jitterSum;
    private long _worstJitter;

    public long Sent { get; private set; }

    public long Received { get; private set; }

    public long OutOfOrder { get; private set; }

    /// <summary>Copies of packets that had come already.</summary>
    public long Duplicates { get; private set; }

    public LatencyHistogram Latency { get; } = new();

    public int FlowsWithLoss => _flows.Count(flow => flow.Received < flow.Sent);

    /// <summary>The packet's number in its flow.</summary>
    public long OnSend(int flow, bool measured)
    {
        ref FlowState state = ref _flows[flow];
        if (measured)
        {
            Sent++;
            state.Sent++;
        }

        return state.Next++;
    }

    /// <returns>The flow's interarrival jitter now, in nanoseconds; null when this packet had come already.</returns>
    public long? OnReceive(int flow, long sequence, bool measured, long latency)
    {
        ref FlowState state = ref _flows[flow];
        bool inOrder = sequence > state.LastSeen;
        if (!state.IsFirstCopy(sequence))
        {
            Duplicates += measured ? 1 : 0;
            return null;
        }

        // RFC 3550 section 6.4.1, in sixteenths as in its appendix A.8; the first packet has no predecessor.
        long difference = state.Transit < 0 ? 0 : Math.Abs(latency - state.Transit);
        state.Transit = latency;
        state.Jitter16 += difference - ((state.Jitter16 + 8) >> 4);
        long jitter = state.Jitter16 >> 4;
        if (measured)
        {
            Received++;
            state.Received++;
            OutOfOrder += inOrder ? 0 : 1;
            Latency.Add(latency);
            _jitterSum += jitter;
            _worstJitter = Math.Max(_worstJitter, jitter);
        }

        return jitter;
    }

    public DirectionResult ToResult(int payloadBytes, double seconds) => new(
        Sent,
        Received,
        DirectionResult.PercentLost(Sent, Received),
        OutOfOrder,
        FlowsWithLoss,
        seconds > 0 ? Received / seconds : 0,
        seconds > 0 ? Received * payloadBytes * 8 / seconds / 1e6 : 0,
        LatencyResult.From(Latency),
        new JitterResult(Received == 0 ? 0 : _jitterSum / 1e3 / Received, _worstJitter / 1e3))
    {
        Duplicates = Duplicates,
    };

    private struct FlowState
    {
        public long Next;
        public long Sent;
        public long LastSeen;
        public long Received;
        public long Transit;
        public long Jitter16;
        private ulong _seen; // bit n: whether the packet came that is n before the last

        public bool IsFirstCopy(long sequence)
        {
            long ahead = sequence - LastSeen;
            if (ahead > 0)
            {
                _seen = ahead < Remembered ? (_seen << (int)ahead) | 1 : 1;
                LastSeen = sequence;
                return true;
            }

            ulong bit = -ahead < Remembered ? 1UL << (int)-ahead : 0;
            bool isFirst = (_seen & bit) == 0;
            _seen |= bit;
            return isFirst;
        }
    }
}
