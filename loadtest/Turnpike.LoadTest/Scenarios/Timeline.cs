using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>
/// The measured time second by second. Observers get every second; what is kept is at most <see cref="MaximumKept"/> intervals, which double their
/// length when there would be more, so that days take the memory of minutes.
/// </summary>
/// <param name="windowStart">When the measured time begins, in nanoseconds.</param>
/// <param name="windowEnd">When it ends.</param>
/// <param name="allocationsInUse">Asked once a second.</param>
/// <param name="observer">Told of every second.</param>
internal sealed class Timeline(long windowStart, long windowEnd, Func<int> allocationsInUse, IScenarioObserver? observer)
{
    public const int MaximumKept = 600;

    private const long Second = 1_000_000_000;

    /// <summary>How long late packets are waited for before observers are told of their second; later ones still count in what is kept.</summary>
    private const long Grace = Second / 2;

    private readonly Slot[] _open = [new(), new(), new(), new()];
    private readonly List<Slot> _kept = [];
    private int _secondsEach = 1;
    private long _firstOpen;
    private long _end = windowEnd - windowStart;
    private Slot? _last;
    private long _lastStart;

    public void OnSent(long dueAt) => At(dueAt).Sent++;

    public void OnReceived(long dueAt, long latency, long jitter)
    {
        Slot slot = At(dueAt);
        slot.Received++;
        slot.JitterSum += jitter;
        slot.Latency.Add(latency);
    }

    public void OnAllocateStarted(long now)
    {
        if (IsMeasured(now))
        {
            At(now).AllocatesStarted++;
        }
    }

    public void OnAllocateEnded(long now, bool succeeded)
    {
        if (!IsMeasured(now))
        {
            return;
        }

        Slot slot = At(now);
        slot.AllocatesSucceeded += succeeded ? 1 : 0;
        slot.AllocatesFailed += succeeded ? 0 : 1;
    }

    /// <summary>Closes the seconds that are over.</summary>
    public void Advance(long now)
    {
        while (StartOf(_firstOpen) < _end && EndOf(_firstOpen) + Grace <= now - windowStart)
        {
            Close();
        }
    }

    /// <summary>Closes all, at most up to now, and gives the intervals.</summary>
    public IReadOnlyList<Interval> Finish(long now)
    {
        _end = Math.Clamp(now - windowStart, 0, _end);
        while (StartOf(_firstOpen) < _end)
        {
            Close();
        }

        long each = _secondsEach * Second;
        return [.. _kept.Select((slot, index) => slot.ToInterval(index * each, Math.Min((index + 1) * each, _end)))];
    }

    private static long StartOf(long second) => second * Second;

    private long EndOf(long second) => Math.Min((second + 1) * Second, _end);

    private bool IsMeasured(long now) => now >= windowStart && now < windowEnd;

    private Slot At(long time)
    {
        long offset = time - windowStart;
        return _last is not null && (ulong)(offset - _lastStart) < Second ? _last : Find(offset);
    }

    private Slot Find(long offset)
    {
        long second = offset / Second;
        if (second < _firstOpen)
        {
            return _kept[(int)(second / _secondsEach)];
        }

        while (second - _firstOpen >= _open.Length)
        {
            Close(); // after a stall: it has the slot that this second needs
        }

        _lastStart = StartOf(second);
        _last = _open[second % _open.Length];
        return _last;
    }

    private void Close()
    {
        Slot slot = _open[_firstOpen % _open.Length];
        slot.Allocations = allocationsInUse();
        observer?.OnInterval(slot.ToInterval(StartOf(_firstOpen), EndOf(_firstOpen)));
        int index = (int)(_firstOpen / _secondsEach);
        if (index == MaximumKept)
        {
            Coarsen();
            index = (int)(_firstOpen / _secondsEach);
        }

        if (index == _kept.Count)
        {
            _kept.Add(new Slot());
        }

        _kept[index].Add(slot);
        slot.Clear();
        _firstOpen++;
        _last = null;
    }

    private void Coarsen()
    {
        for (int i = 0; i < _kept.Count / 2; i++)
        {
            _kept[i] = _kept[2 * i];
            _kept[i].Add(_kept[(2 * i) + 1]);
        }

        _kept.RemoveRange(_kept.Count / 2, _kept.Count - (_kept.Count / 2));
        _secondsEach *= 2;
    }

    private sealed class Slot
    {
        public LatencyHistogram Latency { get; } = new();

        public long Sent { get; set; }

        public long Received { get; set; }

        public long JitterSum { get; set; }

        public int Allocations { get; set; }

        public long AllocatesStarted { get; set; }

        public long AllocatesSucceeded { get; set; }

        public long AllocatesFailed { get; set; }

        public void Add(Slot later)
        {
            Latency.Add(later.Latency);
            Sent += later.Sent;
            Received += later.Received;
            JitterSum += later.JitterSum;
            Allocations = later.Allocations;
            AllocatesStarted += later.AllocatesStarted;
            AllocatesSucceeded += later.AllocatesSucceeded;
            AllocatesFailed += later.AllocatesFailed;
        }

        public void Clear()
        {
            Latency.Clear();
            (Sent, Received, JitterSum, Allocations) = (0, 0, 0, 0);
            (AllocatesStarted, AllocatesSucceeded, AllocatesFailed) = (0, 0, 0);
        }

        public Interval ToInterval(long start, long end)
        {
            LatencyResult latency = LatencyResult.From(Latency);
            return new Interval(
                end / 1e9,
                (end - start) / 1e9,
                Allocations,
                Sent,
                Received,
                latency.P50,
                latency.P99,
                latency.P999,
                Received == 0 ? 0 : JitterSum / 1e3 / Received,
                AllocatesStarted,
                AllocatesSucceeded,
                AllocatesFailed);
        }
    }
}
