using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json.Nodes;
using k8s;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Turnpike.ControlPlane.Kubernetes.Acting;
using Turnpike.ControlPlane.Kubernetes.Api;
using Turnpike.ControlPlane.Kubernetes.Election;
using Turnpike.ControlPlane.Kubernetes.Planning;
using Turnpike.ControlPlane.Kubernetes.Workloads;
using Turnpike.FakeKubernetes;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Tests.Kubernetes;

/// <summary>
/// A cluster: the API server over HTTP, its controllers, three nodes, a Deployment of edges, and as many scalers as the test starts. The clock is
/// the test's: it runs while the test waits for something.
/// </summary>
internal sealed class Scene : IAsyncDisposable
{
    public const string Namespace = "turn";
    public const string Workload = "edges";

    private static readonly ElectionTimes UsualTimes = new(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2));
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RealTick = TimeSpan.FromMilliseconds(4);

    private readonly Controllers _controllers;
    private readonly Kubelet _kubelet;
    private readonly List<SceneScaler> _scalers = [];

    private Scene(ApiServer server)
    {
        Server = server;
        Fleet = new SimulatedFleet(Time);
        _controllers = new Controllers(server.Storage);
        _kubelet = new Kubelet(server.Storage, Fleet);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public ApiServer Server { get; }

    public SimulatedFleet Fleet { get; }

    public Controllers Controllers => _controllers;

    public IReadOnlyList<SceneScaler> Scalers => _scalers;

    public RecordedLog Log { get; } = new();

    public Storage Storage => Server.Storage;

    public JsonObject Deployment => Storage.Get(Kind.Deployments, Namespace, Workload);

    public int Replicas => Deployment.Child("spec").Number("replicas");

    public IReadOnlyList<JsonObject> Pods => Storage.List(Kind.Pods, Namespace);

    /// <summary>Reasons of the Events, in order.</summary>
    public IReadOnlyList<string> Events => [.. Storage.List(Kind.Events, Namespace).OrderBy(each => long.Parse(each.Meta().Text("resourceVersion"), System.Globalization.CultureInfo.InvariantCulture)).Select(each => each.Text("reason"))];

    /// <summary>Texts of the Events.</summary>
    public string EventText => string.Join('\n', Storage.List(Kind.Events, Namespace).Select(each => $"{each.Text("reason")}: {each.Text("message")}"));

    /// <summary>A cluster with edges that serve.</summary>
    public static async Task<Scene> StartAsync(int replicas)
    {
        Scene scene = new(await ApiServer.StartAsync());
        foreach (string node in (string[])["node-a", "node-b", "node-c"])
        {
            scene.Storage.Create(Kind.Nodes, new JsonObject { ["metadata"] = new JsonObject { ["name"] = node }, ["spec"] = new JsonObject() });
        }
        scene.Deploy(replicas);
        await scene.UntilAsync("the edges serve", () => scene.Fleet.Edges.Count == replicas && scene.Deployment.Child("status").Number("readyReplicas") == replicas);
        return scene;
    }

    public void Deploy(int replicas) => Storage.Create(Kind.Deployments, new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = Workload, ["namespace"] = Namespace },
        ["spec"] = new JsonObject
        {
            ["replicas"] = replicas,
            ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = "edge" } },
            ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = "edge" } }, ["spec"] = new JsonObject() },
        },
    });

    /// <summary>Starts a scaler; its policy acts at once unless another one is given.</summary>
    public SceneScaler Scale(ScalingPolicy? policy = null, bool scales = true, TimeSpan? skew = null, ElectionTimes? times = null, TimeSpan? timeout = null)
    {
        SceneScaler scaler = new(this, policy ?? Policy(), scales, $"plane-{_scalers.Count}", skew ?? TimeSpan.Zero, times ?? UsualTimes, timeout ?? CallTimeout);
        _scalers.Add(scaler);
        return scaler;
    }

    /// <summary>Two to ten edges, half full, down after three seconds.</summary>
    public static ScalingPolicy Policy(int min = 2, int max = 10) => new()
    {
        MinReplicas = min,
        MaxReplicas = max,
        TargetUtilization = Figures.All(0.5),
        Buffer = new ScalingBuffer { Edges = 0, ProvisioningTime = TimeSpan.Zero },
        ScaleDown = new ScalingRules { StabilizationWindow = TimeSpan.FromSeconds(3) },
        MaxReportAge = TimeSpan.FromSeconds(60),
    };

    /// <summary>Changes an object as an operator does.</summary>
    public void Edit(Kind kind, string name, Action<JsonObject> edit) => Storage.Update(kind, kind.IsNamespaced ? Namespace : "", name, item =>
    {
        item.Meta().Remove("resourceVersion");
        edit(item);
    });

    public void SetReplicas(int replicas) => Edit(Kind.Deployments, Workload, item => item.Child("spec")["replicas"] = replicas);

    public void Cordon(string node, bool cordoned = true) => Edit(Kind.Nodes, node, item => item.Child("spec")["unschedulable"] = cordoned);

    /// <summary>Lets time pass until it is so.</summary>
    public async Task UntilAsync(string what, Func<bool> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(started) > Limit)
            {
                Assert.Fail($"{what}: not within {Limit.TotalSeconds} s.\n{Describe()}");
            }
            await StepAsync();
        }
    }

    /// <summary>Lets so much time pass, in larger steps where nothing of interest happens meanwhile.</summary>
    public async Task PassAsync(TimeSpan time, TimeSpan? tick = null)
    {
        DateTimeOffset end = Time.GetUtcNow() + time;
        while (Time.GetUtcNow() < end)
        {
            await StepAsync(tick);
        }
    }

    /// <summary>Everything that explains why something did not happen.</summary>
    public string Describe() => string.Join('\n',
    [
        $"replicas {Storage.Find(Kind.Deployments, Namespace, Workload)?.Child("spec").Number("replicas")}, calls {Fleet.Calls}, cut {Fleet.Cut}",
        .. Pods.Select(pod => $"{pod.Name()} {pod.Child("status").Text("phase")} {(pod.IsEnding() ? "ending " : "")}{pod.Meta()["annotations"]?.ToJsonString()}"),
        .. _scalers.Select(scaler => $"{scaler.Name}: leads {scaler.Elector.IsLeader}, {scaler.Status.Text}"),
        EventText,
        .. Log.Lines.Select(line => $"{line.Id} {line.Text}"),
    ]);

    public async ValueTask DisposeAsync()
    {
        foreach (SceneScaler scaler in _scalers)
        {
            await scaler.DisposeAsync();
        }
        await _kubelet.DisposeAsync();
        await _controllers.DisposeAsync();
        await Server.DisposeAsync();
    }

    // Time stands still while the server works: an answer is not late because the machine is busy.
    private async Task StepAsync(TimeSpan? tick = null)
    {
        await Task.Delay(RealTick, TestContext.Current.CancellationToken);
        if (Server.UnderWay == 0)
        {
            Time.Advance(tick ?? Tick);
            Fleet.EnforceDeadlines();
        }
    }
}

/// <summary>One control plane's scaler.</summary>
internal sealed class SceneScaler : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly KubernetesApi _api;
    private readonly EdgeScaler _scaler;

    public SceneScaler(Scene scene, ScalingPolicy policy, bool scales, string name, TimeSpan skew, ElectionTimes times, TimeSpan timeout)
    {
        Name = name;
        TimeProvider time = skew == TimeSpan.Zero ? scene.Time : new SkewedTime(scene.Time, skew);
        ILogger logger = scene.Log.CreateLogger(name);
        using MemoryStream config = new(Encoding.UTF8.GetBytes(scene.Server.KubeConfig(Scene.Namespace, name)));
        _api = new KubernetesApi(new k8s.Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(config)), Scene.Namespace)
        {
            Timeout = timeout,
        };
        Cache = new WorkloadCache(_api, Scene.Workload, time, logger);
        Observer observer = new(Cache, scene.Fleet, scene.Fleet, time);
        Elector = new LeaderElector(
            _api, "edges-scaler", name, times, time, logger);
        EventRecorder events = new(_api, name, time, logger);
        ScalerMetrics metrics = new(_services.GetRequiredService<IMeterFactory>(), _api, Cache, () => Elector, Status);
        Reconciler reconciler = new(
            Cache, observer, new SceneDecider(scene.Fleet, observer, policy, time), new Executor(_api, Cache, scene.Fleet), events, Status, metrics,
            current => new PlanRules(Scene.Workload, scales, current.MinReplicas, current.MaxReplicas, TimeSpan.FromMinutes(30)), logger);
        _scaler = new EdgeScaler(Cache, Elector, reconciler, events, Status, time, new Logger<EdgeScaler>(LoggerFactory.Create(builder => builder.AddProvider(scene.Log))));
        _scaler.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
    }

    public string Name { get; }

    public WorkloadCache Cache { get; }

    public LeaderElector Elector { get; }

    public ScalerStatus Status { get; } = new();

    /// <summary>Ends it in an orderly way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _scaler.StopAsync(CancellationToken.None);
        _scaler.Dispose();
        _api.Dispose();
        await _services.DisposeAsync();
    }
}

/// <summary>A wall clock that is wrong; it goes as fast as the right one.</summary>
internal sealed class SkewedTime(TimeProvider right, TimeSpan by) : TimeProvider
{
    public override long TimestampFrequency => right.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => right.GetUtcNow() + by;

    public override long GetTimestamp() => right.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        right.CreateTimer(callback, state, dueTime, period);
}
