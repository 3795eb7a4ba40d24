using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Turnpike.ControlPlane.Interop.Kit;

/// <summary>Remembers which methods a generated client called.</summary>
internal sealed class Recorder : Interceptor
{
    private readonly ConcurrentDictionary<string, bool> _called = new();

    public IEnumerable<string> Called => _called.Keys;

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        _called[context.Method.Name] = true;
        return continuation(request, context);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        _called[context.Method.Name] = true;
        return continuation(request, context);
    }
}
