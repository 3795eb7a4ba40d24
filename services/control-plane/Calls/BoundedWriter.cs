using Grpc.Core;

namespace Turnpike.ControlPlane.Calls;

/// <summary>Writes to a stream, and ends it when the caller does not read: what waits for a slow reader is never more than one message.</summary>
internal sealed class BoundedWriter<T>(IServerStreamWriter<T> stream, ServerCallContext context, TimeProvider time, CancellationToken end)
{
    // Whoever takes nothing for this long has lost its connection, or its way.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: the caller reads too slowly.</exception>
    /// <exception cref="OperationCanceledException">The stream is to end.</exception>
    public async Task WriteAsync(T message)
    {
        end.ThrowIfCancellationRequested();
        Task write = stream.WriteAsync(message, context.CancellationToken);
        if (write.IsCompletedSuccessfully)
        {
            return;
        }
        try
        {
            await write.WaitAsync(Patience, time, end);
        }
        catch (TimeoutException)
        {
            // The write that hangs ends with the connection; its failure is this one.
            _ = write.ContinueWith(static late => late.Exception, CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            context.GetHttpContext().Abort();
            throw Problems.TooMany($"The stream was not read for {Patience.TotalSeconds} s.");
        }
    }
}
