using Grpc.Core;
using Turnpike.Cluster.Interop.Fleet;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Interop.Fleet;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;
using Turnpike.OtlpReceiver;
using Turnpike.Stores;

namespace Turnpike.ControlPlane.Interop.Kit;

/// <summary>A store, three edges and a control plane, started once for the classes of the collection, whose tests leave them as they found them.</summary>
public sealed class ThreeEdges : IAsyncLifetime
{
    public const string Collection = "three edges";
    private const int Count = 3;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private RedisServer? _store;
    private Collector? _collector;
    private ControlPlaneServer? _plane;

    internal EdgeFleet Fleet { get; } = new();

    internal ControlPlaneServer Plane => _plane!;

    internal RedisServer Store => _store!;

    /// <summary>Gets the traces of all of them.</summary>
    internal Collector Collector => _collector!;

    internal CredentialService.CredentialServiceClient Credentials => new(Plane.Invoker());

    internal FleetService.FleetServiceClient Edges => new(Plane.Invoker());

    public async ValueTask InitializeAsync()
    {
        _store = await RedisServer.StartAsync();
        _collector = await Collector.StartAsync();
        (string, string)[] telemetry = [("Telemetry__Endpoint", _collector.Endpoint), ("OTEL_BSP_SCHEDULE_DELAY", "100")];
        Task<ControlPlaneServer> starting = ControlPlaneServer.StartAsync(_store.ConnectionString, telemetry);
        await Fleet.StartAsync([.. Enumerable.Repeat((_store.ConnectionString, telemetry), Count)]);
        _plane = await starting;
        await WaitForEdgesAsync(Plane, Count);
    }

    public async ValueTask DisposeAsync()
    {
        if (_plane is not null)
        {
            await _plane.DisposeAsync();
        }
        await Fleet.DisposeAsync();
        if (_collector is not null)
        {
            await _collector.DisposeAsync();
        }
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }
    }

    /// <summary>A credential of the default realm; the control plane has read by then which edges there are.</summary>
    internal Task<IssueCredentialResponse> IssueAsync(string user, string tag = "") => IssueAsync(Credentials, user, tag);

    internal static async Task<IssueCredentialResponse> IssueAsync(CredentialService.CredentialServiceClient credentials, string user, string tag = "") =>
        await credentials.IssueCredentialAsync(new IssueCredentialRequest { User = user, Tag = tag }, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>A client with an allocation at an edge; edges learn of a new secret or user within a heartbeat.</summary>
    internal static async Task<TurnClient> AllocateAsync(EdgeServer edge, string username, string password)
    {
        TurnClient? client = null;
        await Deadline.UntilAsync($"the edge grants {username} an allocation", Soon, async () =>
        {
            client?.Dispose();
            client = new TurnClient(edge.EndPoint) { Credential = (username, password) };
            return (await client.AllocateAsync()).Succeeded;
        });
        return client!;
    }

    internal static Task<TurnClient> AllocateAsync(EdgeServer edge, IssueCredentialResponse issued) =>
        AllocateAsync(edge, issued.IceServers[^1].Username, issued.IceServers[^1].Credential);

    /// <summary>Until the control plane issues URLs of edges, and lists so many.</summary>
    internal static Task WaitForEdgesAsync(ControlPlaneServer plane, int count) => Deadline.UntilAsync($"{count} edges are ready", Soon, async () =>
    {
        try
        {
            await IssueAsync(new CredentialService.CredentialServiceClient(plane.Invoker()), "first");
            ListEdgesResponse edges = await new FleetService.FleetServiceClient(plane.Invoker()).ListEdgesAsync(
                new ListEdgesRequest(), cancellationToken: TestContext.Current.CancellationToken);
            return edges.Edges.Count(edge => edge.State == Edge.Types.State.Ready) == count;
        }
        catch (RpcException problem) when (problem.StatusCode == StatusCode.Unavailable)
        {
            return false;
        }
    });
}

/// <summary>One after the other: they share the edges.</summary>
[CollectionDefinition(ThreeEdges.Collection)]
public sealed class ThreeEdgesCollection : ICollectionFixture<ThreeEdges>;
