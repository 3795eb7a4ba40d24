using System.Numerics;

namespace Turnpike.LoadTest.Measuring;

/// <summary>
/// Counts nanoseconds in buckets of at most 1/32 relative width (values below 32 exactly), so that millions of values
/// take fixed memory and no allocation.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBuckets = 32;
    private const int SubBucketBits = 5;

    private readonly long[] _counts = new long[(64 - SubBucketBits + 1) * SubBuckets];
    private long _total;

    public long Count => _total;

    public long Maximum { get; private set; }

    public void Add(long nanoseconds)
    {
        long value = Math.Max(nanoseconds, 0);
        _counts[BucketOf(value)]++;
        _total++;
        Maximum = Math.Max(Maximum, value);
    }

    /// <summary>Takes over what another one counted.</summary>
    public void Add(LatencyHistogram other)
    {
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            _counts[bucket] += other._counts[bucket];
        }

        _total += other._total;
        Maximum = Math.Max(Maximum, other.Maximum);
    }

    public void Clear()
    {
        Array.Clear(_counts);
        _total = 0;
        Maximum = 0;
    }

    /// <summary>The upper edge of the bucket that holds the given share (0 to 1) of the values, at most the maximum; 0 when empty.</summary>
    public long Percentile(double share)
    {
        if (_total == 0)
        {
            return 0;
        }

        long rank = Math.Clamp((long)Math.Ceiling(share * _total), 1, _total);
        int bucket = 0;
        for (long seen = _counts[0]; seen < rank; seen += _counts[bucket])
        {
            bucket++;
        }

        return Math.Min(UpperEdge(bucket), Maximum);
    }

    private static int BucketOf(long value)
    {
        int shift = Math.Max(BitOperations.Log2((ulong)value | 1) - SubBucketBits, 0);
        return (shift * SubBuckets) + (int)(value >> shift);
    }

    private static long UpperEdge(int bucket)
    {
        int shift = Math.Max((bucket / SubBuckets) - 1, 0);
        long mantissa = bucket - (shift * SubBuckets);
        return ((mantissa + 1) << shift) - 1;
    }
}
