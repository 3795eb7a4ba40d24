using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Planning;
using Turnpike.LoadTest.Simulation;

namespace Turnpike.LoadTest.Tests;

/// <summary>Half a day of the simulation: the same every time, in well under a second of computing.</summary>
public sealed class SimulationTests
{
    private static readonly SimulateOptions HalfDay = Options("--peak", "20", "--days", "0.5", "--cpu", "25");

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

        Assert.True(ResultFolder.TryWrite(folder.Path, SimulationPlots.Files(HalfDay, results), "output"));
        string page = File.ReadAllText(Path.Combine(folder.Path, "index.html"));
        Assert.Equal(3, Directory.GetFiles(folder.Path, "*.svg").Length);
        Assert.Contains("HPA, CPU 25 %", page, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1000", "4", "1")]
    [InlineData("16384", "16", "10")]
    [InlineData("1000", "1", "10")]
    public void An_edge_of_the_simulation_holds_what_the_plan_says_in_each_of_its_hours(string allocations, string cores, string gigabits)
    {
        SimulateOptions options = Options("--peak", "10", "--days", "1", "--edge-allocations", allocations, "--edge-cores", cores, "--edge-gbps", gigabits);
        Demand demand = new(options);
        IReadOnlyList<PlanHour> hours = PlanHour.Of(options.Plan);
        // The plan's has head-room, and its CPU is asked for Allocates too.
        Assert.Equal(1, hours[0].Edge.Allocations / (0.88 * demand.CallsPerEdge(StepAt(hour: 20))), 2);
        Assert.Equal(1, hours[1].Edge.Allocations / (0.88 * demand.CallsPerEdge(StepAt(hour: 12))), 2);

        int StepAt(int hour) => (int)(hour * 3600 / demand.Step);
    }

    [Fact]
    public void A_simulated_store_is_asked_by_as_many_control_planes_as_the_plan_has()
    {
        StoreDay day = new(PlanValues.Usual);
        day.Add(new StoreDemand(Edges: 100, Users: 100_000, Allocates: 100, Ends: 100, Changes: 0, Replicas: 0), 0, 100, 1, isFailure: false);
        Assert.Equal(2, day.Peak(moment => moment.Seconds).Demand.Replicas);
        day.Add(new StoreDemand(Edges: 10_000, Users: 100_000_000, Allocates: 100_000, Ends: 100_000, Changes: 0, Replicas: 0), 15, 10_000, 1, isFailure: false);
        PlanFigures plan = new Planner(PlanValues.Usual).Of(100_000_000);
        Assert.True(plan.PlaneReplicas > 100);
        Assert.Equal(plan.PlaneReplicas, day.Mean(moment => moment.Demand.Replicas));
        Assert.Equal(plan.Store, day.Plan.Store);
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
    [InlineData("--edge-cores", "0")]
    [InlineData("--edge-gbps", "fast")]
    [InlineData("--packet-us", "-1")]
    public void What_cannot_be_simulated_is_refused(string option, string value) =>
        Assert.Throws<UsageException>(() => Options(option, value));

    [Fact]
    public void The_policy_of_the_simulation_is_the_default_one()
    {
        SimulateOptions usual = Options();
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

    private static SimulateOptions Options(params string[] options) => SimulateOptions.From(ParsedOptions.Parse(SimulateOptions.Known, options));

    private static string Table(SimulateOptions options) =>
        SimulationTable.Of(options, SimulationRun.Execute(options, TestContext.Current.CancellationToken));

    private sealed class TempFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("turnpike-simulation-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
