using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Turnpike.Cluster.Interop.Calls;
using Turnpike.Cluster.Interop.Fleet;
using Turnpike.FakeKubernetes;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Stores;

namespace Turnpike.Cluster.Interop.Scaling;

/// <summary>Everything but the cloud: an API server with its controllers, a store, edges in its pods, and two published control planes that scale them.</summary>
internal sealed class ScalingScene : IAsyncDisposable, ILogging
{
    public const string Namespace = "turn";
    public const string Workload = "edges";
    private const string Token = "token-of-the-drill";

    private const int PacketsPerSecond = 10;

    private static readonly TimeSpan StepDeadline = TimeSpan.FromSeconds(60);

    private readonly Stack<IAsyncDisposable> _started = new();
    private readonly List<ChildProcess> _planes = [];
    private readonly string _kubeConfig = Path.GetTempFileName();
    private ApiServer _server = null!;
    private RedisServer _store = null!;
    private EchoPeer _echo = null!;
    private ControlSide _control = null!;
    private Tenant _tenant = null!;
    private Kubelet? _kubelet;

    public EdgePods Pods { get; private set; } = null!;

    public IReadOnlyList<ChildProcess> Planes => _planes;

    public string Log => $"""
        Events:
        {string.Join('\n', _server.Storage.List(Kind.Events).Select(each => $"{each.Text("reason")}: {each.Text("message")}"))}
        Pods that failed:
        {string.Join('\n', _kubelet?.Failures ?? [])}
        {string.Join('\n', _planes.Select(plane => $"The log of a control plane:\n{plane.Output}"))}
        {Pods.Log}
        """;

    public int Replicas => Deployment.Child("spec").Number("replicas");

    private JsonObject Deployment => _server.Storage.Get(Kind.Deployments, Namespace, Workload);

    /// <summary>Starts it all; returns once the edges are members and one of the control planes leads.</summary>
    public async Task StartAsync(int replicas, int callsPerEdge)
    {
        _server = Track(await ApiServer.StartAsync());
        _store = Track(await RedisServer.StartAsync());
        _echo = Track(await EchoPeer.StartAsync(Loopback.NextAddress()));
        _control = Track(await ControlSide.OpenAsync(_store.ConnectionString));
        _tenant = await _control.AddTenantAsync("acme");
        Pods = Track(new EdgePods(_store.ConnectionString, 2 * callsPerEdge));
        foreach (string node in (string[])["node-a", "node-b", "node-c"])
        {
            _server.Storage.Create(Kind.Nodes, new JsonObject { ["metadata"] = new JsonObject { ["name"] = node }, ["spec"] = new JsonObject() });
        }
        _server.Storage.Create(Kind.Deployments, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = Workload, ["namespace"] = Namespace },
            ["spec"] = new JsonObject
            {
                ["replicas"] = replicas,
                ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = "edge" } },
                ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = "edge" } }, ["spec"] = new JsonObject() },
            },
        });
        Track(new Controllers(_server.Storage));
        _kubelet = Track(new Kubelet(_server.Storage, Pods));
        await UntilAsync($"{replicas} edges serve", async () => (await ServingAsync()).Count == replicas);
        await _control.UntilSettledAsync();
    }

    /// <summary>Starts two control planes, the built-in scaler between two bounds; returns once one leads.</summary>
    public async Task ScaleAsync(int min, int max)
    {
        await File.WriteAllTextAsync(_kubeConfig, _server.KubeConfig(Namespace));
        for (int i = 0; i < 2; i++)
        {
            _planes.Add(Track(Launch(min, max)));
        }
        await UntilAsync("one leads", () => Task.FromResult(_planes.Any(plane => plane.Output.Contains(" leads: ", StringComparison.Ordinal))));
    }

    /// <summary>Edges that take new calls, the emptiest first.</summary>
    public async Task<IReadOnlyList<EdgeRecord>> ServingAsync() =>
        [.. (await _control.Members.ListAsync()).Where(edge => edge.State == "ready" && Pods.Has(edge.Name)).OrderBy(edge => edge.Load.Allocations).ThenBy(edge => edge.Id, StringComparer.Ordinal)];

    /// <summary>Begins calls over the edges of these pods, shared out evenly; returns once all of them talk.</summary>
    public async Task<RelayedCalls> CallAsync(IReadOnlyList<string> pods, int calls)
    {
        IPEndPoint[] edges = [.. pods.Select(pod => Pods[pod].EndPoint)];
        // A new edge may not know the tenant yet.
        await Trial.UntilAsync(edges, _tenant.Issue("first"), granted: true);
        return Track(await RelayedCalls.StartAsync(
            edges, call => _tenant.IssueForCall($"caller-{call}"), new CallSettings { Calls = calls, PacketsPerSecond = PacketsPerSecond }));
    }

    /// <summary>Begins a call of Debian's client over the edge of a pod, which knows the tenant already.</summary>
    public UclientCall CallByUclient(string pod) => Track(UclientCall.Start(_tenant, $"uclient-{pod}", Pods[pod].EndPoint, _echo.EndPoint));

    /// <summary>Kills the control plane that leads, as a node's failure does.</summary>
    public async Task<ChildProcess> KillLeaderAsync()
    {
        string holder = _server.Storage.Get(Kind.Leases, Namespace, $"{Workload}-scaler").Child("spec").Text("holderIdentity");
        ChildProcess leader = _planes.Single(plane => plane.Output.Contains($"{holder} leads: ", StringComparison.Ordinal));
        await leader.SignalAsync("KILL");
        return leader;
    }

    /// <summary>Changes the pods' template: every pod is replaced.</summary>
    public void Upgrade() => _server.Storage.Update(Kind.Deployments, Namespace, Workload, item =>
    {
        item.Meta().Remove("resourceVersion");
        item.Child("spec").Child("template").Meta().Child("labels")["version"] = "2";
    });

    public IReadOnlyList<string> PodNames => [.. _server.Storage.List(Kind.Pods).Select(pod => pod.Name())];

    /// <summary>Reasons of the Events on the Deployment.</summary>
    public IReadOnlyList<string> Events => [.. _server.Storage.List(Kind.Events).Select(each => each.Text("reason"))];

    public static Task UntilAsync(string what, Func<Task<bool>> condition) => Deadline.UntilAsync(what, StepDeadline, condition);

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable each in _started)
        {
            await each.DisposeAsync();
        }
        File.Delete(_kubeConfig);
    }

    private ChildProcess Launch(int min, int max)
    {
        Assert.True(File.Exists(Repository.PublishedControlPlane), $"{Repository.PublishedControlPlane} is missing: run `make publish` first");
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Token)));
        return ChildProcess.Start(Repository.PublishedControlPlane, [], new Dictionary<string, string?>
        {
            ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../..")),
            ["KUBECONFIG"] = _kubeConfig,
            ["Cluster__Redis"] = _store.ConnectionString,
            ["Cluster__Timeout"] = Text(EdgePods.StoreTimeout),
            ["ControlPlane__Grpc"] = "http://127.0.0.1:0",
            ["ControlPlane__Http"] = "http://127.0.0.1:0",
            ["ControlPlane__Tokens__0"] = $"admin:operator:{hash}",
            ["ControlPlane__Kubernetes__Enabled"] = "true",
            ["ControlPlane__Kubernetes__Workload"] = Workload,
            ["ControlPlane__Kubernetes__LeaseDuration"] = "4",
            ["ControlPlane__Kubernetes__RenewDeadline"] = "3",
            ["ControlPlane__Kubernetes__RetryPeriod"] = "1",
            ["ControlPlane__Scaling__MinReplicas"] = Text(min),
            ["ControlPlane__Scaling__MaxReplicas"] = Text(max),
            ["ControlPlane__Scaling__TargetUtilization"] = "50",
            // The tests' machine is busy with many things; calls are what is counted here.
            ["ControlPlane__Scaling__Targets__0"] = "shard-busy:100",
            ["ControlPlane__Scaling__Buffer__Edges"] = "0",
            ["ControlPlane__Scaling__Buffer__ProvisioningTime"] = "0",
            ["ControlPlane__Scaling__ScaleDown__Tolerance"] = "0",
            ["ControlPlane__Scaling__ScaleDown__StabilizationWindowSeconds"] = "2",
        });
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private T Track<T>(T started)
        where T : IAsyncDisposable
    {
        _started.Push(started);
        return started;
    }
}
