using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Turnpike.ControlPlane.Calls;

/// <summary>Notes for <see cref="CallMetrics"/> what a call is refused with; the outermost interceptor, so that it sees what callers see.</summary>
internal sealed class OutcomeInterceptor(LimitMetrics limits) : Interceptor
{
    /// <summary>Where the details of an error name the limit.</summary>
    public const string LimitKey = "limit";

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        NoteAsync(context, () => continuation(request, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        NoteAsync(context, async () =>
        {
            await continuation(request, responseStream, context);
            return true;
        });

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        NoteAsync(context, async () =>
        {
            await continuation(requestStream, responseStream, context);
            return true;
        });

    /// <summary>Notes an error, and the limit that it is about.</summary>
    public static void Note(HttpContext context, RpcException problem, LimitMetrics limits)
    {
        CallMetrics.Note(context, problem.StatusCode);
        if (problem.StatusCode == StatusCode.ResourceExhausted
            && problem.GetRpcStatus()?.GetDetail<ErrorInfo>() is { } info
            && info.Metadata.TryGetValue(LimitKey, out string? name))
        {
            limits.Hit(Enum.GetValues<Limit>().First(limit => LimitMetrics.Name(limit) == name));
        }
    }

    private async Task<T> NoteAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RpcException problem)
        {
            Note(context.GetHttpContext(), problem, limits);
            throw;
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // The usual end of a stream. gRPC itself calls it Unknown, to a caller that is not there to hear it.
            HttpContext http = context.GetHttpContext();
            CallMetrics.Note(http, http.RequestAborted.IsCancellationRequested ? StatusCode.Cancelled : StatusCode.DeadlineExceeded);
            throw;
        }
    }
}
