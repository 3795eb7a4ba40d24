using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Turnpike.Contracts.V1;

namespace Turnpike.Ctl.Calls;

/// <summary>The control plane's services. Calls carry the caller's token; those with one answer have a deadline.</summary>
public sealed class ControlPlane : IDisposable
{
    private readonly GrpcChannel _channel;

    public ControlPlane(Connection connection)
    {
        _channel = GrpcChannel.ForAddress(connection.Server, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectTimeout = connection.Timeout,
                // A stream whose server has gone without a word ends.
                KeepAlivePingDelay = TimeSpan.FromSeconds(15),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
                UseProxy = false,
            },
            DisposeHttpClient = true,
        });
        CallInvoker calls = _channel.Intercept(new CallerInterceptor(connection));
        Credentials = new CredentialService.CredentialServiceClient(calls);
        Realms = new RealmService.RealmServiceClient(calls);
        Usage = new UsageService.UsageServiceClient(calls);
        Fleet = new FleetService.FleetServiceClient(calls);
        Webhooks = new WebhookService.WebhookServiceClient(calls);
        Scaling = new ScalingService.ScalingServiceClient(calls);
    }

    public CredentialService.CredentialServiceClient Credentials { get; }

    public RealmService.RealmServiceClient Realms { get; }

    public UsageService.UsageServiceClient Usage { get; }

    public FleetService.FleetServiceClient Fleet { get; }

    public WebhookService.WebhookServiceClient Webhooks { get; }
    public ScalingService.ScalingServiceClient Scaling { get; }

    public void Dispose() => _channel.Dispose();

    private sealed class CallerInterceptor(Connection connection) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, With(context, context.Options.WithDeadline(TimeProvider.System.GetUtcNow().UtcDateTime + connection.Timeout)));

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, With(context, context.Options));

        private ClientInterceptorContext<TRequest, TResponse> With<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, CallOptions options)
            where TRequest : class
            where TResponse : class
        {
            if (connection.Token.Length > 0)
            {
                options = options.WithHeaders(new Metadata { { "authorization", $"Bearer {connection.Token}" } });
            }
            return new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, options);
        }
    }
}
