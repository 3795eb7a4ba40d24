using Turnpike.Cluster.Interop.Fleet;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Protocol;
using Turnpike.Stores;

namespace Turnpike.Cluster.Interop;

/// <summary>An edge that dies has nobody to give its quota back.</summary>
public sealed class KilledEdgeTests : ClusterTest
{
    private const int Limit = 5;

    [Fact]
    public async Task A_killed_edge_gives_back_what_it_held_within_its_lease_and_not_before()
    {
        RedisServer store = Track(await RedisServer.StartAsync());
        ControlSide control = Track(await ControlSide.OpenAsync(store.ConnectionString));
        Tenant tenant = await control.AddTenantAsync("acme", new RealmPolicy { AllocationsPerUser = Limit });
        EdgeFleet fleet = Track(new EdgeFleet());
        await fleet.StartAsync(store.ConnectionString, store.ConnectionString);
        await control.UntilSettledAsync();
        await Trial.UntilAsync(fleet.EndPoints, tenant.Issue("first"), granted: true);
        TurnClient[] clients = [.. Enumerable.Range(0, Limit).Select(_ => ClientOf(0))];
        Assert.All(await Task.WhenAll(clients.Select(client => client.AllocateAsync())), response => Assert.True(response.Succeeded));

        await fleet.Edges[0].Process.SignalAsync("KILL");
        using TurnClient other = ClientOf(1);
        Assert.Equal(StunErrorCode.AllocationQuotaReached, (await other.AllocateAsync()).Code);

        // The lease was renewed at most a third of it before the end; a second is for the other edge's own clockwork.
        await Deadline.UntilAsync("the killed edge's allocations are free again", EdgeFleet.Lease + TimeSpan.FromSeconds(1),
            async () => (await other.AllocateAsync()).Succeeded);
        TurnClient[] more = [.. Enumerable.Range(0, Limit).Select(_ => ClientOf(1))];
        TurnResponse[] responses = await Task.WhenAll(more.Select(client => client.AllocateAsync()));
        Assert.Equal(Limit - 1, responses.Count(response => response.Succeeded));
        Array.ForEach([.. clients, .. more], client => client.Dispose());

        TurnClient ClientOf(int edge) => new(fleet.EndPoints[edge]) { Credential = tenant.Issue("greedy") };
    }
}
