using Turnpike.Cluster;
using Turnpike.ControlPlane.Kubernetes.Planning;
using Turnpike.ControlPlane.Kubernetes.Workloads;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Tests.Kubernetes.Planning;

/// <summary>
/// A world for the planner, without I/O: pods as the controllers make and delete them, edges with calls, orders, and a scaler that may be cut off
/// between any two writes. It checks at the moment of each step that the step is right.
/// </summary>
internal sealed class PlanModel
{
    private static readonly ScalingPolicy Policy = Scene.Policy(min: 1, max: 8) with { ScaleDown = new ScalingRules() };
    private static readonly PlanRules Rules = new(Scene.Workload, true, Policy.MinReplicas, Policy.MaxReplicas, TimeSpan.FromMinutes(30));

    private readonly List<ModelPod> _pods = [];
    private readonly HashSet<string> _orders = [];
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private ScalingMemory _memory = ScalingMemory.Empty;
    private Removal? _removing;
    private int _made;

    public PlanModel(int replicas)
    {
        Replicas = replicas;
        Settle();
    }

    public int Replicas { get; set; }

    public IReadOnlyList<ModelPod> Pods => _pods;

    public int Calls => _pods.Sum(pod => pod.Calls);

    public bool IsQuiet => _removing is null && _pods.All(pod => pod.View.Drain is null && !IsDraining(pod));

    /// <summary>The controllers and kubelets do what they have to do.</summary>
    public void Settle()
    {
        while (_pods.Count < Replicas)
        {
            _made++;
            _pods.Add(new ModelPod(new PodView { Name = $"edges-1-{_made}", Uid = $"uid-{_made}", Node = $"node-{_made % 3}", Owner = "edges-1", Phase = PodPhase.Running }));
        }
        foreach (ModelPod pod in Line().Take(_pods.Count - Replicas).ToArray())
        {
            _pods.Remove(pod);
        }
        foreach (ModelPod pod in _pods)
        {
            pod.IsMember = true;
        }
    }

    public void Begin(int calls)
    {
        for (int i = 0; i < calls; i++)
        {
            if (_pods.Where(pod => pod.IsMember && !IsDraining(pod)).MinBy(pod => pod.Calls) is { } emptiest)
            {
                emptiest.Calls++;
            }
        }
    }

    /// <summary>A pod is deleted by somebody else, or its node fails.</summary>
    public void Lose(int which)
    {
        if (_pods.Count > 0)
        {
            _pods.RemoveAt(which % _pods.Count);
        }
    }

    public void Pass(TimeSpan time) => _now += time;

    /// <summary>One turn of the scaler; it is cut off after so many writes.</summary>
    public Step Turn(int writes = int.MaxValue)
    {
        Observation seen = See();
        (ScalingDecision decision, ScalingMemory memory) = ScalingFunction.Decide(
            SceneDecider.Snapshot(Records(), Observer.WorkloadOf(seen, seen.Deployment!, [.. Records()]), true, _now), Policy, _memory, _now);
        _memory = memory;
        Step step = Planner.Next(seen, decision, Rules);
        Check(step);
        foreach (Action write in Writes(step).Take(writes))
        {
            write();
        }
        return step;
    }

    // A step down is right only if the next pod in line is the one that was chosen, and carries nothing.
    private void Check(Step step)
    {
        switch (step)
        {
            case Scale { To: var to, From: var from } when to < from:
                Assert.Equal(from - 1, to);
                if (_removing is null)
                {
                    Assert.True(_pods.Count < from);
                    break;
                }
                Assert.Equal(from, _pods.Count);
                ModelPod next = Line().First();
                Assert.Equal(0, next.Calls);
                Assert.True(next.View.Uid == _removing?.Uid || !next.IsMember, $"{next.View.Name} would go");
                Assert.True(IsDraining(next) || !next.IsMember);
                Assert.True(to >= Policy.MinReplicas);
                break;
            case Scale scale:
                Assert.True(scale.To <= Policy.MaxReplicas);
                Assert.Null(_removing);
                break;
            case BeginRemoval:
                Assert.Null(_removing);
                break;
        }
    }

    private IEnumerable<Action> Writes(Step step)
    {
        switch (step)
        {
            case MarkPod mark:
                yield return () => Edit(mark.Pod, view => view with
                {
                    Busy = mark.Busy ?? view.Busy,
                    SafeToEvict = mark.Annotations.GetValueOrDefault(Marks.SafeToEvict, view.SafeToEvict),
                    DeletionCost = int.Parse(mark.Annotations[Marks.DeletionCost]!, System.Globalization.CultureInfo.InvariantCulture),
                });
                break;
            case BeginDrain begin:
                yield return () => Edit(begin.Pod, view => view with { Drain = begin.Mark });
                break;
            case OrderDrain order:
                yield return () => _orders.Add(order.EdgeId);
                break;
            case TakeBack back:
                yield return () => _orders.Remove(back.Pod.Edge?.Id ?? "");
                yield return () => Edit(back.Pod, view => view with { Drain = null, DeletionCost = 0 });
                break;
            case BeginRemoval begin:
                yield return () => _removing = begin.Removal;
                break;
            case EndRemoval:
                yield return () => _removing = null;
                break;
            case Scale scale:
                yield return () => Replicas = scale.To;
                break;
        }
    }

    private void Edit(EdgePod pod, Func<PodView, PodView> edit)
    {
        if (_pods.Find(other => other.View.Uid == pod.Pod.Uid) is { } found)
        {
            found.View = edit(found.View);
        }
    }

    // In the order in which a ReplicaSet deletes.
    private IEnumerable<ModelPod> Line() => _pods.OrderBy(pod => IsReady(pod)).ThenBy(pod => pod.View.DeletionCost).ThenByDescending(pod => pod.View.Uid);

    private bool IsDraining(ModelPod pod) => _orders.Contains(pod.Id);

    private bool IsReady(ModelPod pod) => pod.IsMember && !pod.IsBroken && !(IsDraining(pod) && pod.Calls == 0);

    private IEnumerable<EdgeRecord> Records() => _pods.Where(pod => pod.IsMember).Select(pod => Make.Edge(pod.View.Name) with
    {
        Id = pod.Id,
        State = IsDraining(pod) ? "draining" : "ready",
        Capacity = new EdgeCapacity { Allocations = SimulatedEdge.Capacity },
        Load = new EdgeLoad { Allocations = pod.Calls },
    });

    private Observation See() => new()
    {
        Now = _now,
        Deployment = new DeploymentView { Name = Scene.Workload, Replicas = Replicas, Removing = _removing },
        Pods =
        [
            .. _pods.Select(pod => new EdgePod(pod.View with { IsReady = IsReady(pod) })
            {
                Edge = pod.IsMember ? new EdgeView(pod.Id, IsDraining(pod), !IsDraining(pod), pod.Calls, IsDraining(pod)) : null,
                LeavingNode = pod.IsCordoned ? new NodeView(pod.View.Node, "is cordoned", false) : null,
                IsQuiet = pod.Calls == 0,
            }),
        ],
    };
}

/// <summary>A pod and its edge.</summary>
internal sealed class ModelPod(PodView view)
{
    private int _incarnation = 1;

    public PodView View { get; set; } = view;

    public string Id => $"{View.Name}-{_incarnation}";

    public bool IsMember { get; set; }

    public bool IsBroken { get; set; }

    public bool IsCordoned { get; set; }

    public int Calls { get; set; }

    /// <summary>The process begins anew, without its calls and its orders.</summary>
    public void Restart() => (_incarnation, Calls) = (_incarnation + 1, 0);
}
