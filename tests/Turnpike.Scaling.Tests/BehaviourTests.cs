namespace Turnpike.Scaling.Tests;

/// <summary>What happens over time: windows, rates and the schedule.</summary>
public sealed class BehaviourTests
{
    private int _replicas = 10;
    private ScalingMemory _memory = ScalingMemory.Empty;

    [Fact]
    public void A_fall_must_last_for_the_scale_down_window()
    {
        ScalingPolicy policy = Make.Plain with { ScaleDown = new ScalingRules { StabilizationWindow = TimeSpan.FromSeconds(300) } };
        Assert.Equal(10, At(0, policy, 1000));
        Assert.Equal(10, At(15, policy, 500));
        Assert.Equal(10, At(299, policy, 500));
        Assert.Equal(5, At(300, policy, 500));
    }

    [Fact]
    public void Who_remembers_nothing_waits_for_the_window_before_anything_goes()
    {
        ScalingPolicy policy = Make.Plain with { ScaleDown = new ScalingRules { StabilizationWindow = TimeSpan.FromSeconds(300) } };
        Assert.Equal(10, At(0, policy, 100));
        Assert.Equal(10, At(299, policy, 100));
        Assert.Equal(1, At(300, policy, 100));
    }

    [Fact]
    public void The_highest_recommendation_of_the_window_counts()
    {
        ScalingPolicy policy = Make.Plain with { ScaleDown = new ScalingRules { StabilizationWindow = TimeSpan.FromSeconds(300) } };
        Assert.Equal(10, At(0, policy, 1000));
        Assert.Equal(10, At(100, policy, 700));
        Assert.Equal(10, At(200, policy, 300));
        Assert.Equal(7, At(301, policy, 300));
        Assert.Equal(3, At(401, policy, 300));
    }

    [Fact]
    public void A_rise_must_last_for_the_scale_up_window()
    {
        ScalingPolicy policy = Make.Plain with { ScaleUp = new ScalingRules { StabilizationWindow = TimeSpan.FromSeconds(60) } };
        Assert.Equal(10, At(0, policy, 1000));
        Assert.Equal(10, At(15, policy, 1500));
        Assert.Equal(12, At(62, policy, 1200));
    }

    [Fact]
    public void Edges_that_are_away_for_a_moment_are_no_growth_when_they_come_back()
    {
        ScalingPolicy policy = Make.Plain with { Buffer = new ScalingBuffer { Edges = 0, ProvisioningTime = TimeSpan.FromMinutes(5) } };
        for (int second = 0; second < 600; second += 5)
        {
            FleetSnapshot fleet = Fleet(second, 950, fresh: true);
            fleet = second is >= 300 and < 315 ? fleet with { Edges = [.. fleet.Edges.Take(2)] } : fleet;
            (ScalingDecision decision, _memory) = ScalingFunction.Decide(fleet, policy, _memory, Make.Noon.AddSeconds(second));
            Assert.Equal(10, decision.Desired);
        }
    }

    [Fact]
    public void While_the_data_is_bad_no_fall_begins_to_last()
    {
        ScalingPolicy policy = Make.Plain with { ScaleDown = new ScalingRules { StabilizationWindow = TimeSpan.FromSeconds(300) } };
        At(0, policy, 500, fresh: false);
        At(200, policy, 500, fresh: false);
        Assert.Equal(10, At(400, policy, 500));
        Assert.Equal(5, At(501, policy, 500));
    }

    [Fact]
    public void A_need_within_the_tolerance_changes_nothing()
    {
        ScalingPolicy policy = Make.Plain with { ScaleUp = new ScalingRules { Tolerance = 0.1 }, ScaleDown = new ScalingRules { Tolerance = 0.2 } };
        Assert.Equal(10, At(0, policy, 1099));
        Assert.Equal(10, At(15, policy, 801));
        Assert.Equal(12, At(30, policy, 1101));
        _replicas = 10;
        Assert.Equal(8, At(45, policy, 799));
    }

    [Theory]
    [InlineData(SelectPolicy.Max, 14)]
    [InlineData(SelectPolicy.Min, 12)]
    [InlineData(SelectPolicy.Disabled, 10)]
    public void The_scale_up_policies_say_how_much_may_come(SelectPolicy which, int highest)
    {
        ScalingPolicy policy = Make.Plain with { ScaleUp = Rules(which, new(RateType.Pods, 4, TimeSpan.FromSeconds(60)), new(RateType.Percent, 20, TimeSpan.FromSeconds(60))) };
        Assert.Equal(highest, At(0, policy, 5000));
        Assert.Equal(highest, At(30, policy, 5000)); // The same period.
    }

    [Theory]
    [InlineData(SelectPolicy.Max, 6)]
    [InlineData(SelectPolicy.Min, 8)]
    [InlineData(SelectPolicy.Disabled, 10)]
    public void The_scale_down_policies_say_how_much_may_go(SelectPolicy which, int lowest)
    {
        ScalingPolicy policy = Make.Plain with { ScaleDown = Rules(which, new(RateType.Pods, 4, TimeSpan.FromSeconds(60)), new(RateType.Percent, 20, TimeSpan.FromSeconds(60))) };
        Assert.Equal(lowest, At(0, policy, 100));
        Assert.Equal(lowest, At(30, policy, 100));
    }

    [Fact]
    public void A_new_period_lets_more_come()
    {
        ScalingPolicy policy = Make.Plain with { ScaleUp = Rules(SelectPolicy.Max, new RatePolicy(RateType.Pods, 4, TimeSpan.FromSeconds(60))) };
        Assert.Equal(14, At(0, policy, 5000));
        Assert.Equal(14, At(15, policy, 5000));
        Assert.Equal(18, At(75, policy, 5000));
    }

    [Fact]
    public void A_decision_that_nobody_carried_out_counts_once()
    {
        ScalingPolicy policy = Make.Plain with { ScaleDown = Rules(SelectPolicy.Max, new RatePolicy(RateType.Pods, 2, TimeSpan.FromSeconds(60))) };
        for (int i = 0; i < 10; i++)
        {
            (ScalingDecision decision, _memory) = ScalingFunction.Decide(Fleet(i, 100, true), policy, _memory, Make.Noon.AddSeconds(i));
            Assert.Equal(8, decision.Desired);
        }
    }

    [Fact]
    public void The_bounds_hold_at_once()
    {
        Assert.Equal(20, At(0, Make.Plain with { MinReplicas = 20, ScaleUp = new ScalingRules { SelectPolicy = SelectPolicy.Disabled } }, 100));
        Assert.Equal(5, At(15, Make.Plain with { MaxReplicas = 5, ScaleDown = new ScalingRules { SelectPolicy = SelectPolicy.Disabled } }, 5000));
    }

    [Theory]
    [InlineData("2026-03-02T06:59:00Z", 3)] // Monday, 07:59 in Berlin
    [InlineData("2026-03-02T07:00:00Z", 20)]
    [InlineData("2026-03-02T16:59:59Z", 20)]
    [InlineData("2026-03-02T17:00:00Z", 3)]
    [InlineData("2026-03-07T10:00:00Z", 3)] // Saturday
    [InlineData("2026-03-30T06:00:00Z", 20)] // Summer time has begun: 08:00 is an hour earlier.
    public void A_window_of_the_schedule_follows_the_clock_of_its_zone(string now, int desired)
    {
        ScalingWindow hours = new(
            [DayOfWeek.Monday, DayOfWeek.Tuesday], new TimeOnly(8, 0), new TimeOnly(18, 0), TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"), 20, null);
        ScalingPolicy policy = Make.Plain with { Schedule = [hours] };
        DateTimeOffset at = DateTimeOffset.Parse(now, null);
        FleetSnapshot fleet = Make.Fleet(Make.Edges(3, 90)) with { ReadAt = at };
        ScalingDecision decision = Make.Decide(fleet with { Edges = [.. fleet.Edges.Select(edge => edge with { ReportedAt = at })] }, policy, now: at);
        Assert.Equal(desired, decision.Desired);
        Assert.Equal(desired == 20, decision.Limits.Contains(ScalingReasonCode.Schedule));
    }

    [Fact]
    public void A_window_may_last_over_midnight_and_lower_the_ceiling()
    {
        ScalingWindow night = new([DayOfWeek.Friday], new TimeOnly(22, 0), new TimeOnly(6, 0), TimeZoneInfo.Utc, null, 4);
        Assert.False(night.IsActive(new DateTimeOffset(2026, 3, 6, 21, 59, 0, TimeSpan.Zero)));
        Assert.True(night.IsActive(new DateTimeOffset(2026, 3, 6, 22, 0, 0, TimeSpan.Zero)));
        Assert.True(night.IsActive(new DateTimeOffset(2026, 3, 7, 5, 59, 0, TimeSpan.Zero)));
        Assert.False(night.IsActive(new DateTimeOffset(2026, 3, 7, 22, 0, 0, TimeSpan.Zero)));
        ScalingPolicy policy = Make.Plain with { Schedule = [night with { Days = Enum.GetValues<DayOfWeek>(), From = default, To = default }] };
        Assert.Equal(10, At(0, policy, 2000, fresh: false)); // It can wait until the fleet can be seen.
        Assert.Equal(4, At(15, policy, 2000));
    }

    [Fact]
    public void Whoever_decides_next_goes_on_from_what_the_last_one_remembered()
    {
        ScalingPolicy policy = new() { MaxReplicas = 100 };
        ScalingMemory here = ScalingMemory.Empty;
        ScalingMemory there = ScalingMemory.Empty;
        for (int i = 0; i < 100; i++)
        {
            DateTimeOffset now = Make.Noon.AddSeconds(15 * i);
            FleetSnapshot fleet = Fleet(15 * i, 500 + (40 * (i % 10)), true);
            (ScalingDecision one, here) = ScalingFunction.Decide(fleet, policy, here, now);
            (ScalingDecision two, there) = ScalingFunction.Decide(fleet, policy, ScalingMemory.FromJson(there.ToJson()), now);
            Assert.Equal(one.ToJson(), two.ToJson());
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"highs\":5}")]
    public void A_memory_that_cannot_be_read_is_none(string? json) => Assert.Same(ScalingMemory.Empty, ScalingMemory.FromJson(json));

    // Decides, and does at once what was decided.
    private int At(int second, ScalingPolicy policy, double load, bool fresh = true)
    {
        (ScalingDecision decision, _memory) = ScalingFunction.Decide(Fleet(second, load, fresh), policy, _memory, Make.Noon.AddSeconds(second));
        return _replicas = decision.Desired;
    }

    private FleetSnapshot Fleet(int second, double load, bool fresh)
    {
        DateTimeOffset now = Make.Noon.AddSeconds(second);
        return Make.Fleet([.. Enumerable.Range(0, _replicas).Select(number => Make.Edge($"e{number}", load / _replicas, now))]) with { ReadAt = now, IsFresh = fresh };
    }

    private static ScalingRules Rules(SelectPolicy which, params RatePolicy[] policies) => new() { SelectPolicy = which, Policies = policies };
}
