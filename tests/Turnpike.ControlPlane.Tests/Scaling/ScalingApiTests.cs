using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using EdgeLoad = Turnpike.Cluster.EdgeLoad;

namespace Turnpike.ControlPlane.Tests.Scaling;

/// <summary>A fleet of three edges of 1000 allocations each, with 1900 of them; target 50 %, no buffer.</summary>
public sealed class ScalingApiTests : ControlPlaneTest
{
    private ScalingService.ScalingServiceClient Scaling => new(Plane.Invoker(Tokens.Viewer));

    // What the tests say once stays said while they run.
    protected override string[] Settings =>
    [
        "--Cluster:MemberExpiry=300", "--ControlPlane:Scaling:MaxReportAge=600", "--ControlPlane:Scaling:TargetUtilization=50",
        "--ControlPlane:Scaling:Buffer:Edges=0", "--ControlPlane:Scaling:Buffer:ProvisioningTime=0", "--ControlPlane:Scaling:Interval=1",
        "--ControlPlane:Scaling:ScaleDown:StabilizationWindowSeconds=0", "--ControlPlane:Scaling:Targets:0=bits-per-second:70",
        "--ControlPlane:Scaling:Schedule:0=mon-fri 08:00-18:00 Europe/Berlin min=1", "--ControlPlane:Scaling:ScaleDown:Policies:0=Percent:100:15",
    ];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await BeatAsync("north", 900);
        await BeatAsync("south", 600);
        await BeatAsync("west", 400);
        await Until.TrueAsync("three edges", async () => (await ExplainAsync()).InService == 3);
    }

    [Fact]
    public async Task The_policy_is_that_of_the_settings()
    {
        ScalingPolicy policy = await Scaling.GetScalingPolicyAsync(new GetScalingPolicyRequest { Name = "scalingPolicy" }, cancellationToken: Cancellation);
        Assert.Equal(("scalingPolicy", 1, 10, false), (policy.Name, policy.MinReplicas, policy.MaxReplicas, policy.DryRun));
        Assert.Equal([0.5, 0.5, 0.5, 0.7, 0.5], policy.Targets.Select(target => target.Utilization));
        Assert.Equal("mon,tue,wed,thu,fri 08:00-18:00 Europe/Berlin min=1", Assert.Single(policy.Schedule));
        Assert.Equal(new RatePolicy { Type = RatePolicy.Types.Type.Percent, Value = 100, Period = Duration.FromTimeSpan(TimeSpan.FromSeconds(15)) }, Assert.Single(policy.ScaleDown.Policies));
        Assert.Equal((0.05, ScalingRules.Types.SelectPolicy.Max), (policy.ScaleDown.Tolerance, policy.ScaleDown.SelectPolicy));
        await Refused.FieldAsync("name", async () => await Scaling.GetScalingPolicyAsync(new GetScalingPolicyRequest { Name = "other" }));
    }

    [Fact]
    public async Task A_decision_is_explained_with_its_figures_and_reasons()
    {
        ScalingDecision decision = await ExplainAsync();
        Assert.Equal((ScalingDecision.Types.Action.ScaleUp, 3, 3, 4, 4), (decision.Action, decision.CurrentReplicas, decision.InService, decision.Desired, decision.DesiredReplicas));
        Assert.Equal(3.8, decision.Needed, 6);
        ScalingFigures figures = decision.Dimensions.Single(each => each.Dimension == ScalingDimension.Allocations);
        Assert.Equal((1900, 3000, 1000, 0.5, 3.8), (figures.Load, figures.Capacity, figures.EdgeCapacity, figures.Target, figures.Needed));
        Assert.False(decision.Dimensions.Single(each => each.Dimension == ScalingDimension.BitsPerSecond).HasNeeded);
        Assert.Equal("LOAD_NEEDS_MORE", decision.Reasons[0].Code);
        Assert.Contains("allocations need 3.8 edges", decision.Reasons[0].Description, StringComparison.Ordinal);
        Assert.Equal(["edges/west-1", "edges/south-1", "edges/north-1"], decision.Victims);
    }

    [Fact]
    public async Task Another_load_is_looked_at_as_if_it_had_always_been()
    {
        ScalingDecision decision = await ExplainAsync(new ExplainScalingRequest { LoadFactor = 0.25 });
        Assert.Equal((ScalingDecision.Types.Action.ScaleDown, 1), (decision.Action, decision.Desired));
        Assert.Equal(["edges/west-1", "edges/south-1"], decision.Drain);
        Assert.Equal(7.6, (await ExplainAsync(new ExplainScalingRequest { LoadFactor = 2 })).Needed, 6);
        Assert.Equal(1, (await ExplainAsync(new ExplainScalingRequest { LoadFactor = 0 })).Desired);
    }

    [Fact]
    public async Task Another_policy_is_looked_at_in_what_it_says()
    {
        ScalingPolicy policy = new()
        {
            MaxReplicas = 2,
            Targets = { new ScalingTarget { Utilization = 1 } },
            ScaleDown = new ScalingRules { StabilizationWindow = Duration.FromTimeSpan(TimeSpan.FromMinutes(5)), SelectPolicy = ScalingRules.Types.SelectPolicy.Disabled },
            DryRun = true,
        };
        ScalingDecision decision = await ExplainAsync(new ExplainScalingRequest { Policy = policy });
        Assert.Equal((2, 1.9, true), (decision.Desired, decision.Needed, decision.DryRun));
        Assert.Contains(decision.Reasons, reason => reason is { Code: "MAX_REPLICAS", Limit: true });
        policy = new ScalingPolicy { Buffer = new ScalingBuffer { Edges = 3 }, Schedule = { "daily 00:00-00:00 UTC min=9" } };
        decision = await ExplainAsync(new ExplainScalingRequest { Policy = policy });
        Assert.Equal((9, 6.8), (decision.Desired, Math.Round(decision.Needed, 6)));
    }

    [Fact]
    public async Task What_cannot_be_asked_is_named()
    {
        (string Field, ExplainScalingRequest Request)[] wrong =
        [
            ("load_factor", new ExplainScalingRequest { LoadFactor = -1 }),
            ("load_factor", new ExplainScalingRequest { LoadFactor = double.NaN }),
            ("policy.min_replicas", new ExplainScalingRequest { Policy = new ScalingPolicy { MinReplicas = 0 } }),
            ("policy.max_replicas", new ExplainScalingRequest { Policy = new ScalingPolicy { MinReplicas = 11 } }),
            ("policy.max_replicas", new ExplainScalingRequest { Policy = new ScalingPolicy { MaxReplicas = int.MaxValue } }),
            ("policy.targets", new ExplainScalingRequest { Policy = new ScalingPolicy { Targets = { new ScalingTarget() } } }),
            ("policy.buffer.percent", new ExplainScalingRequest { Policy = new ScalingPolicy { Buffer = new ScalingBuffer { Percent = -1 } } }),
            ("policy.buffer.provisioning_time", new ExplainScalingRequest { Policy = new ScalingPolicy { Buffer = new ScalingBuffer { ProvisioningTime = new Duration { Seconds = long.MaxValue } } } }),
            ("policy.scale_up.tolerance", new ExplainScalingRequest { Policy = new ScalingPolicy { ScaleUp = new ScalingRules { Tolerance = 2 } } }),
            ("policy.scale_up.policies", new ExplainScalingRequest { Policy = new ScalingPolicy { ScaleUp = new ScalingRules { Policies = { new RatePolicy { Value = 3 } } } } }),
            ("policy.scale_down.policies", new ExplainScalingRequest { Policy = new ScalingPolicy { ScaleDown = new ScalingRules { Policies = { new RatePolicy { Type = RatePolicy.Types.Type.Pods, Value = 3 } } } } }),
            ("policy.scale_down.stabilization_window", new ExplainScalingRequest { Policy = new ScalingPolicy { ScaleDown = new ScalingRules { StabilizationWindow = new Duration { Seconds = -1 } } } }),
            ("policy.schedule", new ExplainScalingRequest { Policy = new ScalingPolicy { Schedule = { "sometimes" } } }),
        ];
        foreach ((string field, ExplainScalingRequest request) in wrong)
        {
            await Refused.FieldAsync(field, () => ExplainAsync(request));
        }
    }

    [Fact]
    public async Task Decisions_are_watched_listed_and_shown_as_numbers()
    {
        using AsyncServerStreamingCall<WatchDecisionsResponse> call = Scaling.WatchDecisions(new WatchDecisionsRequest(), cancellationToken: Cancellation);
        ScalingDecision first = await NextAsync(call, decision => decision.InService == 3);
        Assert.Equal(4, first.Desired);
        Assert.NotEmpty(first.Actor);
        await BeatAsync("east", 0);
        await BeatAsync("west", 410); // The figures alone are no other decision.
        ScalingDecision second = await NextAsync(call, decision => decision.InService == 4);
        Assert.Equal((ScalingDecision.Types.Action.None, 4), (second.Action, second.Desired));
        Assert.Equal("LOAD_FITS", second.Reasons[0].Code);

        List<ScalingDecision> listed = [];
        string token = "";
        do
        {
            ListDecisionsResponse page = await Scaling.ListDecisionsAsync(new ListDecisionsRequest { PageSize = 1, PageToken = token }, cancellationToken: Cancellation);
            listed.AddRange(page.Decisions);
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        int[] numbers = [.. listed.Select(decision => int.Parse(decision.Name["decisions/".Length..], null))];
        Assert.Equal(Enumerable.Range(1, numbers.Length).Reverse(), numbers);
        Assert.Contains(first, listed);
        Assert.Contains(second, listed);
        await Refused.FieldAsync("page_token", async () => await Scaling.ListDecisionsAsync(new ListDecisionsRequest { PageToken = "x" }));

        using HttpClient http = Plane.Rest(null);
        string[] scrape = (await http.GetStringAsync("/metrics", Cancellation)).Split('\n');
        Assert.Contains("turnpike_control_plane_desired_replicas 4", scrape);
        Assert.Contains("turnpike_control_plane_current_replicas 4", scrape);
        Assert.Contains("turnpike_control_plane_edges_in_service 4", scrape);
        Assert.Contains("turnpike_control_plane_scaling_held_back 0", scrape);
        Assert.Contains("turnpike_control_plane_scaler_last_decision{reason=\"LOAD_FITS\"} 1", scrape);
        Assert.Contains("turnpike_control_plane_scaler_last_decision{reason=\"EDGES_MISSING\"} 0", scrape);
        Assert.Contains(scrape, line => line.StartsWith("turnpike_control_plane_saturation{dimension=\"allocations\"} 0.47", StringComparison.Ordinal));
        Assert.Contains(scrape, line => line.StartsWith("turnpike_control_plane_needed_edges{dimension=\"relay-ports\"} 0", StringComparison.Ordinal));
        Assert.DoesNotContain(scrape, line => line.StartsWith("turnpike_control_plane_saturation{dimension=\"bits-per-second\"}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Scaling_is_explained_over_REST()
    {
        using HttpClient rest = Plane.Rest(Tokens.Viewer);
        using HttpResponseMessage response = await rest.PostAsJsonAsync("/v1/scaling:explain", new { loadFactor = 2.0, policy = new { maxReplicas = 5 } }, Cancellation);
        JsonElement body = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Equal(5, body.GetProperty("desired").GetInt32());
        Assert.Equal("SCALING_DIMENSION_ALLOCATIONS", body.GetProperty("dimensions")[0].GetProperty("dimension").GetString());
        JsonElement policy = await rest.GetFromJsonAsync<JsonElement>("/v1/scalingPolicy", Cancellation);
        Assert.Equal(10, policy.GetProperty("maxReplicas").GetInt32());
        await Until.TrueAsync("a decision is kept", async () =>
            (await rest.GetFromJsonAsync<JsonElement>("/v1/decisions?pageSize=5", Cancellation)).GetProperty("decisions").GetArrayLength() > 0);
    }

    [Fact]
    public async Task Why_an_edge_drains_is_told_by_its_orders()
    {
        await BeatAsync("told", 10, "draining");
        await BeatAsync("ending", 10, "draining");
        await new OrderBook(Plane.Store).DrainAsync("told-1", DrainOrder.EdgeDeadline);
        // One whose process ends is no replica any more; one that was ordered to drain is.
        await Until.TrueAsync("both drain", async () => await ExplainAsync() is { CurrentReplicas: 4, InService: 3, Desired: 4, DesiredReplicas: 5 });
    }

    [Fact]
    public async Task Another_replica_goes_on_from_what_the_first_remembered()
    {
        await using TestControlPlane other = await TestControlPlane.StartAsync(Plane.Redis, Settings);
        ScalingService.ScalingServiceClient scaling = new(other.Invoker(Tokens.Viewer));
        await Until.TrueAsync("the other one decides the same", async () => await scaling.ExplainScalingAsync(new ExplainScalingRequest()) is { InService: 3, Desired: 4 });
        await Until.TrueAsync("a decision is kept", async () => (await Scaling.ListDecisionsAsync(new ListDecisionsRequest())).Decisions.Count > 0);
        ListDecisionsResponse here = await Scaling.ListDecisionsAsync(new ListDecisionsRequest(), cancellationToken: Cancellation);
        ListDecisionsResponse there = await scaling.ListDecisionsAsync(new ListDecisionsRequest(), cancellationToken: Cancellation);
        Assert.Contains(here.Decisions[^1], there.Decisions);
    }

    private Task BeatAsync(string name, long allocations, string state = "ready") =>
        Plane.BeatAsync(Make.Edge(name) with { State = state, Load = new EdgeLoad { ReportedAt = 1_700_000_100, Allocations = allocations } });

    private async Task<ScalingDecision> ExplainAsync(ExplainScalingRequest? request = null) =>
        await Scaling.ExplainScalingAsync(request ?? new ExplainScalingRequest(), cancellationToken: Cancellation);

    private static async Task<ScalingDecision> NextAsync(AsyncServerStreamingCall<WatchDecisionsResponse> call, Func<ScalingDecision, bool> awaited)
    {
        while (true)
        {
            Assert.True(await call.ResponseStream.MoveNext(Cancellation));
            if (call.ResponseStream.Current.Decision is { } decision && awaited(decision))
            {
                return decision;
            }
        }
    }
}
