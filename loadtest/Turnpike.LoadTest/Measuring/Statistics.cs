namespace Turnpike.LoadTest.Measuring;

/// <summary>Median and range of a few repeated measurements.</summary>
internal readonly record struct Spread(double Median, double Minimum, double Maximum)
{
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            throw new ArgumentException("A spread needs at least one value.", nameof(values));
        }

        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }

    /// <summary>
    /// The spread of a/b taken pair by pair. Neighbouring runs share the machine's mood of the moment, so their ratio is
    /// steadier than the ratio of two medians.
    /// </summary>
    public static Spread OfRatios(IReadOnlyList<double> numerators, IReadOnlyList<double> denominators)
    {
        if (numerators.Count != denominators.Count)
        {
            throw new ArgumentException("Ratios need as many numerators as denominators.", nameof(denominators));
        }

        return Of(numerators.Zip(denominators, (a, b) => a / b));
    }
}
