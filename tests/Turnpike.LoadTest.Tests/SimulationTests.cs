using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Simulation;

namespace Turnpike.LoadTest.Tests;

/// <summary>Half a day of the simulation: the same every time, in well under a second of computing.</summary>
public sealed class SimulationTests
{
    private static readonly SimulateOptions HalfDay = SimulateOptions.From(ParsedOptions.Parse(SimulateOptions.Known, ["--peak", "20", "--days", "0.5", "--cpu", "25"]));

    [Fact]
    public void The_scaler_ends_no_call_refuses_next_to_none_and_costs_little_more_than_an_oracle()
    {
        using TempFolder folder = new();
        IReadOnlyList<(string Name, SimulationTotals Totals)> results = SimulationRun.Execute(HalfDay, TestContext.Current.CancellationToken);
        SimulationTotals oracle = results[0].Totals;
        SimulationTotals turnpike = results[1].Totals;
        SimulationTotals cpu = results[2].Totals;
        Assert.Equal((0, 0), (oracle.Refused, turnpike.DroppedByScaling));
        Assert.True(turnpike.RefusedShare < 0.0001, $"{turnpike.RefusedShare} refused");
        Assert.InRange((double)turnpike.EdgeSteps / oracle.EdgeSteps, 1.0, 1.25);
        // What is compared can fail: pods that are ended with calls on them.
        Assert.True(cpu.DroppedByScaling > 0);
        Assert.True(oracle.LeastEdgeSteps <= oracle.EdgeSteps);

        // The store hears of every call, and of the fleet's failure in the middle.
        StoreDay store = turnpike.Store;
        Assert.Equal(turnpike.Offered, store.Mean(moment => moment.Demand.Allocates) * HalfDay.Days * 86_400, 0.5);
        Assert.Equal(HalfDay.Days * 86_400 / 2, store.Failure!.Seconds, HalfDay.StepSeconds);
        Assert.True(store.MeanAllocations < store.MostAllocations && store.PeakFactor > 1);
        Assert.Contains("| Allocates, and as many credentials |", StoreTable.Of(store), StringComparison.Ordinal);

        SimulationPlots.Write(folder.Path, HalfDay, results);
        string page = File.ReadAllText(Path.Combine(folder.Path, "index.html"));
        Assert.Equal(3, Directory.GetFiles(folder.Path, "*.svg").Length);
        Assert.Contains("HPA, CPU 25 %", page, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_seed_is_the_same_week_and_another_one_another()
    {
        SimulateOptions hours = HalfDay with { Days = 0.1, CpuPercents = [] };
        string first = Table(hours);
        Assert.Equal(first, Table(hours));
        Assert.NotEqual(first, Table(hours with { Seed = 2 }));
    }

    [Theory]
    [InlineData("--peak", "0")]
    [InlineData("--cpu", "0,50")]
    [InlineData("--cpu", "half")]
    [InlineData("--target", "5")]
    [InlineData("--days", "1000")]
    public void What_cannot_be_simulated_is_refused(string option, string value) =>
        Assert.Throws<UsageException>(() => SimulateOptions.From(ParsedOptions.Parse(SimulateOptions.Known, [option, value])));

    [Fact]
    public void The_policy_of_the_simulation_is_the_default_one()
    {
        SimulateOptions usual = SimulateOptions.From(ParsedOptions.Parse(SimulateOptions.Known, []));
        Turnpike.Scaling.ScalingPolicy policy = new();
        Assert.Equal(
            (policy.TargetUtilization, policy.Buffer, policy.ScaleDown.Tolerance, policy.ScaleDown.StabilizationWindow, policy.ScaleUp.Tolerance),
            (usual.Policy.TargetUtilization, usual.Policy.Buffer, usual.Policy.ScaleDown.Tolerance, usual.Policy.ScaleDown.StabilizationWindow, usual.Policy.ScaleUp.Tolerance));
    }

    [Theory]
    [InlineData(5, 0.02)]
    [InlineData(1000, 0.001)]
    [InlineData(1000, 0.4)]
    [InlineData(40, 0.9)]
    public void Drawn_counts_have_the_mean_and_the_spread_of_their_distribution(int of, double chance)
    {
        Dice dice = new(7);
        const int Draws = 20_000;
        int[] binomial = [.. Enumerable.Range(0, Draws).Select(_ => dice.Binomial(of, chance))];
        int[] poisson = [.. Enumerable.Range(0, Draws).Select(_ => dice.Poisson(of * chance))];
        Check(binomial, of * chance, of * chance * (1 - chance));
        Check(poisson, of * chance, of * chance);
        Assert.All(binomial, count => Assert.InRange(count, 0, of));

        static void Check(int[] counts, double mean, double variance)
        {
            Assert.Equal(mean, counts.Average(), 6 * Math.Sqrt(variance / Draws));
            double seen = counts.Average(count => (count - mean) * (count - mean));
            Assert.InRange(seen, 0.9 * variance, (1.1 * variance) + 0.1);
        }
    }

    private static string Table(SimulateOptions options) =>
        SimulationTable.Of(options, SimulationRun.Execute(options, TestContext.Current.CancellationToken));

    private sealed class TempFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("turnpike-simulation-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
