using Turnpike.Cluster.Interop;
using Turnpike.Cluster.Interop.Fleet;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Interop.Fleet;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Stores;

namespace Turnpike.ControlPlane.Interop;

/// <summary>The processes that the tests start know each other.</summary>
public sealed class HarnessTests : ClusterTest
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task An_edge_of_the_fleet_takes_what_the_control_plane_issues()
    {
        RedisServer store = Track(await RedisServer.StartAsync());
        EdgeFleet fleet = Track(new EdgeFleet());
        await fleet.StartAsync(store.ConnectionString);
        ControlPlaneServer plane = Track(await ControlPlaneServer.StartAsync(store.ConnectionString));
        var credentials = new CredentialService.CredentialServiceClient(plane.Invoker());

        IssueCredentialResponse? issued = null;
        await Deadline.UntilAsync("a credential for the edge", Soon, async () =>
        {
            try
            {
                issued = await credentials.IssueCredentialAsync(new IssueCredentialRequest(), cancellationToken: TestContext.Current.CancellationToken);
                return true;
            }
            catch (Grpc.Core.RpcException e) when (e.StatusCode == Grpc.Core.StatusCode.Unavailable)
            {
                return false;
            }
        });

        IceServer turn = issued!.IceServers[^1];
        Assert.Equal($"turn:{fleet.EndPoints[0]}?transport=udp", turn.Urls[0]);
        await Deadline.UntilAsync("the edge grants an allocation", Soon, async () =>
        {
            using var client = new TurnClient(fleet.EndPoints[0]) { Credential = (turn.Username, turn.Credential) };
            return (await client.AllocateAsync()).Succeeded;
        });
    }
}
