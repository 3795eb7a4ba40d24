using System.Globalization;
using System.Net;
using Grpc.Core;
using Turnpike.Cluster.Interop;
using Turnpike.Cluster.Interop.Fleet;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Interop.Fleet;
using Turnpike.ControlPlane.Interop.Kit;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;
using Turnpike.Stores;

namespace Turnpike.ControlPlane.Interop;

/// <summary>A control plane that is killed and started again, while real edges write events and somebody follows them.</summary>
public sealed class RestartTests : ClusterTest
{
    private const int Allocations = 30;
    private const int KilledAfter = 10;
    private const int StartedAfter = 20;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_stream_that_comes_back_with_its_token_has_lost_and_doubled_nothing()
    {
        RedisServer store = Track(await RedisServer.StartAsync());
        EdgeFleet fleet = Track(new EdgeFleet());
        await fleet.StartAsync(store.ConnectionString, store.ConnectionString, store.ConnectionString);
        IPAddress address = Loopback.NextAddress();
        IPEndPoint grpc = new(address, Loopback.FreeTcpPort(address));
        IPEndPoint http = new(address, Loopback.FreeTcpPort(address));
        ControlPlaneServer plane = Track(await ControlPlaneServer.StartAsync(store.ConnectionString, grpc, http));
        await ThreeEdges.WaitForEdgesAsync(plane, 3);
        var credentials = new CredentialService.CredentialServiceClient(plane.Invoker());
        List<IssueCredentialResponse> issued = [];
        for (int i = 0; i < Allocations; i++)
        {
            issued.Add(await ThreeEdges.IssueAsync(credentials, Name(i)));
        }

        List<string> seen = [];
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task following = FollowAsync(plane, seen, begun, enough.Token);
        await begun.Task.WaitAsync(Soon, TestContext.Current.CancellationToken);

        List<TurnClient> clients = [];
        for (int i = 0; i < Allocations; i++)
        {
            clients.Add(await ThreeEdges.AllocateAsync(fleet.Edges[i % 3], issued[i]));
            if (i == KilledAfter)
            {
                await plane.Process.SignalAsync("KILL");
                await plane.Process.WaitForExitAsync(Soon);
            }
            if (i == StartedAfter)
            {
                Track(await ControlPlaneServer.StartAsync(store.ConnectionString, grpc, http));
            }
        }

        await Deadline.UntilAsync("every event", Soon, () => Task.FromResult(Count(seen) >= Allocations));
        await enough.CancelAsync();
        await following;
        clients.ForEach(client => client.Dispose());
        Assert.Equal(Enumerable.Range(0, Allocations).Select(Name).Order(), seen.Order());
    }

    // What a caller does: comes back with the last token, at once at first and then a little later.
    private static async Task FollowAsync(ControlPlaneServer plane, List<string> seen, TaskCompletionSource begun, CancellationToken enough)
    {
        string token = "";
        var client = new UsageService.UsageServiceClient(plane.Invoker());
        while (!enough.IsCancellationRequested)
        {
            try
            {
                using AsyncServerStreamingCall<StreamEventsResponse> call = client.StreamEvents(
                    new StreamEventsRequest { Parent = $"realms/{ServerSettings.Realm}", ResumeToken = token, Kinds = { Event.Types.Kind.AllocationStarted } },
                    cancellationToken: enough);
                while (await call.ResponseStream.MoveNext(enough))
                {
                    token = call.ResponseStream.Current.ResumeToken;
                    begun.TrySetResult();
                    if (call.ResponseStream.Current.Event is { } entry)
                    {
                        lock (seen)
                        {
                            seen.Add(entry.User);
                        }
                    }
                }
            }
            catch (Exception problem) when (problem is RpcException or OperationCanceledException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
            }
        }
    }

    private static int Count(List<string> seen)
    {
        lock (seen)
        {
            return seen.Count;
        }
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"user-{number:D2}");
}
