using System.Diagnostics;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Turnpike.ControlPlane.Tracing;

/// <summary>Writes how a call ended into its span; the outermost interceptor, so that it sees what the caller sees.</summary>
public sealed class TraceInterceptor : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            TResponse response = await continuation(request, context);
            Note(StatusCode.OK);
            return response;
        }
        catch (Exception problem)
        {
            Note(CodeOf(problem));
            throw;
        }
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        WatchAsync(() => continuation(request, responseStream, context));

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        WatchAsync(() => continuation(requestStream, responseStream, context));

    private static async Task WatchAsync(Func<Task> call)
    {
        try
        {
            await call();
            Note(StatusCode.OK);
        }
        catch (Exception problem)
        {
            Note(CodeOf(problem));
            throw;
        }
    }

    // What is no RpcException here is the caller's leaving.
    private static StatusCode CodeOf(Exception problem) => problem is RpcException known ? known.StatusCode : StatusCode.Cancelled;

    private static void Note(StatusCode code)
    {
        if (Activity.Current is not { IsAllDataRequested: true } span)
        {
            return;
        }
        span.SetTag(CallTracer.StatusCode, (int)code);
        // OpenTelemetry's conventions: of the other codes the caller is to blame for, the span of a server is no error.
        if (code is StatusCode.Unknown or StatusCode.DeadlineExceeded or StatusCode.Unimplemented or StatusCode.Internal or StatusCode.Unavailable or StatusCode.DataLoss)
        {
            span.SetStatus(ActivityStatusCode.Error).SetTag("error.type", code.ToString());
        }
    }
}
