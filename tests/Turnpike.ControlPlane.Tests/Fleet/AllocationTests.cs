using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Core;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Tests.Fleet;

public sealed class AllocationTests : ControlPlaneTest
{
    private readonly List<RecordedEdge> _edges = [];

    // What the tests say once stays said while they run.
    protected override string[] Settings => ["--Cluster:MemberExpiry=300"];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        foreach (string name in new[] { "east", "north", "south" })
        {
            _edges.Add(await RecordedEdge.StartAsync(Plane, name));
        }
        _edges[0].Hold("turnpike", "alice", "red", 1, 2, 3);
        _edges[1].Hold("turnpike", "bob", "blue", 4, 5);
        _edges[1].Hold("other", "alice", "red", 6);
        _edges[2].Hold("other", "carol", "", 7);
        await Until.TrueAsync("three edges", async () => (await Plane.Fleet().ListEdgesAsync(new ListEdgesRequest())).Edges.Count == 3);
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (RecordedEdge edge in _edges)
        {
            await edge.DisposeAsync();
        }
        await base.DisposeAsync();
    }

    [Fact]
    public async Task The_allocations_of_one_edge_are_listed()
    {
        ListAllocationsResponse response = await AskAsync(new ListAllocationsRequest { Parent = _edges[0].Name });
        Assert.Equal([1, 2, 3], Ids(response));
        Allocation first = response.Allocations[0];
        Assert.Equal(("edges/east-1/allocations/1", "turnpike", "alice", "red", "udp"), (first.Name, first.Realm, first.User, first.Tag, first.Transport));
        Assert.Equal(("198.51.100.7:40000", "192.0.2.1:50000"), (first.ClientAddress, Assert.Single(first.RelayedAddresses)));
        Assert.Equal(1_700_000_000, first.StartTime.Seconds);
        Assert.Equal((10, 20, 1, 2), (first.Counters.BytesToPeers, first.Counters.BytesToClient, first.Counters.PacketsToPeers, first.Counters.PacketsToClient));
        Assert.Equal(0, _edges[1].Asked + _edges[2].Asked);
    }

    [Theory]
    [InlineData("", "", "", new long[] { 1, 2, 3, 4, 5, 6, 7 })]
    [InlineData("other", "", "", new long[] { 6, 7 })]
    [InlineData("", "alice", "", new long[] { 1, 2, 3, 6 })]
    [InlineData("turnpike", "", "blue", new long[] { 4, 5 })]
    [InlineData("turnpike", "carol", "", new long[] { })]
    public async Task Every_edge_is_asked_for_a_realm_a_user_or_a_tag(string realm, string user, string tag, long[] expected)
    {
        ListAllocationsResponse response = await AskAsync(new ListAllocationsRequest { Parent = "edges/-", Realm = realm, User = user, Tag = tag });
        Assert.Equal(expected, Ids(response));
        Assert.Empty(response.Unreachable);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task Pages_of_all_edges_have_each_allocation_once(int size)
    {
        List<long> ids = [];
        ListAllocationsRequest request = new() { Parent = "edges/-", PageSize = size };
        do
        {
            ListAllocationsResponse response = await AskAsync(request);
            Assert.InRange(response.Allocations.Count, 1, size);
            ids.AddRange(Ids(response));
            request.PageToken = response.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], ids);
    }

    [Fact]
    public async Task A_viewer_of_one_realm_sees_its_allocations_alone()
    {
        FleetService.FleetServiceClient fleet = Plane.Fleet(Tokens.OtherViewer);
        Assert.Equal([6, 7], Ids(await fleet.ListAllocationsAsync(new ListAllocationsRequest { Parent = "edges/-" }, cancellationToken: Cancellation)));
        await Refused.WithAsync(StatusCode.PermissionDenied,
            async () => await fleet.ListAllocationsAsync(new ListAllocationsRequest { Parent = "edges/-", Realm = "turnpike" }));
    }

    [Fact]
    public async Task Edges_that_do_not_answer_are_named_and_the_others_are_listed()
    {
        await _edges[0].CloseAsync();
        _edges[2].Hangs = true;
        ListAllocationsResponse response = await AskAsync(new ListAllocationsRequest { Parent = "edges/-" });
        Assert.Equal([4, 5, 6], Ids(response));
        Assert.Equal(["edges/east-1", "edges/south-1"], response.Unreachable);

        await Refused.ReasonAsync(StatusCode.Unavailable, "EDGE_UNREACHABLE", () => AskAsync(new ListAllocationsRequest { Parent = _edges[0].Name }));
        _edges[1].Garbage = "<html>";
        await Refused.ReasonAsync(StatusCode.Unavailable, "EDGE_UNREACHABLE", () => AskAsync(new ListAllocationsRequest { Parent = "edges/-" }));
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused()
    {
        await Refused.WithAsync(StatusCode.NotFound, () => AskAsync(new ListAllocationsRequest { Parent = "edges/nobody-1" }));
        await Refused.FieldAsync("parent", () => AskAsync(new ListAllocationsRequest { Parent = "edges/" }));
        await Refused.FieldAsync("page_token", () => AskAsync(new ListAllocationsRequest { Parent = "edges/-", PageToken = "AAAA" }));
        await Refused.FieldAsync("user", () => AskAsync(new ListAllocationsRequest { Parent = "edges/-", User = new string('x', 513) }));
    }

    [Fact]
    public async Task Allocations_are_listed_over_REST()
    {
        using HttpClient rest = Plane.Rest(Tokens.Viewer);
        JsonElement body = await rest.GetFromJsonAsync<JsonElement>("/v1/edges/-/allocations?user=bob&pageSize=1", Cancellation);
        Assert.Equal("edges/north-1/allocations/4", Assert.Single(body.GetProperty("allocations").EnumerateArray().ToArray()).GetProperty("name").GetString());
        Assert.NotEmpty(body.GetProperty("nextPageToken").GetString()!);
    }

    private async Task<ListAllocationsResponse> AskAsync(ListAllocationsRequest request) =>
        await Plane.Fleet(Tokens.Viewer).ListAllocationsAsync(request, cancellationToken: Cancellation);

    private static IEnumerable<long> Ids(ListAllocationsResponse response) => response.Allocations.Select(
        allocation => long.Parse(allocation.Name[(allocation.Name.LastIndexOf('/') + 1)..], System.Globalization.CultureInfo.InvariantCulture));
}
