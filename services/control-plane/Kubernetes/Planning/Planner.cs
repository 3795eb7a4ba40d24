using Turnpike.ControlPlane.Kubernetes.Workloads;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Kubernetes.Planning;

/// <summary>
/// What to do next, from what is seen and what was decided. Pure. It never relies on what it did before: marks, orders and the Deployment tell,
/// so that another process goes on where this one ended. The order of the rules is the order of urgency: what is under way ends first, capacity
/// comes before savings, and nothing is removed that carries a call.
/// </summary>
internal static class Planner
{
    /// <summary>The next step.</summary>
    /// <param name="seen">What is there.</param>
    /// <param name="decision">What was decided from it; null: nothing could be.</param>
    /// <param name="rules">What the plan is bound by.</param>
    public static Step Next(Observation seen, ScalingDecision? decision, PlanRules rules)
    {
        if (seen.Deployment is not { } deployment)
        {
            return new Wait($"there is no Deployment {rules.Workload}: it is waited for", "no-deployment");
        }
        if (deployment.IsTerminating)
        {
            return new Wait($"the Deployment {rules.Workload} is being deleted", "no-deployment");
        }
        Step? next = RemovalUnderWay.Next(seen, deployment, decision, rules);
        if (next is not null and not Wait)
        {
            return next;
        }
        return TakeBacks(seen, decision, rules)
            ?? NodeMarks(seen, rules)
            ?? Orders(seen, deployment, decision, rules)
            ?? (next is null ? Changes(seen, deployment, decision, rules) : null)
            ?? Upkeep.Next(seen)
            ?? next
            ?? Resting(seen, decision, rules);
    }

    /// <summary>Whether the scaler may change anything for the sake of the number of edges.</summary>
    internal static bool MayScale(Observation seen, ScalingDecision? decision, PlanRules rules) =>
        rules.Scales && seen.Rivals.Count == 0 && decision is { DryRun: false };

    /// <summary>Whether the pod can go and no call with it.</summary>
    internal static bool IsEmpty(EdgePod pod, Observation seen, PlanRules rules)
    {
        if (pod.Edge is { } edge)
        {
            return edge.IsEmptied;
        }
        // Nobody speaks for it: it is empty where it does not run, or where all that it had has ended long ago.
        return pod.Pod.Phase == PodPhase.Pending
            || (pod.Pod.Drain is { } mark && seen.EdgesAreFresh && seen.Now > mark.Until + rules.SilentGrace);
    }

    // Capacity first: what drains and is needed again, or has no reason to drain any more.
    private static TakeBack? TakeBacks(Observation seen, ScalingDecision? decision, PlanRules rules)
    {
        foreach (EdgePod pod in seen.Active.Where(pod => pod.Pod.Drain is not null))
        {
            bool forNode = pod.Pod.Drain!.Cause == DrainCause.Node;
            if (forNode && pod.LeavingNode is null)
            {
                return new TakeBack(pod, $"{pod.Pod.Name} serves again: its node stays");
            }
            if (!forNode && !rules.Scales)
            {
                return new TakeBack(pod, $"{pod.Pod.Name} serves again: the built-in scaler is off");
            }
            if (!forNode && decision?.DryRun == true)
            {
                return new TakeBack(pod, $"{pod.Pod.Name} serves again: dry run");
            }
            if (!forNode && seen.Rivals.Count > 0)
            {
                return new TakeBack(pod, $"{pod.Pod.Name} serves again: {seen.Rivals[0]} scales, not we");
            }
        }
        if (!MayScale(seen, decision, rules))
        {
            return null;
        }
        return decision!.Undrain
            .Select(id => seen.Active.FirstOrDefault(pod => pod.Edge?.Id == id && pod.Pod.Drain?.Cause == DrainCause.ScaleIn))
            .OfType<EdgePod>()
            .Select(pod => new TakeBack(pod, $"{pod.Pod.Name} serves again: {Words(decision)}"))
            .FirstOrDefault();
    }

    private static BeginDrain? NodeMarks(Observation seen, PlanRules rules) => seen.Active
        .Where(pod => pod is { LeavingNode: not null, Edge: not null, Pod.Drain: null })
        .Select(pod => new BeginDrain(
            pod,
            new DrainMark(DrainCause.Node, seen.Now + rules.DrainDeadline),
            $"{pod.Pod.Name} is to drain: its node {pod.LeavingNode!.Name} {pod.LeavingNode.Leaves}"))
        .FirstOrDefault();

    private static OrderDrain? Orders(Observation seen, DeploymentView deployment, ScalingDecision? decision, PlanRules rules)
    {
        foreach (EdgePod pod in seen.Active.Where(pod => pod is { Pod.Drain: not null, Edge.IsOrdered: false }))
        {
            DrainMark mark = pod.Pod.Drain!;
            if (mark.Cause == DrainCause.ScaleIn || !WaitsForReplacement(pod, mark, seen, deployment, decision, rules))
            {
                return new OrderDrain(pod, pod.Edge!.Id, mark.Until, $"{pod.Pod.Name} drains ({mark.CauseText}): {pod.Edge.Allocations} allocations");
            }
        }
        return null;
    }

    // A replacement first, where there is somebody to start one, room for it, and time.
    private static bool WaitsForReplacement(
        EdgePod pod, DrainMark mark, Observation seen, DeploymentView deployment, ScalingDecision? decision, PlanRules rules)
    {
        if (!MayScale(seen, decision, rules) || pod.LeavingNode?.IsUrgent == true || seen.Now > mark.Until - rules.DrainDeadline + rules.ReplacementLimit)
        {
            return false;
        }
        int serving = seen.Active.Count(other => other is { Pod.Drain: null, Edge: { IsReady: true } });
        bool isComing = decision!.Replicas > deployment.Replicas || deployment.Replicas > seen.Active.Count(other => other.Edge is not null);
        return serving < decision.Desired && isComing;
    }

    private static Step? Changes(Observation seen, DeploymentView deployment, ScalingDecision? decision, PlanRules rules)
    {
        if (!MayScale(seen, decision, rules))
        {
            return null;
        }
        int most = Math.Min(decision!.Replicas, rules.MaxReplicas);
        if (most > deployment.Replicas)
        {
            return new Scale(deployment.Replicas, most, $"{deployment.Replicas} → {most} replicas: {Words(decision)}");
        }
        if (!seen.EdgesAreFresh || deployment.IsRollingOut)
        {
            return null;
        }
        return Withdrawal(seen, deployment, decision)
            ?? (Step?)Drains(seen, decision, rules)
            ?? Removals(seen, deployment, decision, rules);
    }

    // Nobody is on a replica that is only on its way.
    private static Step? Withdrawal(Observation seen, DeploymentView deployment, ScalingDecision decision)
    {
        int pods = seen.Active.Count();
        if (pods < deployment.Replicas && decision.Withdraw.Any(EdgePod.IsUnborn))
        {
            return new Scale(deployment.Replicas, deployment.Replicas - 1, $"a replica is not needed before there is a pod: {Words(decision)}");
        }
        if (pods != deployment.Replicas)
        {
            return null;
        }
        return decision.Withdraw
            .Select(name => seen.Active.FirstOrDefault(pod => pod.Pod.Name == name && pod.IsArriving))
            .OfType<EdgePod>()
            .Where(pod => !DeletionOrder.Before(pod, seen.Active).Any())
            .Select(pod => Remove(pod, deployment, $"{pod.Pod.Name} is not needed before it serves: {Words(decision)}"))
            .FirstOrDefault();
    }

    private static BeginDrain? Drains(Observation seen, ScalingDecision decision, PlanRules rules) => decision.Drain
        .Select(id => seen.Active.FirstOrDefault(pod => pod.Edge?.Id == id && pod.Pod.Drain is null))
        .OfType<EdgePod>()
        .Select(pod => new BeginDrain(
            pod, new DrainMark(DrainCause.ScaleIn, seen.Now + rules.DrainDeadline), $"{pod.Pod.Name} is to drain: {Words(decision)}"))
        .FirstOrDefault();

    // Where there are more or fewer pods than replicas, the controllers are not done: another number would mean another pod than this one.
    private static BeginRemoval? Removals(Observation seen, DeploymentView deployment, ScalingDecision decision, PlanRules rules) => seen.Active
        .Where(pod => seen.Active.Count() == deployment.Replicas && pod.Pod.Drain is { } mark && IsEmpty(pod, seen, rules) && MayGo(mark, deployment, decision, rules))
        .OrderBy(pod => pod.Pod.Drain!.Until)
        .ThenBy(pod => pod.Pod.Name, StringComparer.Ordinal)
        .Where(pod => !DeletionOrder.Before(pod, seen.Active).Any())
        .Select(pod => Remove(pod, deployment, $"{pod.Pod.Name} is empty and goes: {deployment.Replicas} → {deployment.Replicas - 1} replicas"))
        .FirstOrDefault();

    // One whose node goes leaves room for its replacement first, unless there is no room for one beside it.
    internal static bool MayGo(DrainMark mark, DeploymentView deployment, ScalingDecision decision, PlanRules rules)
    {
        int left = deployment.Replicas - 1;
        return left >= rules.MinReplicas
            && (mark.Cause == DrainCause.ScaleIn || left >= decision.Desired || deployment.Replicas >= rules.MaxReplicas);
    }

    private static BeginRemoval Remove(EdgePod pod, DeploymentView deployment, string why) =>
        new(new Removal(pod.Pod.Name, pod.Pod.Uid, deployment.Replicas, deployment.Replicas - 1), why);

    private static Wait Resting(Observation seen, ScalingDecision? decision, PlanRules rules)
    {
        if (seen.Rivals.Count > 0 && rules.Scales)
        {
            return new Wait(
                $"{string.Join(", ", seen.Rivals)} scales the Deployment {rules.Workload}, too: nothing is scaled here until it is gone, or "
                + "ControlPlane:Scaling:Mode is another one", "rival");
        }
        if (!seen.EdgesAreFresh)
        {
            return new Wait("the edges' loads cannot be read from the store: nothing is scaled until they are", "no-edges");
        }
        EdgePod[] draining = [.. seen.Active.Where(pod => pod.Pod.Drain is not null)];
        EdgePod? blocked = draining.FirstOrDefault(pod => IsEmpty(pod, seen, rules));
        if (blocked is not null && DeletionOrder.Before(blocked, seen.Active).FirstOrDefault() is { } first)
        {
            return new Wait($"{blocked.Pod.Name} is empty, but {first.Pod.Name} would go in its place: it is waited for");
        }
        if (draining.Length > 0)
        {
            return new Wait($"{draining.Length} edges drain: {draining.Sum(pod => pod.Edge?.Allocations ?? 0)} allocations are left on them");
        }
        return new Wait(decision is null ? "no decision" : Words(decision));
    }

    internal static string Words(ScalingDecision decision) =>
        decision.Reasons.Count == 0 ? "no reason given" : string.Join("; ", decision.Reasons.Select(reason => reason.Words));
}
