using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Tests;

public sealed class MeasuringTests
{
    [Fact]
    public void The_median_is_the_middle_value_or_the_mean_of_the_two_middle_ones()
    {
        Assert.Equal(new Spread(3, 1, 9), Spread.Of([9, 1, 3]));
        Assert.Equal(new Spread(2.5, 1, 9), Spread.Of([9, 1, 2, 3]));
        Assert.Throws<ArgumentException>(() => Spread.Of([]));
    }

    [Fact]
    public void Ratios_are_taken_pair_by_pair_before_the_median()
    {
        // The ratio of the medians would be 10/10 = 1.
        Assert.Equal(new Spread(0.5, 0.5, 2), Spread.OfRatios([10, 5, 20], [20, 10, 10]));
        Assert.Throws<ArgumentException>(() => Spread.OfRatios([1, 2], [1]));
    }

    [Fact]
    public void Percentiles_are_within_a_thirty_second_of_the_exact_ones()
    {
        var histogram = new LatencyHistogram();
        for (long value = 1; value <= 100_000; value++)
        {
            histogram.Add(value * 37);
        }

        foreach (double share in (double[])[0.001, 0.5, 0.9, 0.99, 0.999])
        {
            double exact = share * 100_000 * 37;
            Assert.InRange(histogram.Percentile(share), exact, exact * (1 + (1 / 32.0)) + 1);
        }

        Assert.Equal(100_000 * 37, histogram.Percentile(1));
        Assert.Equal(100_000 * 37, histogram.Maximum);
    }

    [Fact]
    public void Small_extreme_and_negative_values_have_a_bucket()
    {
        var histogram = new LatencyHistogram();
        Assert.Equal(0, histogram.Percentile(0.5));
        histogram.Add(-5);
        histogram.Add(3);
        histogram.Add(long.MaxValue);
        Assert.Equal(0, histogram.Percentile(0.3));
        Assert.Equal(3, histogram.Percentile(0.6));
        Assert.Equal(long.MaxValue, histogram.Percentile(1));
        Assert.Equal(3, histogram.Count);
    }

    [Fact]
    public void CPU_time_sums_the_threads_that_live_and_counts_new_ones_whole()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        try
        {
            void Thread(string id, string schedstat)
            {
                folder.CreateSubdirectory(id);
                File.WriteAllText(Path.Combine(folder.FullName, id, "schedstat"), schedstat);
            }

            Thread("10", "1000 5 7\n");
            Thread("11", "4000 5 7\n");
            CpuTime before = CpuTime.Read(folder.FullName);
            Thread("10", "1500 26 9\n");
            Thread("12", "300 3 1\n");
            Directory.Delete(Path.Combine(folder.FullName, "11"), recursive: true);
            folder.CreateSubdirectory("13"); // a thread that ended between the listing and the reading
            Assert.Equal(new CpuUse(800, 24), CpuTime.Read(folder.FullName).Since(before));
            Assert.Contains("process -1", Assert.Throws<TurnRefusedException>(() => CpuTime.Read(-1)).Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_schedstat_of_another_form_is_an_error_and_not_a_zero()
    {
        Assert.Equal(new CpuUse(246903, 17), CpuTime.ParseSchedstat("246903 17 2\n"));
        Assert.Throws<FormatException>(() => CpuTime.ParseSchedstat("\n"));
        Assert.Throws<FormatException>(() => CpuTime.ParseSchedstat("-1 0 2\n"));
    }

    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("\t0-2,5\n", new[] { 0, 1, 2, 5 })]
    [InlineData("3,7-8", new[] { 3, 7, 8 })]
    public void The_kernels_CPU_list_is_understood(string text, int[] cpus)
    {
        Assert.Equal(cpus, CpuAffinity.ParseList(text));
    }
}
