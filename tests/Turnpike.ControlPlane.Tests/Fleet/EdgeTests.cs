using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Core;
using Turnpike.Contracts.V1;
using EdgeLoad = Turnpike.Cluster.EdgeLoad;

namespace Turnpike.ControlPlane.Tests.Fleet;

public sealed class EdgeTests : ControlPlaneTest
{
    // What the tests say once stays said while they run.
    protected override string[] Settings => ["--Cluster:MemberExpiry=300"];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Plane.BeatAsync(Make.Edge("north", "eu") with
        {
            Load = new EdgeLoad { ReportedAt = 1_700_000_100, Allocations = 700, RelayPortsUsed = 800, PacketsPerSecond = 10, BitsPerSecond = 1e6, ShardBusy = 0.25 },
        });
        await Plane.BeatAsync(Make.Edge("south", "us") with { State = "draining", Degraded = true });
        await Plane.BeatAsync(Make.Edge("west", "us") with { State = "not-ready", Load = new EdgeLoad { ShardBusy = 0.5 } });
        await Until.TrueAsync("three edges", async () => (await Plane.Fleet().ListEdgesAsync(new ListEdgesRequest())).Edges.Count == 3);
    }

    [Fact]
    public async Task Edges_are_listed_with_their_state_load_and_saturation()
    {
        ListEdgesResponse response = await Plane.Fleet(Tokens.Viewer).ListEdgesAsync(new ListEdgesRequest(), cancellationToken: Cancellation);
        Assert.Equal(["edges/north-1", "edges/south-1", "edges/west-1"], response.Edges.Select(edge => edge.Name));
        Assert.Empty(response.NextPageToken);
        Edge north = response.Edges[0];
        Assert.Equal(("north", "eu", Edge.Types.State.Ready, false), (north.DisplayName, north.Region, north.State, north.Degraded));
        Assert.Equal(3, north.Urls.Count);
        Assert.Equal((1000, 16384, 0), (north.Capacity.Allocations, north.Capacity.RelayPorts, north.Capacity.PacketsPerSecond));
        Assert.Equal((700, 800, 10, 1e6, 0.25), (north.Load.Allocations, north.Load.RelayPorts, north.Load.PacketsPerSecond, north.Load.BitsPerSecond, north.Load.ShardBusy));
        Assert.Equal(0.7, north.Saturation, 6); // allocations are the worst of it
        Assert.Equal((1_700_000_000, 1_700_000_100), (north.StartTime.Seconds, north.ReportTime.Seconds));
        Assert.Equal((Edge.Types.State.Draining, true), (response.Edges[1].State, response.Edges[1].Degraded));
        Assert.Equal((Edge.Types.State.NotReady, 0.5), (response.Edges[2].State, response.Edges[2].Saturation));
    }

    [Fact]
    public async Task Edges_come_a_page_at_a_time_and_by_region()
    {
        FleetService.FleetServiceClient fleet = Plane.Fleet();
        ListEdgesResponse one = await fleet.ListEdgesAsync(new ListEdgesRequest { PageSize = 2 }, cancellationToken: Cancellation);
        Assert.Equal(2, one.Edges.Count);
        ListEdgesResponse two = await fleet.ListEdgesAsync(new ListEdgesRequest { PageSize = 2, PageToken = one.NextPageToken }, cancellationToken: Cancellation);
        Assert.Equal(("edges/west-1", ""), (Assert.Single(two.Edges).Name, two.NextPageToken));
        Assert.Equal(2, (await fleet.ListEdgesAsync(new ListEdgesRequest { Region = "us" }, cancellationToken: Cancellation)).Edges.Count);
        Assert.Empty((await fleet.ListEdgesAsync(new ListEdgesRequest { Region = "mars" }, cancellationToken: Cancellation)).Edges);
        await Refused.FieldAsync("page_token", async () => await fleet.ListEdgesAsync(new ListEdgesRequest { Region = "us", PageToken = one.NextPageToken }));
        await Refused.FieldAsync("page_size", async () => await fleet.ListEdgesAsync(new ListEdgesRequest { PageSize = -1 }));
    }

    [Fact]
    public async Task Edges_are_listed_over_REST()
    {
        using HttpClient rest = Plane.Rest(Tokens.Viewer);
        JsonElement body = await rest.GetFromJsonAsync<JsonElement>("/v1/edges?region=eu&pageSize=5", Cancellation);
        JsonElement edge = Assert.Single(body.GetProperty("edges").EnumerateArray().ToArray());
        Assert.Equal("edges/north-1", edge.GetProperty("name").GetString());
        Assert.Equal("STATE_READY", edge.GetProperty("state").GetString());
        Assert.Equal(0.7, edge.GetProperty("saturation").GetDouble(), 6);
    }

    [Fact]
    public async Task An_issuer_sees_no_edges()
    {
        await Refused.WithAsync(StatusCode.PermissionDenied, async () => await Plane.Fleet(Tokens.Issuer).ListEdgesAsync(new ListEdgesRequest()));
        await Refused.WithAsync(StatusCode.PermissionDenied, async () => await Plane.Fleet(Tokens.Viewer).DrainEdgeAsync(new DrainEdgeRequest { Name = "edges/north-1" }));
        await Refused.WithAsync(StatusCode.Unauthenticated, async () => await Plane.Fleet(null).ListEdgesAsync(new ListEdgesRequest()));
    }

    [Fact]
    public async Task A_watcher_sees_every_edge_then_changes_then_that_one_is_gone()
    {
        using AsyncServerStreamingCall<WatchEdgesResponse> call = Plane.Fleet(Tokens.Viewer).WatchEdges(new WatchEdgesRequest { Region = "us" }, cancellationToken: Cancellation);
        IAsyncStreamReader<WatchEdgesResponse> stream = call.ResponseStream;
        Assert.Equal(["edges/south-1", "edges/west-1"], [(await NextAsync(stream)).Edge.Name, (await NextAsync(stream)).Edge.Name]);

        await Plane.BeatAsync(Make.Edge("south", "us"));
        WatchEdgesResponse changed = await NextAsync(stream);
        Assert.Equal(("edges/south-1", Edge.Types.State.Ready, false), (changed.Edge.Name, changed.Edge.State, changed.Gone));

        await Plane.BeatAsync(Make.Edge("east", "us"));
        Assert.Equal("edges/east-1", (await NextAsync(stream)).Edge.Name);

        // A load alone is told too, a little later.
        await Plane.BeatAsync(Make.Edge("east", "us") with { Load = new EdgeLoad { Allocations = 12 } });
        Assert.Equal(("edges/east-1", 12), ((await NextAsync(stream)) is var loaded ? loaded.Edge.Name : "", loaded.Edge.Load.Allocations));

        await Plane.Membership.LeaveAsync("west-1", inOrder: false);
        WatchEdgesResponse gone = await NextAsync(stream);
        Assert.Equal(("edges/west-1", true), (gone.Edge.Name, gone.Gone));
    }

    [Fact]
    public async Task It_is_measured_which_edges_left_in_order_and_when()
    {
        await Plane.Membership.LeaveAsync("west-1", inOrder: false);
        await Plane.Membership.LeaveAsync("south-1", inOrder: true);
        Scrape? scrape = null;
        await Until.TrueAsync("one edge is left", async () =>
        {
            scrape = await Scrape.OfAsync(Plane);
            return new[] { "ready", "draining", "not-ready", "stale" }.Sum(state => scrape[$"edges{{state=\"{state}\"}}"]) == 1;
        });
        string series = Assert.Single(scrape!.Series, series => series.Contains("edge_left", StringComparison.Ordinal));
        Assert.Equal("turnpike_control_plane_edge_left_timestamp_seconds{edge=\"south\"}", series);
        double now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        Assert.InRange(scrape["edge_left_timestamp_seconds{edge=\"south\"}"], now - 60, now + 1);
    }

    private static async Task<WatchEdgesResponse> NextAsync(IAsyncStreamReader<WatchEdgesResponse> stream)
    {
        Assert.True(await stream.MoveNext(Cancellation));
        return stream.Current;
    }
}
