using Turnpike.ControlPlane.Kubernetes.Workloads;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Kubernetes.Planning;

/// <summary>
/// The step under way, from where it stands: the pod is written down, gets the lowest deletion cost, the number falls by one, and the pod that
/// went is looked at. Each part is seen from outside, so it goes on after a crash between any two.
/// </summary>
internal static class RemovalUnderWay
{
    /// <summary>What is next of the step; null where none is under way. A <see cref="Wait"/>: it waits, and other things may be done meanwhile.</summary>
    public static Step? Next(Observation seen, DeploymentView deployment, ScalingDecision? decision, PlanRules rules)
    {
        if (deployment.Removing is not { } removal)
        {
            return null;
        }
        EdgePod? victim = seen.Find(removal.Uid);
        if (deployment.Replicas == removal.To)
        {
            return Verify(seen, removal, victim);
        }
        if (deployment.Replicas != removal.From)
        {
            return new EndRemoval(removal, RemovalEnd.ChangedByHand,
                $"the replicas were changed to {deployment.Replicas} by somebody else while {removal.Pod} was to go with {removal.From} → {removal.To}");
        }
        if (victim is null)
        {
            return new EndRemoval(removal, RemovalEnd.Cancelled, $"{removal.Pod} went by itself");
        }
        if (WhyNot(seen, deployment, removal, victim, decision, rules) is string why)
        {
            return new EndRemoval(removal, RemovalEnd.Cancelled, $"{removal.Pod} stays for now: {why}");
        }
        if (victim.Pod.DeletionCost != Marks.LowestCost)
        {
            return new MarkPod(victim, Upkeep.Cost(Marks.LowestCost), null, $"{removal.Pod} is the first to go");
        }
        return new Scale(removal.From, removal.To, $"{removal.From} → {removal.To} replicas: {removal.Pod} is empty");
    }

    private static Step Verify(Observation seen, Removal removal, EdgePod? victim)
    {
        if (victim is null)
        {
            return new EndRemoval(removal, RemovalEnd.Removed, $"{removal.Pod} went, and {removal.To} replicas are left");
        }
        if (seen.Active.Count() > removal.To)
        {
            return new Wait($"waiting for {removal.Pod} to be deleted");
        }
        // What went in its place ends its calls in its own time (SIGTERM is a drain); its capacity is what the victim gives back.
        string why = $"another pod went in place of {removal.Pod}, which serves again";
        return victim.Pod.Drain is not null || victim.Pod.DeletionCost == Marks.LowestCost
            ? new TakeBack(victim, why)
            : new EndRemoval(removal, RemovalEnd.WrongPod, why);
    }

    private static string? WhyNot(
        Observation seen, DeploymentView deployment, Removal removal, EdgePod victim, ScalingDecision? decision, PlanRules rules)
    {
        if (!Planner.MayScale(seen, decision, rules))
        {
            return seen.Rivals.Count > 0 ? $"{seen.Rivals[0]} scales the Deployment, too" : "nothing is to be scaled";
        }
        if (!seen.EdgesAreFresh)
        {
            return "the edges' loads cannot be read";
        }
        if (deployment.IsRollingOut)
        {
            return "a rollout is under way";
        }
        if (seen.Active.Count() is int pods && pods != removal.From)
        {
            return $"there are {pods} pods instead of {removal.From}";
        }
        bool arrives = victim.IsArriving;
        if (!arrives && !(victim.Pod.Drain is { } mark && Planner.IsEmpty(victim, seen, rules) && Planner.MayGo(mark, deployment, decision!, rules)))
        {
            return victim.Pod.Drain is null ? "it is not to drain" : "it is not empty, or is needed";
        }
        if (arrives && !decision!.Withdraw.Contains(victim.Pod.Name, StringComparer.Ordinal))
        {
            return "it is needed";
        }
        if (victim.Edge is { } edge && decision!.Undrain.Contains(edge.Id, StringComparer.Ordinal))
        {
            return "it is needed again";
        }
        return DeletionOrder.Before(victim, seen.Active).FirstOrDefault() is { } first ? $"{first.Pod.Name} would go in its place" : null;
    }
}
