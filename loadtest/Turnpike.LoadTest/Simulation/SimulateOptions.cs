using System.Globalization;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Planning;
using Turnpike.Scaling;

namespace Turnpike.LoadTest.Simulation;

/// <summary>What is simulated.</summary>
internal sealed record SimulateOptions
{
    public static readonly Option[] Known =
    [
        new("peak", "EDGES", "edges that the busiest hour would fill", "100"),
        new("edge-allocations", "N", "allocations that an edge can hold: its relay ports", "1000"),
        new("edge-cores", "N", "cores of an edge, one shard each", "4"),
        new("edge-gbps", "N", "network of an edge, Gb/s in each direction", "1"),
        Constants.PacketCost.Option,
        new("realms", "N", "realms, for what the store is asked", PlanTable.Number(Constants.Realms.Value)),
        new("largest-realm", "PERCENT", "part of all allocations that the largest realm has", PlanTable.Number(Constants.LargestRealm.Value)),
        new("days", "D", "length", "7"),
        new("seed", "N", "another one is another week", "1"),
        new("step", "S", "seconds between two decisions", "15"),
        new("failure-days", "D", "days after which an edge fails, on average", "60"),
        new("rack-share", "PART", "part of the edges that fails at once in the middle", "0.05"),
        new("target", "PERCENT", "target utilisation of the policy", "88"),
        new("buffer-edges", "N", "edges that the policy keeps free", "1"),
        new("buffer-percent", "PERCENT", "part of the load that the policy keeps free", "0"),
        new("provisioning", "S", "provisioning time of the policy", "180"),
        new("tolerance", "PERCENT", "scale-down tolerance of the policy", "5"),
        new("window", "S", "scale-down stabilisation window of the policy", "300"),
        new("cpu", "PERCENT,…", "targets of CPU-based autoscalers beside it, or none", "50,20"),
        new("grace", "S", "what the CPU-based autoscalers' pods are given to end", "3600"),
        new("output", "FOLDER", "write the plots there, as SVG and as one page"),
        new("help", null, "this text"),
    ];

    public double PeakEdges { get; init; } = 100;

    /// <summary>What an edge is, what a packet and the store's scripts cost, and who shares them.</summary>
    public required PlanValues Plan { get; init; }

    /// <summary>Allocations that an edge can hold.</summary>
    public double EdgeAllocations => Plan[Constants.Ports];

    public double Days { get; init; } = 7;

    public ulong Seed { get; init; } = 1;

    public double StepSeconds { get; init; } = 15;

    public double FailureDays { get; init; } = 60;

    public double RackShare { get; init; } = 0.05;

    public ScalingPolicy Policy { get; init; } = new ScalingPolicy() with { MaxReplicas = 100_000 };

    /// <summary>One that suits the hours with the most packets, and one that suits every hour.</summary>
    public IReadOnlyList<int> CpuPercents { get; init; } = [50, 20];

    public int GraceSeconds { get; init; } = 3600;

    public string? Output { get; init; }

    public static SimulateOptions From(ParsedOptions given) => new()
    {
        PeakEdges = given.Number("peak", 1, 20_000),
        Plan = PlanValues.Usual
            .With(Constants.Ports, given.Number("edge-allocations", 10, 100_000))
            .With(Constants.EdgeCores, given.Number("edge-cores", 0.1, 1024))
            .With(Constants.EdgeGigabits, given.Number("edge-gbps", 0.01, 10_000))
            .With(Constants.PacketCost, given.Number("packet-us", 0.01, 1000))
            .With(Constants.Target, given.Integer("target", 10, 100))
            .With(Constants.Realms, given.Number("realms", 1, 1_000_000))
            .With(Constants.LargestRealm, given.Number("largest-realm", 0.001, 100)),
        Days = given.Number("days", 0.1, 60),
        Seed = (ulong)given.Integer("seed", 0, int.MaxValue),
        StepSeconds = given.Number("step", 1, 60),
        FailureDays = given.Number("failure-days", 0.1, 100_000),
        RackShare = given.Number("rack-share", 0, 1),
        Policy = new ScalingPolicy
        {
            MaxReplicas = 100_000,
            TargetUtilization = Figures.All(given.Integer("target", 10, 100) / 100.0),
            Buffer = new ScalingBuffer
            {
                Edges = given.Number("buffer-edges", 0, 10_000),
                Percent = given.Number("buffer-percent", 0, 1000),
                ProvisioningTime = TimeSpan.FromSeconds(given.Integer("provisioning", 0, 3600)),
            },
            ScaleDown = new ScalingRules
            {
                Tolerance = given.Number("tolerance", 0, 50) / 100,
                StabilizationWindow = TimeSpan.FromSeconds(given.Integer("window", 0, 3600)),
            },
        },
        CpuPercents = Percents(given.RequiredText("cpu")),
        GraceSeconds = given.Integer("grace", 0, 86_400),
        Output = given.Text("output"),
    };

    private static int[] Percents(string text) => text == "none" ? [] :
    [
        .. text.Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int percent) && percent is >= 1 and <= 100
            ? percent
            : throw new UsageException($"--cpu is whole numbers from 1 to 100 with commas, or none, not '{text}'")),
    ];
}
