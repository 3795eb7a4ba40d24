using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Turnpike.ControlPlane.Calls;

namespace Turnpike.ControlPlane.Authorization;

/// <summary>Puts every gRPC method behind the <see cref="CallGate"/>.</summary>
public sealed class AuthorizationInterceptor(CallGate gate) : Interceptor
{
    private const string CallerKey = "turnpike.caller";

    /// <summary>Who makes the call.</summary>
    public static Caller CallerOf(ServerCallContext context) => (Caller)context.UserState[CallerKey];

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        MethodPolicy? policy = await AdmitAsync(request as IMessage, context);
        return policy is null
            ? await continuation(request, context)
            : await gate.RunAsync(CallerOf(context), context.Method, policy, request as IMessage, () => continuation(request, context));
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AdmitAsync(request as IMessage, context);
        await continuation(request, responseStream, context);
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AdmitAsync(null, context);
        await continuation(requestStream, responseStream, context);
    }

    /// <summary>What the method needs; null for one that is open to anybody.</summary>
    private async Task<MethodPolicy?> AdmitAsync(IMessage? request, ServerCallContext context)
    {
        if (MethodPolicy.Open.Contains(context.Method))
        {
            return null;
        }
        // A method that is not in the table is nobody's to call, however it got there.
        MethodPolicy policy = MethodPolicy.For(context.Method) ?? throw Problems.Denied($"{context.Method} is not open to anybody.");
        context.UserState[CallerKey] = await gate.AdmitAsync(context.GetHttpContext(), context.Method, policy, request);
        return policy;
    }
}
