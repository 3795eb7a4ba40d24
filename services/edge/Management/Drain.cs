using Turnpike.Edge.Options;

namespace Turnpike.Edge.Management;

/// <summary>How a drain went.</summary>
/// <param name="Ended">Allocations that ended by themselves.</param>
/// <param name="Cut">Allocations that were left.</param>
public readonly record struct DrainOutcome(long Ended, long Cut);

/// <summary>Refuses new allocations and waits until the existing ones have ended or the deadline has passed.</summary>
public sealed partial class Drain(IRelay relay, EdgeSettings settings, TimeProvider time, ILogger<Drain> logger)
{
    // Nobody notices a quarter of a second at the end of a drain, and the count is one addition a shard.
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Ends early, and cuts what is left, when <paramref name="cancellation"/> asks for it.</summary>
    public async Task<DrainOutcome> RunAsync(CancellationToken cancellation)
    {
        long begin = time.GetTimestamp();
        relay.BeginDrain(settings.DrainDeadline);
        // Counted after the relay has stopped granting, so that none is missed.
        long allocations = relay.Allocations;
        LogBegin(logger, allocations, settings.DrainDeadline.TotalSeconds);
        using PeriodicTimer timer = new(Interval, time);
        while (relay.Allocations > 0 && time.GetElapsedTime(begin) < settings.DrainDeadline)
        {
            try
            {
                await timer.WaitForNextTickAsync(cancellation);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        long cut = relay.Allocations;
        DrainOutcome outcome = new(Math.Max(0, allocations - cut), cut);
        double seconds = time.GetElapsedTime(begin).TotalSeconds;
        if (cut == 0)
        {
            LogEmpty(logger, outcome.Ended, seconds);
        }
        else
        {
            LogCut(logger, outcome.Ended, cut, cancellation.IsCancellationRequested ? "a second signal" : "the deadline");
        }
        return outcome;
    }

    [LoggerMessage(EventId = 1010, Level = LogLevel.Information,
        Message = "Draining: no new allocations; {Allocations} have {Deadline} s to end")]
    private static partial void LogBegin(ILogger logger, long allocations, double deadline);

    [LoggerMessage(EventId = 1011, Level = LogLevel.Information, Message = "Drained: {Ended} allocations ended, none was cut, after {Seconds:F1} s")]
    private static partial void LogEmpty(ILogger logger, long ended, double seconds);

    [LoggerMessage(EventId = 1012, Level = LogLevel.Warning, Message = "Drain ended by {Cause}: {Ended} allocations ended, {Cut} were cut")]
    private static partial void LogCut(ILogger logger, long ended, long cut, string cause);
}
