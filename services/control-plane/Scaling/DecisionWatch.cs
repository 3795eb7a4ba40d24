using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;

namespace Turnpike.ControlPlane.Scaling;

/// <summary>Lets callers follow the decisions.</summary>
internal sealed class DecisionWatch(DecisionLog log, StreamGate gate, TimeProvider time)
{
    private const int PageSize = 100;

    // Less than the half minute after which proxies take a silent connection for a dead one, and how long a lost announcement delays.
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(1);

    public async Task FollowAsync(IServerStreamWriter<WatchDecisionsResponse> stream, ServerCallContext context)
    {
        using IDisposable place = gate.Enter();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, gate.Stopping);
        BoundedWriter<WatchDecisionsResponse> writer = new(stream, context, time, end.Token);
        (_, long last) = await log.ReadFromAsync(long.MaxValue, 1);
        long first = Math.Max(1, last);
        try
        {
            while (true)
            {
                Task next = log.Next;
                first = await TellAsync(first, writer);
                await WaitAsync(next, writer, end.Token);
            }
        }
        catch (OperationCanceledException) when (gate.Stopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw StreamGate.Ending();
        }
        catch (StoreException)
        {
            throw Problems.Unavailable("STORE_UNAVAILABLE", "The store is away; call again to go on.", StoreRetry);
        }
    }

    // Tells what there is from a number on, and gives the number to go on from.
    private async Task<long> TellAsync(long first, BoundedWriter<WatchDecisionsResponse> writer)
    {
        while (true)
        {
            (IReadOnlyList<LoggedDecision> decisions, long last) = await log.ReadFromAsync(first, PageSize);
            if (last < first - 1)
            {
                first = 1; // The store has lost what it held, and begun anew.
                continue;
            }
            foreach (LoggedDecision decision in decisions)
            {
                await writer.WriteAsync(new WatchDecisionsResponse { Decision = ScalingMessage.Of(decision) });
            }
            if (decisions.Count < PageSize)
            {
                return last + 1;
            }
            first = decisions[^1].Number + 1;
        }
    }

    private async Task WaitAsync(Task next, BoundedWriter<WatchDecisionsResponse> writer, CancellationToken end)
    {
        try
        {
            await next.WaitAsync(KeepAlive, time, end);
        }
        catch (TimeoutException)
        {
            await writer.WriteAsync(new WatchDecisionsResponse());
        }
    }
}
