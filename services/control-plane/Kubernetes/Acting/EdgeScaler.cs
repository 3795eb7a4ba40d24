using Turnpike.ControlPlane.Kubernetes.Election;
using Turnpike.ControlPlane.Kubernetes.Workloads;

namespace Turnpike.ControlPlane.Kubernetes.Acting;

/// <summary>
/// Runs it all: every replica follows what there is, and the one that leads acts on it. Changes and the passing of time put one thing to do
/// into a queue; it is done as often as there is a next step.
/// </summary>
internal sealed partial class EdgeScaler(
    WorkloadCache cache, LeaderElector elector, Reconciler reconciler, EventRecorder events, ScalerStatus status, TimeProvider time, ILogger<EdgeScaler> logger)
    : BackgroundService
{
    private static readonly TimeSpan StandbyCheck = TimeSpan.FromSeconds(2);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        EndQuietlyAsync(cache.RunAsync(stoppingToken), stoppingToken),
        EndQuietlyAsync(elector.RunAsync(LeadAsync, stoppingToken), stoppingToken),
        EndQuietlyAsync(TellStandbyAsync(stoppingToken), stoppingToken));

    private async Task LeadAsync(CancellationToken cancellation)
    {
        using WorkQueue queue = new(time);
        cache.Changed += queue.Add;
        reconciler.Begin();
        queue.Add();
        Task writing = EndQuietlyAsync(events.RunAsync(cancellation), cancellation);
        try
        {
            while (true)
            {
                await queue.TakeAsync(cancellation);
                await TurnAsync(queue, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await writing;
        }
        finally
        {
            cache.Changed -= queue.Add;
        }
    }

    private async Task TurnAsync(WorkQueue queue, CancellationToken cancellation)
    {
        try
        {
            Turn turn = await reconciler.TurnAsync(() => elector.IsCertain, cancellation);
            if (turn.Failed)
            {
                queue.AddFailed(turn.Again);
                return;
            }
            queue.Succeeded();
            queue.AddAfter(turn.Again ?? TimeSpan.Zero);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            TimeSpan pause = queue.AddFailed(null);
            LogBroken(logger, pause.TotalSeconds, exception);
        }
    }

    // Those that do not lead say who does, or what keeps them from leading.
    private async Task TellStandbyAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (!elector.IsLeader)
            {
                string? problem = elector.Problem ?? cache.Problem?.Message;
                status.Set(
                    problem ?? (elector.Holder.Length > 0 ? $"{elector.Holder} leads" : "nobody leads yet"),
                    elector.Problem is not null ? "lease" : problem is not null ? "api" : null);
            }
            await Task.Delay(StandbyCheck, time, cancellation);
        }
    }

    private static async Task EndQuietlyAsync(Task work, CancellationToken cancellation)
    {
        try
        {
            await work;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return; // The process, or the lead, ends.
        }
    }

    [LoggerMessage(EventId = 3366, Level = LogLevel.Error, Message = "A turn of the scaler failed unexpectedly; the next one is in {Seconds:F1} s")]
    private static partial void LogBroken(ILogger logger, double seconds, Exception exception);
}
