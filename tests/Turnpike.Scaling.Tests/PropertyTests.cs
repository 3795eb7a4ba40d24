using CsCheck;

namespace Turnpike.Scaling.Tests;

/// <summary>What holds for every fleet, policy and memory.</summary>
public sealed class PropertyTests
{
    private static readonly Gen<(FleetSnapshot Fleet, ScalingPolicy Policy, ScalingMemory Memory, DateTimeOffset Now)> Anything =
        Gen.Select(Wild.Fleet, Wild.Policy, Wild.Memory, Wild.Moment);

    // Bounds that hold nothing back, and an honest look at the fleet.
    private static readonly Gen<ScalingPolicy> Open = Wild.Policy.Select(policy => policy with
    {
        MinReplicas = 0,
        MaxReplicas = 1000,
        Schedule = [],
        MaxReportAge = TimeSpan.FromSeconds(15),
    });

    // Targets and a buffer that the settings allow: a provisioning time below zero looks back to a time of less load.
    private static readonly Gen<ScalingPolicy> Sound = Gen.Select(
        Open, Gen.Double[0.05, 1], Gen.Double[0, 5], Gen.Double[0, 100], Gen.Int[0, 600], (policy, target, edges, percent, seconds) => policy with
        {
            TargetUtilization = Figures.Of(_ => target),
            Buffer = new ScalingBuffer { Edges = edges, Percent = percent, ProvisioningTime = TimeSpan.FromSeconds(seconds) },
        });

    [Fact]
    public void Whatever_the_numbers_are_there_is_a_decision_within_the_bounds() => Anything.Sample(given =>
    {
        ScalingDecision decision = ScalingFunction.Decide(given.Fleet, given.Policy, given.Memory, given.Now).Decision;
        Assert.InRange(decision.Desired, given.Policy.MinReplicas, given.Policy.MaxReplicas);
        Assert.InRange(decision.Replicas, given.Policy.MinReplicas, given.Policy.MaxReplicas);
        Assert.NotEmpty(decision.Reasons);
        Assert.All(decision.Dimensions, figures => Assert.True(figures.Needed is null or (>= 0 and <= 1_000_000), $"{figures}"));
    }, iter: 1000);

    [Fact]
    public void The_same_in_is_the_same_out_also_after_the_memory_was_written_and_read() => Anything.Sample(given =>
    {
        (ScalingDecision one, ScalingMemory left) = ScalingFunction.Decide(given.Fleet, given.Policy, given.Memory, given.Now);
        (ScalingDecision two, ScalingMemory right) = ScalingFunction.Decide(given.Fleet, given.Policy, ScalingMemory.FromJson(given.Memory.ToJson()), given.Now);
        Assert.Equal(one.ToJson(), two.ToJson());
        Assert.Equal(left.ToJson(), right.ToJson());
        Assert.Equal(one.ToJson(), ScalingDecision.FromJson(one.ToJson())!.ToJson());
    }, iter: 300);

    [Fact]
    public void What_goes_and_what_comes_back_adds_up() => Gen.Select(Wild.Honest(oneSize: false), Wild.Policy, Wild.Memory).Sample((fleet, policy, memory) =>
    {
        ScalingDecision decision = Make.Decide(fleet, policy, memory);
        Assert.Equal(decision.Drain, decision.Victims.Take(decision.Drain.Count));
        Assert.True(decision.Drain.Count <= Math.Max(0, decision.InService - decision.Desired));
        Assert.True(decision.Undrain.Count <= Math.Max(0, decision.Desired - decision.InService));
        Assert.All(decision.Undrain, id => Assert.Equal(EdgeDrain.ScaleIn, fleet.Edges.Single(edge => edge.Id == id).Drain));
        Assert.All(decision.Victims, id => Assert.Equal(EdgeDrain.None, fleet.Edges.Single(edge => edge.Id == id).Drain));
    }, iter: 1000);

    [Fact]
    public void More_load_never_wants_fewer_edges() =>
        Gen.Select(Wild.Honest(oneSize: false), Sound, Wild.Memory, Gen.Double[0, 2].Array[12]).Sample((fleet, policy, memory, more) =>
        {
            FleetSnapshot fuller = fleet with
            {
                Edges = [.. fleet.Edges.Select((edge, number) => edge with { Load = Figures.Of(dimension => edge.Load[dimension] + (more[number] * Make.Capacity[dimension])) })],
            };
            Assert.True(Make.Decide(fuller, policy, memory).Desired >= Make.Decide(fleet, policy, memory).Desired);
        }, iter: 1000);

    [Fact]
    public void Nothing_is_scaled_in_by_what_is_stale_missing_silent_degraded_or_no_number() =>
        Gen.Select(Wild.Honest(oneSize: false), Open, Wild.Memory, Gen.Int[0, 6], Gen.Int[0, 11]).Sample((fleet, policy, memory, fault, which) =>
        {
            FleetEdge victim = fleet.Edges[which % fleet.Edges.Count];
            FleetSnapshot spoiled = fault switch
            {
                0 => fleet with { IsFresh = false },
                1 => fleet with { ReadAt = Make.Noon.AddSeconds(-16) },
                2 => fleet with { Replicas = fleet.Edges.Count(edge => edge.Drain != EdgeDrain.Ending) + 1 },
                _ => fleet with
                {
                    Edges =
                    [
                        .. fleet.Edges.Where(edge => edge != victim), fault switch
                        {
                            3 => victim with { Drain = EdgeDrain.None, ReportedAt = null },
                            4 => victim with { Drain = EdgeDrain.None, ReportedAt = Make.Noon.AddSeconds(-16) },
                            5 => victim with { Drain = EdgeDrain.None, Degraded = true },
                            _ => victim with { Drain = EdgeDrain.None, Load = Figures.All(double.NaN) },
                        },
                    ],
                },
            };
            ScalingDecision decision = Make.Decide(spoiled, policy, memory);
            Assert.False(decision.CanScaleDown);
            Assert.True(decision.Desired >= decision.InService, $"{decision.Desired} of {decision.InService}");
            Assert.Empty(decision.Drain);
            Assert.Empty(decision.Withdraw);
        }, iter: 1000);

    [Fact]
    public void A_draining_edge_gives_no_capacity_and_keeps_its_load() =>
        Gen.Select(Wild.Honest(oneSize: true), Gen.Int[0, 11], Gen.OneOf(EdgeDrain.ScaleIn, EdgeDrain.Ordered)).Sample((fleet, which, drain) =>
        {
            FleetEdge chosen = fleet.Edges[which % fleet.Edges.Count];
            ScalingDecision serving = Make.Decide(With(chosen with { Drain = EdgeDrain.None }), Make.Plain);
            ScalingDecision draining = Make.Decide(With(chosen with { Drain = drain }), Make.Plain);
            Assert.Equal(serving.InService - 1, draining.InService);
            foreach ((DimensionFigures before, DimensionFigures after) in serving.Dimensions.Zip(draining.Dimensions))
            {
                Assert.Equal(before.Capacity - chosen.Capacity[before.Dimension], after.Capacity, 3);
                Assert.Equal(before.Load, after.Load, 3);
            }
            Assert.Equal(serving.Desired, draining.Desired); // In service: another one instead of it.

            FleetSnapshot With(FleetEdge edge) => Make.Fleet([.. fleet.Edges.Where(other => other != chosen), edge]);
        }, iter: 1000);

    [Fact]
    public void Noise_within_the_tolerance_makes_no_flapping() =>
        Gen.Select(Gen.Double[5, 40], Gen.Double[0.98, 1.02].Array[400]).Sample((edgesWorth, noise) =>
        {
            ScalingPolicy policy = new()
            {
                MaxReplicas = 100,
                ScaleUp = new ScalingRules { Tolerance = 0.1 },
                ScaleDown = new ScalingRules { Tolerance = 0.1, StabilizationWindow = TimeSpan.FromMinutes(5) },
            };
            ScalingMemory memory = ScalingMemory.Empty;
            int replicas = (int)Math.Ceiling(edgesWorth);
            int turns = 0;
            int last = 0;
            for (int i = 0; i < noise.Length; i++)
            {
                DateTimeOffset now = Make.Noon.AddSeconds(15 * i);
                double each = edgesWorth * 100 * noise[i] / replicas;
                FleetSnapshot fleet = Make.Fleet([.. Enumerable.Range(0, replicas).Select(number => Make.Edge($"e{number}", each, now))]) with { ReadAt = now };
                (ScalingDecision decision, memory) = ScalingFunction.Decide(fleet, policy, memory, now);
                int step = Math.Sign(decision.Desired - replicas);
                turns += step != 0 && last != 0 && step != last ? 1 : 0;
                last = step != 0 ? step : last;
                replicas = decision.Desired;
            }
            Assert.True(turns <= 1, $"{turns} turns");
        }, iter: 5);
}
