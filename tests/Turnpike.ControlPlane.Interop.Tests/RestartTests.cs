using System.Globalization;
using System.Net;
using Grpc.Core;
using Turnpike.Cluster.Interop;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Interop.Fleet;
using Turnpike.ControlPlane.Interop.Kit;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.ControlPlane.Interop;

/// <summary>A second control plane beside the first that is killed and started again, while real edges write events and somebody follows them.</summary>
[Collection(ThreeEdges.Collection)]
public sealed class RestartTests(ThreeEdges three) : ClusterTest
{
    private const string Prefix = "restart-";
    private const int Allocations = 30;
    private const int KilledAfter = 10;
    private const int StartedAfter = 20;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_stream_that_comes_back_with_its_token_has_lost_and_doubled_nothing()
    {
        string store = three.Store.ConnectionString;
        IPAddress address = Loopback.NextAddress();
        IPEndPoint grpc = new(address, Loopback.FreeTcpPort(address));
        IPEndPoint http = new(address, Loopback.FreeTcpPort(address));
        ControlPlaneServer plane = Track(await ControlPlaneServer.StartAsync(store, grpc, http));
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
            clients.Add(await ThreeEdges.AllocateAsync(three.Fleet.Edges[i % 3], issued[i]));
            if (i == KilledAfter)
            {
                await plane.Process.SignalAsync("KILL");
                await plane.Process.WaitForExitAsync(Soon);
            }
            if (i == StartedAfter)
            {
                Track(await ControlPlaneServer.StartAsync(store, grpc, http));
            }
        }

        await Deadline.UntilAsync("every event", Soon, () => Task.FromResult(Count(seen) >= Allocations));
        await enough.CancelAsync();
        await following;
        await Task.WhenAll(clients.Select(client => client.RefreshAsync(0)));
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
                    if (call.ResponseStream.Current.Event is { } entry && entry.User.StartsWith(Prefix, StringComparison.Ordinal))
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

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number:D2}");
}
