using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Tests.Fleet;

public sealed class EdgeOrderTests : ControlPlaneTest
{
    private const string North = "edges/north-1";

    private OrderBook Orders => new(Plane.Store);

    // What the tests say once stays said while they run.
    protected override string[] Settings => ["--Cluster:MemberExpiry=300"];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Plane.BeatAsync(Make.Edge("north"));
    }

    [Fact]
    public async Task A_drain_is_ordered_with_a_deadline_or_with_that_of_the_edge()
    {
        Edge edge = await Plane.Fleet().DrainEdgeAsync(new DrainEdgeRequest { Name = North }, cancellationToken: Cancellation);
        Assert.Equal((North, Edge.Types.State.Draining), (edge.Name, edge.State));
        Assert.Equal(new DrainOrder(DrainOrder.EdgeDeadline), Assert.Single(await Orders.ReadAsync("north-1")));

        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        await Plane.Fleet().DrainEdgeAsync(new DrainEdgeRequest { Name = North, Deadline = Duration.FromTimeSpan(TimeSpan.FromMinutes(5)) }, cancellationToken: Cancellation);
        DrainOrder order = Assert.IsType<DrainOrder>(Assert.Single(await Orders.ReadAsync("north-1")));
        Assert.InRange(order.Deadline, now + 300, now + 330);
    }

    [Fact]
    public async Task A_drain_is_taken_back()
    {
        await Plane.Fleet().DrainEdgeAsync(new DrainEdgeRequest { Name = North }, cancellationToken: Cancellation);
        await Plane.BeatAsync(Make.Edge("north") with { State = "draining" });
        Task<Edge> undrain = Plane.Fleet().UndrainEdgeAsync(new UndrainEdgeRequest { Name = North }, cancellationToken: Cancellation).ResponseAsync;
        await Until.TrueAsync("no order", async () => (await Orders.ReadAsync("north-1")).Count == 0);
        await Plane.BeatAsync(Make.Edge("north"));
        Assert.Equal(Edge.Types.State.Ready, (await undrain).State);
    }

    [Fact]
    public async Task An_edge_whose_process_is_ending_goes_on_to_drain()
    {
        await Plane.BeatAsync(Make.Edge("north") with { State = "draining" });
        await Refused.ReasonAsync(StatusCode.FailedPrecondition, "PROCESS_ENDING",
            async () => await Plane.Fleet().UndrainEdgeAsync(new UndrainEdgeRequest { Name = North }));
    }

    [Fact]
    public async Task The_end_of_allocations_is_ordered()
    {
        await Plane.Fleet().TerminateAllocationsAsync(
            new TerminateAllocationsRequest { Parent = North, Names = { $"{North}/allocations/7", $"{North}/allocations/9", $"{North}/allocations/7" } },
            cancellationToken: Cancellation);
        EndAllocationsOrder order = Assert.IsType<EndAllocationsOrder>(Assert.Single(await Orders.ReadAsync("north-1")));
        Assert.Equal([7, 9], order.Allocations);
    }

    [Fact]
    public async Task An_edge_that_is_not_there_takes_no_orders()
    {
        FleetService.FleetServiceClient fleet = Plane.Fleet();
        const string Nobody = "edges/nobody-1";
        await Refused.WithAsync(StatusCode.NotFound, async () => await fleet.DrainEdgeAsync(new DrainEdgeRequest { Name = Nobody }));
        await Refused.WithAsync(StatusCode.NotFound, async () => await fleet.UndrainEdgeAsync(new UndrainEdgeRequest { Name = Nobody }));
        await Refused.WithAsync(StatusCode.NotFound, async () => await fleet.TerminateAllocationsAsync(
            new TerminateAllocationsRequest { Parent = Nobody, Names = { $"{Nobody}/allocations/1" } }));
        Assert.Empty(await Orders.ReadAsync("nobody-1"));
    }

    [Fact]
    public async Task An_order_that_makes_no_sense_is_refused()
    {
        FleetService.FleetServiceClient fleet = Plane.Fleet();
        await Refused.FieldAsync("name", async () => await fleet.DrainEdgeAsync(new DrainEdgeRequest { Name = "north-1" }));
        await Refused.FieldAsync("name", async () => await fleet.DrainEdgeAsync(new DrainEdgeRequest { Name = "edges/a{b}:c" }));
        await Refused.FieldAsync("deadline", async () => await fleet.DrainEdgeAsync(new DrainEdgeRequest { Name = North, Deadline = new Duration { Seconds = -1 } }));
        await Refused.FieldAsync("deadline", async () => await fleet.DrainEdgeAsync(new DrainEdgeRequest { Name = North, Deadline = new Duration { Seconds = long.MaxValue } }));
        await Refused.FieldAsync("names", async () => await fleet.TerminateAllocationsAsync(new TerminateAllocationsRequest { Parent = North }));
        await Refused.FieldAsync("names", async () => await fleet.TerminateAllocationsAsync(
            new TerminateAllocationsRequest { Parent = North, Names = { "edges/south-1/allocations/1" } }));
        await Refused.FieldAsync("names", async () => await fleet.TerminateAllocationsAsync(
            new TerminateAllocationsRequest { Parent = North, Names = { $"{North}/allocations/x" } }));
        await Refused.FieldAsync("names", async () => await fleet.TerminateAllocationsAsync(
            new TerminateAllocationsRequest { Parent = North, Names = { Enumerable.Range(1, 1001).Select(id => $"{North}/allocations/{id}") } }));
        Assert.Empty(await Orders.ReadAsync("north-1"));
    }

    [Fact]
    public async Task An_operator_of_some_realms_gives_no_orders_to_edges() => await Refused.WithAsync(
        StatusCode.PermissionDenied, async () => await Plane.Fleet(Tokens.OtherOperator).DrainEdgeAsync(new DrainEdgeRequest { Name = North }));
}
