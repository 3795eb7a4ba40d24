using Turnpike.Cluster;
using Turnpike.ControlPlane.Kubernetes.Api;
using Turnpike.ControlPlane.Kubernetes.Planning;
using Turnpike.ControlPlane.Kubernetes.Workloads;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Kubernetes.Acting;

/// <summary>What a turn of the reconciler came to.</summary>
/// <param name="Step">What was done, or why nothing was.</param>
/// <param name="Again">After what time to look again; null: it failed, and is to be tried again later and later.</param>
/// <param name="Failed">Whether nothing else may bring the next turn forward.</param>
internal readonly record struct Turn(Step Step, TimeSpan? Again, bool Failed = false);

/// <summary>Looks, decides, plans, and does one step.</summary>
internal sealed partial class Reconciler(
    WorkloadCache cache,
    Observer observer,
    IDecider decider,
    Executor executor,
    EventRecorder events,
    ScalerStatus status,
    ScalerMetrics metrics,
    Func<ScalingPolicy, PlanRules> rules,
    ILogger logger)
{
    // What edges say changes with each of their heartbeats.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private int? _replicas;
    private int? _written;

    /// <summary>Begins a term.</summary>
    public void Begin()
    {
        decider.Begin();
        (_replicas, _written) = (null, null);
    }

    /// <summary>One turn.</summary>
    /// <param name="isCertain">Whether this process still leads for sure.</param>
    /// <param name="cancellation">Ends with the lead.</param>
    public async Task<Turn> TurnAsync(Func<bool> isCertain, CancellationToken cancellation)
    {
        if (cache.Problem is { } problem)
        {
            return Report(new Wait(problem.Message, TroubleOf(problem)), null, Interval);
        }
        if (!cache.IsSynced)
        {
            return Report(new Wait("what there is is read from the API server"), null, Interval);
        }
        DeploymentView? deployment = null;
        try
        {
            Observation seen = await observer.ObserveAsync();
            deployment = seen.Deployment;
            NoticeReplicas(deployment);
            PlanRules bounds = rules(decider.Policy);
            bool decides = bounds.Scales && deployment is { IsTerminating: false } && seen is { Rivals.Count: 0, EdgesAreFresh: true };
            ScalingDecision? decision = decides ? await DecideAsync(deployment!) : null;
            Step step = Planner.Next(seen, decision, bounds);
            if (step is Wait wait)
            {
                return Report(wait, deployment, Interval);
            }
            if (!isCertain())
            {
                return Report(new Wait("the lead is not certain"), deployment, Interval);
            }
            _written = step is Scale scale ? scale.To : _written;
            await executor.RunAsync(step, deployment, cancellation);
            Say(step, deployment!);
            if (step is not MarkPod)
            {
                Tell(step.Why, null); // Marks are written whatever else is wrong.
            }
            return new Turn(step, TimeSpan.Zero);
        }
        catch (ApiException failed)
        {
            return Fail(failed, deployment);
        }
        catch (StoreException failed)
        {
            return Report(new Wait($"the cluster's store is away: {failed.Message}", "store"), deployment, null);
        }
    }

    private async Task<ScalingDecision> DecideAsync(DeploymentView deployment)
    {
        Decided decided = await decider.DecideAsync();
        ScalingDecision decision = decided.Decision;
        if (!decided.IsNews)
        {
            return decision;
        }
        metrics.OnDecision(decision.Action);
        if (decision.Action != ScalingAction.None)
        {
            string what = $"{(decision.DryRun ? "dry run: " : "")}{decision.Desired} edges in service instead of {decision.InService}: {Planner.Words(decision)}";
            LogDecision(logger, decision.Action, what);
            events.Say(deployment, false, decision.Action.ToString(), what);
        }
        return decision;
    }

    // Somebody else's change is nothing to undo by itself: the next decision goes on from it.
    private void NoticeReplicas(DeploymentView? deployment)
    {
        if (deployment is not null && _replicas is { } before && before != deployment.Replicas && deployment.Replicas != _written)
        {
            LogByHand(logger, deployment.Name, before, deployment.Replicas);
            metrics.OnStep("changed-by-hand");
            events.Say(deployment, true, "ReplicasChangedByHand", $"{before} → {deployment.Replicas} replicas by somebody else: the next decision goes on from there");
        }
        if (deployment?.Replicas != _replicas)
        {
            _written = null;
        }
        _replicas = deployment?.Replicas;
    }

    private Turn Fail(ApiException failed, DeploymentView? deployment)
    {
        if (failed.Fault == ApiFault.Conflict || (failed.Fault == ApiFault.NotFound && deployment is not null))
        {
            // Another change was faster, or the pod or the Deployment went: the watch brings it.
            return new Turn(new Wait(failed.Message), null, Failed: true);
        }
        return Report(new Wait(failed.Message, TroubleOf(failed)), deployment, null, failed.RetryAfter);
    }

    private Turn Report(Wait wait, DeploymentView? deployment, TimeSpan? again, TimeSpan? retryAfter = null)
    {
        Tell(wait.Why, wait.Trouble);
        if (wait.Trouble is not null && deployment is not null)
        {
            events.Say(deployment, true, "NotScaled", wait.Why);
        }
        return new Turn(wait, again ?? retryAfter, Failed: again is null);
    }

    private void Tell(string what, string? trouble)
    {
        if (!status.Set(what, trouble))
        {
            return;
        }
        if (trouble is not null)
        {
            LogTrouble(logger, what);
        }
        else
        {
            LogNoTrouble(logger);
        }
    }

    private void Say(Step step, DeploymentView deployment)
    {
        (string Reason, string Metric, bool IsWarning)? said = step switch
        {
            BeginDrain => ("EdgeToDrain", "begin-drain", false),
            OrderDrain => ("EdgeDrains", "order-drain", false),
            TakeBack => ("EdgeServesAgain", "take-back", false),
            BeginRemoval => ("EdgeToGo", "begin-removal", false),
            Scale => ("ReplicasChanged", "scale", false),
            EndRemoval { End: RemovalEnd.Removed } => ("EdgeRemoved", "removed", false),
            EndRemoval { End: RemovalEnd.WrongPod } => ("WrongPodRemoved", "wrong-pod", true),
            EndRemoval { End: RemovalEnd.ChangedByHand } => ("RemovalInterrupted", "interrupted", true),
            EndRemoval => ("RemovalCancelled", "cancelled", false),
            _ => null,
        };
        metrics.OnStep(said?.Metric ?? "mark");
        if (said is { } known)
        {
            LogStep(logger, known.Reason, step.Why);
            events.Say(deployment, known.IsWarning, known.Reason, step.Why);
        }
    }

    private static string TroubleOf(ApiException problem) => problem.Fault switch
    {
        ApiFault.Forbidden or ApiFault.Unauthorized => "forbidden",
        ApiFault.Denied => "denied",
        _ => "api",
    };

    [LoggerMessage(EventId = 3361, Level = LogLevel.Information, Message = "{Reason}: {Why}")]
    private static partial void LogStep(ILogger logger, string reason, string why);

    [LoggerMessage(EventId = 3362, Level = LogLevel.Warning, Message = "The edges are not scaled: {Why}")]
    private static partial void LogTrouble(ILogger logger, string why);

    [LoggerMessage(EventId = 3363, Level = LogLevel.Information, Message = "The edges are scaled again")]
    private static partial void LogNoTrouble(ILogger logger);

    [LoggerMessage(EventId = 3364, Level = LogLevel.Information, Message = "{Action}: {What}")]
    private static partial void LogDecision(ILogger logger, ScalingAction action, string what);

    [LoggerMessage(EventId = 3365, Level = LogLevel.Warning,
        Message = "Somebody else changed the replicas of {Deployment} from {Before} to {Replicas}: the next decision goes on from there")]
    private static partial void LogByHand(ILogger logger, string deployment, int before, int replicas);
}
