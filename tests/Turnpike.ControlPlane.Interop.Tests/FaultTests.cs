using System.Net;
using Google.Rpc;
using Grpc.Core;
using Turnpike.Cluster.Interop;
using Turnpike.Cluster.Interop.Fleet;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Interop.Fleet;
using Turnpike.ControlPlane.Interop.Kit;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Stores;

namespace Turnpike.ControlPlane.Interop;

/// <summary>What callers are told while something is missing. With edges and a store of its own, in turn with the other tests.</summary>
[Collection(ThreeEdges.Collection)]
public sealed class FaultTests : ClusterTest
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_edge_is_unreachable_then_gone_and_then_a_store_that_is_away_is_said_to_be()
    {
        RedisServer store = Track(await RedisServer.StartAsync());
        EdgeFleet fleet = Track(new EdgeFleet());
        await fleet.StartAsync(store.ConnectionString, store.ConnectionString, store.ConnectionString);
        ControlPlaneServer plane = Track(await ControlPlaneServer.StartAsync(store.ConnectionString));
        await ThreeEdges.WaitForEdgesAsync(plane, 3);
        var edges = new FleetService.FleetServiceClient(plane.Invoker());
        var credentials = new CredentialService.CredentialServiceClient(plane.Invoker());
        IssueCredentialResponse issued = await ThreeEdges.IssueAsync(credentials, "steady");

        string killed = await NameOfAsync(edges, $"{fleet.Edges[2].EndPoint}");
        await fleet.Edges[2].Process.SignalAsync("KILL");
        await fleet.Edges[2].Process.WaitForExitAsync(Soon);
        ListAllocationsResponse rest = await edges.ListAllocationsAsync(new ListAllocationsRequest { Parent = "edges/-" }, cancellationToken: Cancellation);
        Assert.Equal([killed], rest.Unreachable);
        await RefusedAsync(StatusCode.Unavailable, "EDGE_UNREACHABLE", async () =>
            await edges.ListAllocationsAsync(new ListAllocationsRequest { Parent = killed }, cancellationToken: Cancellation));
        await Deadline.UntilAsync("the killed edge is gone", Soon, async () =>
            (await edges.ListEdgesAsync(new ListEdgesRequest(), cancellationToken: Cancellation)).Edges.All(edge => edge.Name != killed));
        RpcException gone = await Assert.ThrowsAsync<RpcException>(async () => await edges.DrainEdgeAsync(new DrainEdgeRequest { Name = killed }, cancellationToken: Cancellation));
        Assert.Equal(StatusCode.NotFound, gone.StatusCode);
        Assert.DoesNotContain((await ThreeEdges.IssueAsync(credentials, "other")).IceServers[^1].Urls, url => url.Contains($"{fleet.Edges[2].EndPoint}", StringComparison.Ordinal));

        await store.StopAsync();
        await Deadline.UntilAsync("issuing says that the store is away", Soon, async () => await ReasonAsync(credentials) == "STORE_UNAVAILABLE");
        Assert.Equal(HttpStatusCode.OK, await plane.HealthAsync("ready"));
        using (HttpClient rest1 = plane.Rest())
        {
            Assert.Contains("\"degraded\":\"the cluster's store is away", await rest1.GetStringAsync(new Uri("/health/ready", UriKind.Relative), Cancellation), StringComparison.Ordinal);
            using HttpResponseMessage refused = await rest1.GetAsync(new Uri("/v1/realms", UriKind.Relative), Cancellation);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        }
        // Edges need no control plane and, for what they know, no store.
        using TurnClient client = await ThreeEdges.AllocateAsync(fleet.Edges[0], issued);
        await client.RefreshAsync(0);

        await store.RestartEmptyAsync();
        await Deadline.UntilAsync("issuing goes on", Soon, async () => await ReasonAsync(credentials) == "");
    }

    private static async Task<string> NameOfAsync(FleetService.FleetServiceClient edges, string endPoint) =>
        (await edges.ListEdgesAsync(new ListEdgesRequest(), cancellationToken: Cancellation))
            .Edges.Single(edge => edge.Urls.Any(url => url.Contains(endPoint, StringComparison.Ordinal))).Name;

    private static async Task RefusedAsync(StatusCode code, string reason, Func<Task> call)
    {
        RpcException problem = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal((code, reason), (problem.StatusCode, problem.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason));
    }

    /// <summary>Why nothing is issued, which must come with a time to come back at; empty when something is.</summary>
    private static async Task<string> ReasonAsync(CredentialService.CredentialServiceClient credentials)
    {
        try
        {
            await ThreeEdges.IssueAsync(credentials, "somebody");
            return "";
        }
        catch (RpcException problem) when (problem.StatusCode == StatusCode.Unavailable)
        {
            Google.Rpc.Status status = problem.GetRpcStatus()!;
            Assert.NotNull(status.GetDetail<RetryInfo>());
            return status.GetDetail<ErrorInfo>()!.Reason;
        }
    }
}
