using Turnpike.Cluster;
using Turnpike.ControlPlane.Fleet;
using Turnpike.ControlPlane.Options;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Scaling;

/// <summary>
/// Decides again and again, and acts on nothing: for those who watch, and for KEDA and HorizontalPodAutoscalers, which act on the answers.
/// Every replica does so; one of them writes to the log. Where the control plane scales by itself, its actuator stands in this one's place.
/// </summary>
internal sealed partial class ScalingEvaluator(
    FleetSnapshots fleet, IEdgeDirectory directory, DecisionLog log, ControlPlaneSettings settings, TimeProvider time, ILogger<ScalingEvaluator> logger)
    : BackgroundService
{
    // In a container the name is that of the pod.
    private static readonly string Actor = $"{Environment.MachineName}-{Environment.ProcessId}";

    private ScalingMemory? _memory;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(settings.Options.Scaling.Interval), time);
        try
        {
            do
            {
                await EvaluateAsync();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return; // The process ends.
        }
    }

    private async Task EvaluateAsync()
    {
        try
        {
            if (!directory.IsFresh)
            {
                return; // Whoever asks hears that nobody knows, and what was said last gets old.
            }
            _memory ??= await log.ReadMemoryAsync();
            (ScalingDecision decision, _memory) = ScalingFunction.Decide(await fleet.TakeAsync(), settings.Scaling, _memory, time.GetUtcNow());
            if (await log.WriteAsync(decision, _memory, Actor) is long number)
            {
                string reasons = string.Join("; ", decision.Reasons.Select(reason => reason.Words));
                LogDecision(logger, number, decision.Action, decision.InService, decision.Desired, reasons);
            }
        }
        catch (StoreException)
        {
            return; // The store says so itself, and the next round comes soon.
        }
    }

    [LoggerMessage(EventId = 3250, Level = LogLevel.Information, Message = "Decision {Number}: {Action}, {InService} in service, {Desired} desired: {Reasons}")]
    private static partial void LogDecision(ILogger logger, long number, ScalingAction action, int inService, int desired, string reasons);
}
