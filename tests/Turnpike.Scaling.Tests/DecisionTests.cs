namespace Turnpike.Scaling.Tests;

/// <summary>Single decisions: what is needed, what counts, who goes and who comes back.</summary>
public sealed class DecisionTests
{
    [Fact]
    public void The_worst_dimension_says_how_many_are_needed()
    {
        FleetEdge edge = Make.Edge("a", 0) with { Load = new Figures(50, 60, 4000, 3.4e9, 0.2) };
        ScalingDecision decision = Make.Decide(Make.Fleet(edge), Make.Plain);
        Assert.Equal((ScalingAction.ScaleUp, 1, 4, 4), (decision.Action, decision.InService, decision.Desired, decision.Replicas));
        Assert.Equal(3.4, decision.Needed!.Value, 6);
        Assert.Contains("bits a second need 3.4 edges: 3.4 G of load and 0 of buffer, at 100 % of 1 G an edge; 1 is in service", decision.Reasons[0].Words, StringComparison.Ordinal);
        Assert.Empty(decision.Limits);
    }

    [Theory]
    [InlineData(3.4e9 * 1.0001, "need 3.41 edges")]
    [InlineData(1e9, "need 1 edge:")]
    public void A_need_is_told_rounded_up_as_it_is_met(double bits, string words)
    {
        FleetEdge edge = Make.Edge("a", 0) with { Load = new Figures(0, 0, 0, bits, 0) };
        Assert.Contains(words, Make.Decide(Make.Fleet(edge), Make.Plain).Reasons[0].Words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 0, 8)] // 60 % of the load of six edges' worth, and two edges
    [InlineData(0, 50, 9)]
    [InlineData(1, 50, 9)] // The larger of the two.
    public void The_largest_buffer_is_kept_free(double edges, double percent, int desired) => Assert.Equal(
        desired, Make.Decide(Make.Fleet(Make.Edges(10, 60)), Make.Plain with { Buffer = new ScalingBuffer { Edges = edges, Percent = percent } }).Desired);

    [Fact]
    public void A_load_that_grows_gets_the_edges_that_it_will_need_when_they_are_there()
    {
        ScalingPolicy policy = Make.Plain with { Buffer = new ScalingBuffer { Edges = 0, ProvisioningTime = TimeSpan.FromMinutes(5) } };
        ScalingMemory memory = ScalingMemory.Empty;
        ScalingDecision decision = null!;
        // One edge's worth a minute, for a quarter of an hour.
        for (int i = 0; i <= 60; i++)
        {
            DateTimeOffset now = Make.Noon.AddSeconds(15 * i);
            FleetEdge[] edges = [.. Make.Edges(10, 0).Select(edge => edge with { ReportedAt = now, Load = new Figures(20 + (2.5 * i), 0, 0, 0, 0) })];
            (decision, memory) = ScalingFunction.Decide(Make.Fleet(edges) with { ReadAt = now }, policy, memory, now);
        }
        Assert.Equal(100.0 / 60, decision.Dimensions[0].Growth, 2);
        Assert.Equal(17 + 5, decision.Desired);
        ScalingDecision later = Make.Decide(Make.Fleet(Make.Edges(10, 170)), policy, memory, Make.Noon.AddHours(1));
        Assert.Equal(17, later.Desired); // What happened in an hour is not known.
    }

    [Fact]
    public void Sizes_differ_and_what_stays_must_hold_the_load_even_if_the_largest_go()
    {
        FleetEdge[] edges = [.. Make.Edges(4, 0).Select((edge, number) => edge with
        {
            Capacity = Figures.All(number == 0 ? 1000 : 100),
            Load = new Figures(60, 0, 0, 0, 0),
        })];
        ScalingDecision decision = Make.Decide(Make.Fleet(edges), Make.Plain);
        // 240 of load need 0.74 average edges; without the large one three small ones hold it.
        Assert.Equal(3, decision.Desired);
        Assert.Contains(ScalingReasonCode.RemainingCapacity, decision.Limits);
    }

    [Fact]
    public void The_cheapest_edges_go_first()
    {
        FleetEdge[] edges =
        [
            Make.Edge("busy", 30), Make.Edge("quiet", 5), Make.Edge("cordoned", 20) with { GoesFirst = true }, Make.Edge("empty", 0),
            Make.Edge("broken", 0) with { State = EdgeState.NotReady }, Make.Edge("leaving", 0) with { Drain = EdgeDrain.Ending },
        ];
        ScalingDecision decision = Make.Decide(Make.Fleet(edges), Make.Plain with { Buffer = new ScalingBuffer { Edges = 2, ProvisioningTime = TimeSpan.Zero } });
        Assert.Equal(["cordoned", "broken", "empty", "quiet", "busy"], decision.Victims);
        Assert.Equal((5, 3), (decision.InService, decision.Desired));
        Assert.Equal(["cordoned", "broken"], decision.Drain);
    }

    [Fact]
    public void What_is_on_its_way_goes_before_any_edge()
    {
        FleetSnapshot fleet = Make.Fleet(Make.Edges(4, 10)) with { Replicas = 6, Arriving = ["p1", "p2"] };
        ScalingDecision decision = Make.Decide(fleet, Make.Plain with { MinReplicas = 3 });
        Assert.Equal((6, 3, 3), (decision.InService, decision.Desired, decision.Replicas));
        Assert.Equal(["p2", "p1"], decision.Withdraw);
        Assert.Equal(["a"], decision.Drain);
    }

    [Fact]
    public void On_the_way_up_draining_edges_come_back_first_the_fullest_before_the_others()
    {
        FleetEdge[] edges =
        [
            Make.Edge("a", 95), Make.Edge("b", 95), Make.Edge("c", 20) with { Drain = EdgeDrain.ScaleIn }, Make.Edge("d", 60) with { Drain = EdgeDrain.ScaleIn },
            Make.Edge("e", 60) with { Drain = EdgeDrain.Ordered }, Make.Edge("f", 70) with { Drain = EdgeDrain.Ending }, Make.Edge("g", 70) with { State = EdgeState.Draining },
        ];
        ScalingDecision three = Make.Decide(Make.Fleet(edges), Make.Plain with { MaxReplicas = 3 });
        Assert.Equal(["d"], three.Undrain);
        ScalingDecision decision = Make.Decide(Make.Fleet(edges), Make.Plain);
        Assert.Equal((6, 2, 5), (decision.Current, decision.InService, decision.Desired));
        Assert.Equal(["d", "c"], decision.Undrain);
        // Five in service, and the two that somebody else drains.
        Assert.Equal(7, decision.Replicas);
        Assert.True(decision.Has(ScalingReasonCode.Undrain) && decision.Has(ScalingReasonCode.EdgesDraining));
    }

    [Fact]
    public void The_maximum_includes_what_drains_for_others()
    {
        FleetEdge[] edges = [.. Make.Edges(3, 95), Make.Edge("d", 90) with { Drain = EdgeDrain.Ordered }];
        ScalingDecision decision = Make.Decide(Make.Fleet(edges), Make.Plain with { MaxReplicas = 4 });
        Assert.Equal((4, 4), (decision.Desired, decision.Replicas));
        Assert.Contains(ScalingReasonCode.MaxReplicas, decision.Limits);
    }

    [Fact]
    public void Bad_data_lets_the_fleet_grow_and_not_shrink()
    {
        FleetSnapshot full = Make.Fleet(Make.Edges(4, 120)) with { IsFresh = false };
        ScalingDecision up = Make.Decide(full, Make.Plain);
        Assert.Equal((5, false), (up.Desired, up.CanScaleDown));
        ScalingDecision down = Make.Decide(Make.Fleet(Make.Edges(4, 10)) with { IsFresh = false }, Make.Plain);
        Assert.Equal((ScalingAction.None, 4), (down.Action, down.Desired));
        Assert.Contains(ScalingReasonCode.StaleSnapshot, down.Limits);
    }

    [Fact]
    public void A_fleet_that_nobody_knows_stays_as_it_is()
    {
        ScalingDecision none = Make.Decide(Make.Fleet() with { Replicas = 7 }, Make.Plain);
        Assert.Equal((7, null), (none.Desired, none.Needed));
        Assert.True(none.Has(ScalingReasonCode.CapacityUnknown) && none.Has(ScalingReasonCode.EdgesMissing));
        ScalingDecision silent = Make.Decide(Make.Fleet(Make.Edge("a", 50) with { Capacity = default }), Make.Plain);
        Assert.Equal(ScalingAction.None, silent.Action);
    }

    [Fact]
    public void Without_a_workload_the_members_are_the_replicas()
    {
        ScalingDecision decision = Make.Decide(Make.Fleet(Make.Edges(3, 20)) with { Replicas = null }, Make.Plain);
        Assert.Equal((3, 1), (decision.Current, decision.Desired));
    }

    [Fact]
    public void A_dry_run_says_so()
    {
        ScalingDecision decision = Make.Decide(Make.Fleet(Make.Edges(3, 20)), Make.Plain with { DryRun = true });
        Assert.Equal((true, 1), (decision.DryRun, decision.Desired));
        Assert.True(decision.Has(ScalingReasonCode.DryRun));
    }
}
