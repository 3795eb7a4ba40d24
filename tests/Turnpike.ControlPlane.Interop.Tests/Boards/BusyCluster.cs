using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Interop.Kit;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.ControlPlane.Interop.Boards;

/// <summary>The three edges and their control plane with something of everything to see, scraped by Prometheus, and put back in order in the end.</summary>
public sealed class BusyCluster(ThreeEdges three) : IAsyncLifetime
{
    private const string Tenant = "boards";
    private const ushort Channel = 0x4000;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly List<TurnClient> _clients = [];
    private readonly CancellationTokenSource _over = new();
    private readonly Socket _peer = Loopback.BoundSocket(IPAddress.Loopback);
    private Task _traffic = Task.CompletedTask;
    private AsyncServerStreamingCall<WatchEdgesResponse>? _stream;
    private string? _drained;

    internal PrometheusServer Prometheus { get; private set; } = null!;

    private RealmService.RealmServiceClient Realms => new(three.Plane.Invoker());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Prometheus = await PrometheusServer.StartAsync(
            ("edge", three.Fleet.Edges.Select(edge => edge.Management)), ("control-plane", [three.Plane.Http]));
        // Rates count from the first scrape.
        await Deadline.UntilAsync("everything is scraped", Soon, async () => (await Prometheus.QueryAsync("max_over_time(up[1m]) == 1")).Count == three.Fleet.Edges.Count + 1);

        _stream = three.Edges.WatchEdges(new WatchEdgesRequest(), cancellationToken: Cancellation);
        var realm = new Contracts.V1.Realm { Policy = new RealmPolicy { AllocationsPerRealm = 10 } };
        await Realms.CreateRealmAsync(new CreateRealmRequest { RealmId = Tenant, Realm = realm }, cancellationToken: Cancellation);
        IssueCredentialResponse issued = await three.Credentials.IssueCredentialAsync(
            new IssueCredentialRequest { Realm = Tenant, User = "one" }, cancellationToken: Cancellation);
        foreach (var edge in three.Fleet.Edges)
        {
            _clients.Add(await ThreeEdges.AllocateAsync(edge, issued));
        }
        await EndOneAsync(issued);
        await RefuseAsync(issued);
        await DrainAsync();
        _traffic = RelayAsync();
        await Deadline.UntilAsync("what happens is scraped a few times", Soon, async () =>
            (await Prometheus.QueryAsync("sum(rate(turnpike_edge_session_bytes_count[1m])) > 0 and sum(rate(turnpike_edge_relayed_bytes_total[10s])) > 0")).Count > 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _traffic;
        _stream?.Dispose();
        foreach (TurnClient client in _clients)
        {
            await client.RefreshAsync(0);
            client.Dispose();
        }
        if (_drained is not null)
        {
            await three.Edges.UndrainEdgeAsync(new UndrainEdgeRequest { Name = _drained }, cancellationToken: Cancellation);
            await Realms.DeleteRealmAsync(new DeleteRealmRequest { Name = $"realms/{Tenant}" }, cancellationToken: Cancellation);
            await ThreeEdges.WaitForEdgesAsync(three.Plane, three.Fleet.Edges.Count);
        }
        _peer.Dispose();
        _over.Dispose();
        if (Prometheus is not null)
        {
            await Prometheus.DisposeAsync();
        }
    }

    // What is told of sessions is told when they end.
    private async Task EndOneAsync(IssueCredentialResponse issued)
    {
        using TurnClient client = await ThreeEdges.AllocateAsync(three.Fleet.Edges[0], issued);
        await client.RefreshAsync(0);
    }

    private async Task RefuseAsync(IssueCredentialResponse issued)
    {
        using TurnClient stranger = new(three.Fleet.Edges[0].EndPoint) { Credential = (issued.IceServers[^1].Username, "wrong") };
        Assert.Equal(StunErrorCode.Unauthorized, (await stranger.AllocateAsync()).Code);
        Assert.Equal(StunErrorCode.Forbidden, (await _clients[0].CreatePermissionAsync(TransportAddress.From(IPAddress.Parse("10.0.0.1"), 9))).Code);
    }

    private async Task DrainAsync()
    {
        ListEdgesResponse edges = await three.Edges.ListEdgesAsync(new ListEdgesRequest(), cancellationToken: Cancellation);
        _drained = edges.Edges.Single(edge => edge.Urls.Any(url => url.Contains($"{three.Fleet.Edges[2].EndPoint}", StringComparison.Ordinal))).Name;
        await three.Edges.DrainEdgeAsync(
            new DrainEdgeRequest { Name = _drained, Deadline = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromHours(1)) }, cancellationToken: Cancellation);
    }

    // Both directions of every client, some of it as indications, until the cluster is put back.
    private async Task RelayAsync()
    {
        TransportAddress peer = TransportAddress.From((IPEndPoint)_peer.LocalEndPoint!);
        foreach (TurnClient client in _clients)
        {
            Assert.True((await client.ChannelBindAsync(Channel, peer)).Succeeded);
        }
        byte[] payload = new byte[160];
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!_over.IsCancellationRequested)
        {
            foreach (TurnClient client in _clients)
            {
                client.SendChannelData(Channel, payload);
                client.SendRaw(client.Build(StunClass.Indication, StunMethod.Send, (ref StunMessageWriter writer) =>
                {
                    XorPeerAddress.Write(ref writer, peer);
                    writer.Append(StunAttributeType.Data, payload);
                }));
            }
            while (_peer.Available > 0)
            {
                EndPoint from = new IPEndPoint(IPAddress.Any, 0);
                int length = _peer.ReceiveFrom(payload, ref from);
                _peer.SendTo(payload.AsSpan(0, length), from);
            }
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
