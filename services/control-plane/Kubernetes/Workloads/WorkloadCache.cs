using k8s.Models;
using Turnpike.ControlPlane.Kubernetes.Api;
using Turnpike.ControlPlane.Kubernetes.Informers;

namespace Turnpike.ControlPlane.Kubernetes.Workloads;

/// <summary>Copies of everything on the API server that has to do with the edges' Deployment.</summary>
internal sealed class WorkloadCache
{
    private readonly string _name;

    public WorkloadCache(KubernetesApi api, string name, TimeProvider time, ILogger logger)
    {
        _name = name;
        Deployments = new(
            api, new InformerScope(ResourceType.Deployments, api.Namespace), () => new Selection(Fields: $"metadata.name={name}"),
            DeploymentView.Of, OnChange, time, logger);
        Pods = new(api, new InformerScope(ResourceType.Pods, api.Namespace), PodSelection, PodView.Of, OnChange, time, logger);
        Nodes = new(api, new InformerScope(ResourceType.Nodes, null), () => new Selection(), NodeView.Of, OnChange, time, logger);
        Autoscalers = new(
            api, new InformerScope(ResourceType.HorizontalPodAutoscalers, api.Namespace), () => new Selection(), Rival.Of, OnChange, time, logger);
        ScaledObjects = new(
            api, new InformerScope(ResourceType.ScaledObjects, api.Namespace, IsOptional: true), () => new Selection(), Rival.Of, OnChange, time, logger);
    }

    /// <summary>Raised after each change.</summary>
    public event Action? Changed;

    public Informer<V1Deployment, DeploymentView> Deployments { get; }

    public Informer<V1Pod, PodView> Pods { get; }

    public Informer<V1Node, NodeView> Nodes { get; }

    public Informer<V2HorizontalPodAutoscaler, Rival> Autoscalers { get; }

    public Informer<ScaledObject, Rival> ScaledObjects { get; }

    public IReadOnlyList<IInformer> All => [Deployments, Pods, Nodes, Autoscalers, ScaledObjects];

    /// <summary>The Deployment; null: there is none.</summary>
    public DeploymentView? Deployment => Deployments.Items.FirstOrDefault();

    /// <summary>What must be known before anything is done; without pods where there is no Deployment that names them.</summary>
    public bool IsSynced => Needed.All(informer => informer.IsSynced) && (Nodes.IsSynced || IsBlind);

    /// <summary>Why what is known is old; null where it is not.</summary>
    public ApiException? Problem => Needed.Select(informer => informer.Problem).FirstOrDefault(problem => problem is not null)
        ?? (IsBlind ? null : Nodes.Problem);

    /// <summary>Whether nodes cannot be seen for want of a permission: the scaler does without.</summary>
    public bool IsBlind => Nodes.Problem?.Fault == ApiFault.Forbidden;

    /// <summary>Follows everything until it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellation) => Task.WhenAll(All.Select(informer => informer.RunAsync(cancellation)));

    /// <summary>Pods of the Deployment: those that its selector finds and one of its ReplicaSets made.</summary>
    public IEnumerable<PodView> OwnPods => Pods.Items.Where(pod => pod.Owner.StartsWith($"{_name}-", StringComparison.Ordinal));

    private IEnumerable<IInformer> Needed => Deployment is null ? [Deployments, Autoscalers, ScaledObjects] : [Deployments, Pods, Autoscalers, ScaledObjects];

    private Selection? PodSelection() => Deployment is { Selector.Length: > 0 } deployment ? new Selection(Labels: deployment.Selector) : null;

    private void OnChange()
    {
        Pods.Reselect();
        Changed?.Invoke();
    }
}
