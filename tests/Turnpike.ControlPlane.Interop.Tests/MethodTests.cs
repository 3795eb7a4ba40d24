using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Turnpike.Contracts.Keda;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Interop.Kit;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.ControlPlane.Interop;

/// <summary>Every method over real gRPC, and what it does to real edges.</summary>
[Collection(ThreeEdges.Collection)]
public sealed class MethodTests(ThreeEdges three)
{
    private const string Parent = $"realms/{ServerSettings.Realm}";
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task Credentials_are_issued_revoked_and_given_back() => AllOfAsync(CredentialService.Descriptor, async invoker =>
    {
        var client = new CredentialService.CredentialServiceClient(invoker);
        IssueCredentialResponse issued = await ThreeEdges.IssueAsync(client, "mallory", "room-1");
        using TurnClient victim = await ThreeEdges.AllocateAsync(three.Fleet.Edges[0], issued);
        Revocation revocation = await client.RevokeCredentialsAsync(new RevokeCredentialsRequest { Tag = "room-1" }, cancellationToken: Cancellation);
        await Deadline.UntilAsync("the allocation is ended", Promise, async () => !(await victim.RefreshAsync(600)).Succeeded);

        ListRevocationsResponse list = await client.ListRevocationsAsync(new ListRevocationsRequest(), cancellationToken: Cancellation);
        Assert.Contains(list.Revocations, each => each.Name == revocation.Name && each.Tag == "room-1");
        await client.DeleteRevocationAsync(new DeleteRevocationRequest { Name = revocation.Name }, cancellationToken: Cancellation);
        using TurnClient again = await ThreeEdges.AllocateAsync(three.Fleet.Edges[0], issued);
        await again.RefreshAsync(0);
    });

    [Fact]
    public Task Realms_secrets_and_users_are_made_changed_and_deleted() => AllOfAsync(RealmService.Descriptor, async invoker =>
    {
        var client = new RealmService.RealmServiceClient(invoker);
        const string Name = "realms/shop";
        await client.CreateRealmAsync(new CreateRealmRequest { RealmId = "shop" }, cancellationToken: Cancellation);
        Realm changed = await client.UpdateRealmAsync(
            new UpdateRealmRequest { Realm = new Realm { Name = Name, Policy = new RealmPolicy { AllocationsPerUser = 1 } } }, cancellationToken: Cancellation);
        Assert.Equal(changed, await client.GetRealmAsync(new GetRealmRequest { Name = Name }, cancellationToken: Cancellation));
        Assert.Contains(changed, (await client.ListRealmsAsync(new ListRealmsRequest(), cancellationToken: Cancellation)).Realms);

        // The edges count by the policy, and verify with the secret, of a realm that they have just heard of.
        AddSecretResponse added = await client.AddSecretAsync(new AddSecretRequest { Parent = Name, SecretId = "s2" }, cancellationToken: Cancellation);
        IssueCredentialResponse issued = await new CredentialService.CredentialServiceClient(three.Plane.Invoker()).IssueCredentialAsync(
            new IssueCredentialRequest { Realm = "shop", User = "one" }, cancellationToken: Cancellation);
        await Deadline.UntilAsync("the edge counts by the policy", Soon, async () =>
        {
            using TurnClient first = await ThreeEdges.AllocateAsync(three.Fleet.Edges[1], issued);
            using TurnClient second = new(three.Fleet.Edges[1].EndPoint) { Credential = (issued.IceServers[^1].Username, issued.IceServers[^1].Credential) };
            int code = (await second.AllocateAsync()).Code;
            await Task.WhenAll(first.RefreshAsync(0), second.RefreshAsync(0));
            return code == 486;
        });
        await client.RetireSecretAsync(new RetireSecretRequest { Name = added.Secret.Name }, cancellationToken: Cancellation);

        User user = await client.PutUserAsync(new PutUserRequest { Name = $"{Parent}/users/carol", Password = "static-password" }, cancellationToken: Cancellation);
        Assert.Contains(user, (await client.ListUsersAsync(new ListUsersRequest { Parent = Parent }, cancellationToken: Cancellation)).Users);
        using TurnClient carol = await ThreeEdges.AllocateAsync(three.Fleet.Edges[2], "carol", "static-password");
        await client.DeleteUserAsync(new DeleteUserRequest { Name = user.Name }, cancellationToken: Cancellation);
        await Deadline.UntilAsync("the deleted user is refused", Soon, async () => !(await carol.RefreshAsync(600)).Succeeded);
        await client.DeleteRealmAsync(new DeleteRealmRequest { Name = Name }, cancellationToken: Cancellation);
    });

    [Fact]
    public Task Usage_is_counted_and_events_are_told() => AllOfAsync(UsageService.Descriptor, async invoker =>
    {
        var client = new UsageService.UsageServiceClient(invoker);
        using AsyncServerStreamingCall<StreamEventsResponse> events = client.StreamEvents(new StreamEventsRequest { Parent = Parent }, cancellationToken: Cancellation);
        Assert.True(await events.ResponseStream.MoveNext(Cancellation));
        using TurnClient metered = await ThreeEdges.AllocateAsync(three.Fleet.Edges[0], await three.IssueAsync("metered", "room-2"));
        await metered.RefreshAsync(0);

        List<Event.Types.Kind> told = [];
        while (told.Count < 2)
        {
            Assert.True(await events.ResponseStream.MoveNext(Cancellation));
            if (events.ResponseStream.Current.Event is { User: "metered" } entry)
            {
                told.Add(entry.Kind);
            }
        }
        Assert.Equal([Event.Types.Kind.AllocationStarted, Event.Types.Kind.AllocationEnded], told);
        await Deadline.UntilAsync("the usage is flushed", Soon, async () =>
        {
            QueryUsageResponse usage = await client.QueryUsageAsync(
                new QueryUsageRequest { Parent = Parent, GroupBy = UsageGrouping.Tag, Key = "room-2", Bucket = UsageBucket.Minute }, cancellationToken: Cancellation);
            return usage.Rows.Sum(row => row.Totals.Allocations) == 1;
        });
    });

    [Fact]
    public Task Edges_and_their_allocations_are_watched_drained_and_ended() => AllOfAsync(FleetService.Descriptor, async invoker =>
    {
        var client = new FleetService.FleetServiceClient(invoker);
        Edge[] edges = [.. (await client.ListEdgesAsync(new ListEdgesRequest(), cancellationToken: Cancellation)).Edges];
        Assert.Equal(3, edges.Length);
        using AsyncServerStreamingCall<WatchEdgesResponse> watch = client.WatchEdges(new WatchEdgesRequest(), cancellationToken: Cancellation);
        HashSet<string> seen = [];
        while (seen.Count < 3)
        {
            Assert.True(await watch.ResponseStream.MoveNext(Cancellation));
            seen.Add(watch.ResponseStream.Current.Edge.Name);
        }
        Assert.Equal(edges.Select(edge => edge.Name).Order(), seen.Order());

        using TurnClient ended = await ThreeEdges.AllocateAsync(three.Fleet.Edges[1], await three.IssueAsync("ended", "room-3"));
        ListAllocationsResponse all = new();
        // An edge answers its client first and writes its list then.
        await Deadline.UntilAsync("the allocation is listed", Soon, async () =>
        {
            all = await client.ListAllocationsAsync(new ListAllocationsRequest { Parent = "edges/-", Tag = "room-3" }, cancellationToken: Cancellation);
            return all.Allocations.Count > 0;
        });
        Allocation allocation = Assert.Single(all.Allocations);
        Assert.Empty(all.Unreachable);
        string on = allocation.Name[..allocation.Name.IndexOf("/allocations", StringComparison.Ordinal)];
        await client.TerminateAllocationsAsync(new TerminateAllocationsRequest { Parent = on, Names = { allocation.Name } }, cancellationToken: Cancellation);
        await Deadline.UntilAsync("the allocation is ended", Promise, async () => !(await ended.RefreshAsync(600)).Succeeded);

        Assert.Equal(Edge.Types.State.Draining, (await client.DrainEdgeAsync(new DrainEdgeRequest { Name = on }, cancellationToken: Cancellation)).State);
        await StateAsync(client, on, Edge.Types.State.Draining);
        IceServer turn = (await three.IssueAsync("elsewhere")).IceServers[^1];
        Assert.DoesNotContain(turn.Urls, url => url.Contains($"{three.Fleet.Edges[1].EndPoint}", StringComparison.Ordinal));
        Assert.Equal(Edge.Types.State.Ready, (await client.UndrainEdgeAsync(new UndrainEdgeRequest { Name = on }, cancellationToken: Cancellation)).State);
        await StateAsync(client, on, Edge.Types.State.Ready);
    });

    [Fact]
    public async Task KEDA_is_told_a_metric_and_its_value()
    {
        var client = new ExternalScaler.ExternalScalerClient(three.Plane.Invoker());
        using TurnClient active = await ThreeEdges.AllocateAsync(three.Fleet.Edges[2], await three.IssueAsync("active"));
        ScaledObjectRef scaled = new() { Name = "edges", Namespace = "turn" };
        await Deadline.UntilAsync("there are allocations", Soon, async () => (await client.IsActiveAsync(scaled, cancellationToken: Cancellation)).Result);
        using AsyncServerStreamingCall<IsActiveResponse> stream = client.StreamIsActive(scaled, cancellationToken: Cancellation);
        Assert.True(await stream.ResponseStream.MoveNext(Cancellation));
        MetricSpec spec = (await client.GetMetricSpecAsync(scaled, cancellationToken: Cancellation)).MetricSpecs[0];
        GetMetricsResponse value = await client.GetMetricsAsync(
            new GetMetricsRequest { ScaledObjectRef = scaled, MetricName = spec.MetricName }, cancellationToken: Cancellation);
        Assert.True(value.MetricValues[0].MetricValueFloat >= 1);
        await active.RefreshAsync(0);
    }

    /// <summary>Makes the calls, and finds that no method was forgotten.</summary>
    private async Task AllOfAsync(ServiceDescriptor service, Func<CallInvoker, Task> calls)
    {
        Recorder recorder = new();
        await calls(three.Plane.Invoker().Intercept(recorder));
        Assert.Equal(service.Methods.Select(method => method.Name).Order(), recorder.Called.Order());
    }

    private static Task StateAsync(FleetService.FleetServiceClient client, string edge, Edge.Types.State state) =>
        Deadline.UntilAsync($"the edge is {state}", Soon, async () => (await client.ListEdgesAsync(new ListEdgesRequest(), cancellationToken: Cancellation))
            .Edges.Single(each => each.Name == edge).State == state);
}
