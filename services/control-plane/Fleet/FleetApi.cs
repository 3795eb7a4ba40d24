using System.Globalization;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Authorization;
using Turnpike.ControlPlane.Calls;

namespace Turnpike.ControlPlane.Fleet;

/// <summary>The edges and their allocations. Edges are never told anything directly: orders lie in the store until they are carried out.</summary>
internal sealed class FleetApi(EdgeDirectory directory, EdgeWatch watch, AllocationReader allocations, ClusterStore store, TimeProvider time)
    : FleetService.FleetServiceBase
{
    private const int MaxNames = 1000;
    private const int LongestName = 512;
    private static readonly TimeSpan LongestDrain = TimeSpan.FromDays(7);

    // An edge tells within a heartbeat that it drains no longer.
    private const int StateChecks = 6;
    private static readonly TimeSpan StateCheck = TimeSpan.FromMilliseconds(500);

    private readonly OrderBook _orders = new(store);

    public override async Task<ListEdgesResponse> ListEdges(ListEdgesRequest request, ServerCallContext context)
    {
        int size = PageToken.Size(request.PageSize);
        string question = $"edges {request.Region}";
        string? after = PageToken.Read(request.PageToken, question);
        IEnumerable<EdgeRecord> edges = (await directory.KnownAsync()).Where(edge =>
            (request.Region.Length == 0 || edge.Region == request.Region) && (after is null || string.CompareOrdinal(edge.Id, after) > 0));
        EdgeRecord[] page = [.. edges.Take(size + 1)];
        ListEdgesResponse response = new() { Edges = { page.Take(size).Select(EdgeMessage.Of) } };
        if (page.Length > size)
        {
            response.NextPageToken = PageToken.Make(page[size - 1].Id, question);
        }
        return response;
    }

    public override Task WatchEdges(WatchEdgesRequest request, IServerStreamWriter<WatchEdgesResponse> responseStream, ServerCallContext context) =>
        watch.FollowAsync(request.Region, responseStream, context);

    public override async Task<ListAllocationsResponse> ListAllocations(ListAllocationsRequest request, ServerCallContext context)
    {
        string parent = EdgeName.Parse(request.Parent, "parent");
        int size = PageToken.Size(request.PageSize);
        Limit(request.Realm, "realm");
        Limit(request.User, "user");
        Limit(request.Tag, "tag");
        string question = string.Join('\n', "allocations", request.Parent, request.Realm, request.User, request.Tag);
        AllocationPlace? from = Place(PageToken.Read(request.PageToken, question));
        // Who is bound to realms sees theirs alone; that a realm that is named is one of them is settled before.
        IReadOnlyList<string> realms = request.Realm.Length > 0 ? [request.Realm] : AuthorizationInterceptor.CallerOf(context).Realms;
        AllocationFilter filter = new(realms, request.User, request.Tag);
        IReadOnlyList<EdgeRecord> edges = parent == EdgeName.Every ? await directory.KnownAsync() : [await FindAsync(parent, request.Parent)];

        AllocationAnswer answer = await allocations.ReadAsync(edges, from, filter, size, context.CancellationToken);
        if (answer.Unreachable.Count > 0 && answer.Unreachable.Count == edges.Count)
        {
            string which = edges.Count == 1 ? $"The edge {edges[0].Id} does" : $"{edges.Count} edges were asked and do";
            throw Problems.Unavailable("EDGE_UNREACHABLE", $"{which} not answer on the management port.", TimeSpan.FromSeconds(1));
        }
        ListAllocationsResponse response = new()
        {
            Allocations = { answer.Found.Select(found => EdgeMessage.Of(found.Edge, found.Allocation)) },
            Unreachable = { answer.Unreachable.Select(id => EdgeName.Of(id)) },
        };
        if (answer.Next is { } next)
        {
            response.NextPageToken = PageToken.Make(string.Create(CultureInfo.InvariantCulture, $"{next.Edge}/{next.After}"), question);
        }
        return response;
    }

    public override async Task<Edge> DrainEdge(DrainEdgeRequest request, ServerCallContext context)
    {
        string id = EdgeName.Parse(request.Name, "name");
        long deadline = DrainOrder.EdgeDeadline;
        if (request.Deadline is { } given)
        {
            // Compared in seconds first: a Duration may hold more than a TimeSpan.
            if (given.Seconds < 0 || given.Nanos is < 0 or > 999_999_999 || given.Seconds > (long)LongestDrain.TotalSeconds)
            {
                throw Problems.Invalid("deadline", $"not a time from 0 to {LongestDrain.TotalDays} days");
            }
            deadline = time.GetUtcNow().ToUnixTimeSeconds() + given.Seconds + (given.Nanos > 0 ? 1 : 0);
        }
        EdgeRecord edge = await FindAsync(id, request.Name);
        await _orders.DrainAsync(id, deadline);
        return EdgeMessage.Of(edge.State == "ready" ? edge with { State = "draining" } : edge);
    }

    public override async Task<Edge> UndrainEdge(UndrainEdgeRequest request, ServerCallContext context)
    {
        string id = EdgeName.Parse(request.Name, "name");
        EdgeRecord edge = await FindAsync(id, request.Name);
        if ((await _orders.ReadAsync(id)).OfType<DrainOrder>().Any())
        {
            await _orders.UndrainAsync(id);
        }

        // Without an order it goes on to drain when its process was told to end; else it says so with the next heartbeat.
        for (int i = 0; i < StateChecks && edge.State == "draining"; i++)
        {
            await Task.Delay(StateCheck, time, context.CancellationToken);
            edge = await FindAsync(id, request.Name);
        }
        return edge.State != "draining"
            ? EdgeMessage.Of(edge)
            : throw Problems.Precondition("PROCESS_ENDING", $"The edge {id} goes on to drain: its process is ending.");
    }

    public override async Task<TerminateAllocationsResponse> TerminateAllocations(TerminateAllocationsRequest request, ServerCallContext context)
    {
        string id = EdgeName.Parse(request.Parent, "parent");
        if (request.Names.Count is 0 or > MaxNames)
        {
            throw Problems.Invalid("names", $"{request.Names.Count} names; allowed: 1 to {MaxNames}");
        }
        long[] ids = [.. request.Names.Select(name => EdgeName.ParseAllocation(name, id, "names")).Distinct()];
        await FindAsync(id, request.Parent);
        await _orders.EndAllocationsAsync(id, ids);
        return new TerminateAllocationsResponse();
    }

    // What changes something, or asks one edge, goes by the store: an edge that came a moment ago is there.
    private async Task<EdgeRecord> FindAsync(string id, string name) =>
        (await directory.ReadAsync()).FirstOrDefault(edge => edge.Id == id) ?? throw Problems.NotFound("edge", name);

    private static void Limit(string text, string field)
    {
        if (text.Length > LongestName)
        {
            throw Problems.Invalid(field, $"{text.Length} characters; allowed: up to {LongestName}");
        }
    }

    private static AllocationPlace? Place(string? position)
    {
        if (position is null)
        {
            return null;
        }
        int slash = position.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && long.TryParse(position.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long after)
            ? new AllocationPlace(position[..slash], after)
            : throw Problems.Invalid("page_token", "not a token of this request");
    }
}
