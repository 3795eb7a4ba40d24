namespace Turnpike.Edge.Cluster;

/// <summary>
/// Divides a rate among several that want it, max-min fair: who wants less than an equal part gets what it wants, and the others
/// share what is left.
/// </summary>
internal static class FairShares
{
    /// <summary>Divides all of a rate: what nobody wants is handed out in equal parts, so that a burst finds it there.</summary>
    /// <param name="total">What there is.</param>
    /// <param name="demands">What each wants; <see cref="long.MaxValue"/> is all that it can get.</param>
    /// <param name="shares">What each gets, at least 1; together <paramref name="total"/>, as far as that allows.</param>
    public static void Divide(long total, ReadOnlySpan<long> demands, Span<long> shares)
    {
        int[] order = new int[demands.Length];
        long[] keys = demands.ToArray();
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(keys, order);
        long left = total;
        for (int i = 0; i < order.Length; i++)
        {
            long equal = left / (order.Length - i);
            long share = Math.Min(keys[i], equal);
            shares[order[i]] = share;
            left -= share;
        }

        long bonus = shares.Length == 0 ? 0 : left / shares.Length;
        foreach (ref long share in shares)
        {
            share = Math.Max(1, share + bonus);
        }
    }
}
