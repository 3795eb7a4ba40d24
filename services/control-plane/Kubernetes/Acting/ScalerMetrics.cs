using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Turnpike.ControlPlane.Kubernetes.Api;
using Turnpike.ControlPlane.Kubernetes.Election;
using Turnpike.ControlPlane.Kubernetes.Informers;
using Turnpike.ControlPlane.Kubernetes.Workloads;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Kubernetes.Acting;

/// <summary>What the scaler does, as instruments.</summary>
internal sealed class ScalerMetrics
{
    private static readonly string[] Troubles = ["api", "denied", "forbidden", "lease", "no-deployment", "no-edges", "rival", "store"];

    private readonly ConcurrentDictionary<string, long> _steps = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ScalingAction, long> _decisions = [];

    public ScalerMetrics(IMeterFactory meters, KubernetesApi api, WorkloadCache cache, Func<LeaderElector> elector, ScalerStatus status)
    {
        Meter meter = meters.Create("Turnpike.ControlPlane");
        Gauge("scaler.leader", "1 on the replica that scales the edges", () => [new(elector().IsLeader ? 1 : 0)]);
        Counter("scaler.terms", "Times that this replica began to scale the edges", () => [new(elector().Terms)]);
        Gauge("scaler.trouble", "1 for the kind of trouble that keeps the edges from being scaled", () => Troubles.Select(
            trouble => new Measurement<long>(status.Trouble == trouble ? 1 : 0, Tag("kind", trouble))));
        Counter("scaler.decisions", "Decisions that were another one than before, by action", () => _decisions.Select(
            each => new Measurement<long>(each.Value, Tag("action", each.Key.ToString()))));
        Counter("scaler.steps", "Steps that the scaler took, by kind", () => _steps.Select(each => new Measurement<long>(each.Value, Tag("step", each.Key))));
        Counter("kubernetes.calls", "Calls to the Kubernetes API server, by verb, resource and outcome", () => api.Calls.Select(
            each => new Measurement<long>(each.Value, Tag("verb", each.Key.Verb), Tag("resource", each.Key.Resource), Tag("outcome", each.Key.Outcome))));
        Gauge("kubernetes.synced", "1 while objects of the API server are followed", () => Each(
            informer => informer.IsSynced && informer.Problem is null ? 1 : 0));
        Counter("kubernetes.lists", "Times that objects of the API server were listed", () => Each(informer => informer.Lists));
        Counter("kubernetes.watches", "Times that a watch of objects of the API server was begun", () => Each(informer => informer.Watches));

        IEnumerable<Measurement<long>> Each(Func<IInformer, long> measure) =>
            cache.All.Select(informer => new Measurement<long>(measure(informer), Tag("resource", informer.Type.ToString())));

        void Gauge(string name, string description, Func<IEnumerable<Measurement<long>>> measure) =>
            meter.CreateObservableGauge($"turnpike.control_plane.{name}", measure, description: description);

        void Counter(string name, string description, Func<IEnumerable<Measurement<long>>> measure) =>
            meter.CreateObservableCounter($"turnpike.control_plane.{name}", measure, description: description);
    }

    public void OnStep(string step) => _steps.AddOrUpdate(step, 1, static (_, count) => count + 1);

    public void OnDecision(ScalingAction action) => _decisions.AddOrUpdate(action, 1, static (_, count) => count + 1);

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
