using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace Turnpike.ControlPlane.Calls;

/// <summary>Writes to a stream, and ends it when the caller does not read: what waits for a slow reader is never more than one message.</summary>
internal sealed class BoundedWriter<T>(IServerStreamWriter<T> stream, ServerCallContext context, TimeProvider time, CancellationToken end)
{
    // Whoever takes nothing for this long has lost its connection, or its way.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // RFC 9113 section 7. What waits in front of the trailers keeps a status from the caller; this code means RESOURCE_EXHAUSTED in gRPC.
    private const int EnhanceYourCalm = 0xb;

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
            Abandon(write);
            throw Problems.TooMany(Limit.SlowReader, $"The stream was not read for {Patience.TotalSeconds} s.");
        }
        catch (OperationCanceledException) when (!write.IsCompleted)
        {
            // A process that stops would wait for whoever does not read.
            Abandon(write);
            throw;
        }
    }

    private void Abandon(Task write)
    {
        // The write that hangs ends with the stream; its failure is this one.
        _ = write.ContinueWith(static late => late.Exception, CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        HttpContext http = context.GetHttpContext();
        // HTTP/1 has no codes: its connection ends.
        if (http.Features.Get<IHttpResetFeature>() is { } reset)
        {
            reset.Reset(EnhanceYourCalm);
        }
        else
        {
            http.Abort();
        }
    }
}
