using System.Net;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Turnpike.Cluster;
using Turnpike.ControlPlane.Authorization;
using Turnpike.ControlPlane.Calls;
using Turnpike.ControlPlane.Check;
using Turnpike.ControlPlane.Credentials;
using Turnpike.ControlPlane.Fleet;
using Turnpike.ControlPlane.Health;
using Turnpike.ControlPlane.Keda;
using Turnpike.ControlPlane.Kubernetes;
using Turnpike.ControlPlane.Options;
using Turnpike.ControlPlane.Realms;
using Turnpike.ControlPlane.Rest;
using Turnpike.ControlPlane.Scaling;
using Turnpike.ControlPlane.Tls;
using Turnpike.ControlPlane.Tracing;
using Turnpike.ControlPlane.Usage;
using Turnpike.ControlPlane.Webhooks;
using Turnpike.ServiceDefaults;

namespace Turnpike.ControlPlane;

/// <summary>The control plane as a whole: what its own executable is made of, and what another executable that has one in it adds.</summary>
public static class ControlPlaneExtensions
{
    // A caller that stops reading or writing gives its place back.
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(20);

    // REST writes the details of an error by their types.
    private static readonly TypeRegistry ErrorDetails = TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor);

    /// <summary>Registers the ports and the services.</summary>
    public static WebApplicationBuilder AddControlPlane(this WebApplicationBuilder builder, ControlPlaneSettings settings)
    {
        IServiceCollection services = builder.Services;
        builder.WebHost.UseKestrelCore();
        if (settings.Tls.AreSet)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }
        builder.WebHost.ConfigureKestrel(kestrel => ConfigureKestrel(kestrel, settings));
        services.AddSingleton(settings).AddCertificates(settings.Tls);
        services.AddSingleton(provider => ClusterStore.Open(
            settings.Cluster,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetService<CallTracer>()?.Source));
        services.AddTracing(settings);
        services.AddSingleton<JwtCallers>().AddSingleton<CallerResolver>().AddSingleton<CallGate>().AddSingleton<AuthorizationInterceptor>();
        services.AddSingleton<LimitMetrics>().AddSingleton<CallMetrics>().AddSingleton<OutcomeInterceptor>().AddSingleton<ControlPlaneMetrics>();
        services.AddSingleton<StreamGate>().AddFleet().AddUsage().AddScaling();
        builder.Logging.IgnoreUnreadableMessages();
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = settings.Options.MaxRequestBytes;
            grpc.EnableDetailedErrors = false;
            grpc.AddTracing(settings);
            grpc.Interceptors.Add<OutcomeInterceptor>();
            grpc.Interceptors.Add<ProblemInterceptor>();
            grpc.Interceptors.Add<AuthorizationInterceptor>();
        }).AddJsonTranscoding(json => json.TypeRegistry = ErrorDetails);
        services.AddGrpcReflection();
        services.AddSingleton<IServiceHealth, ControlPlaneHealth>().AddHostedService<StartReport>();
        services.AddGrpcHealthChecks().AddCheck<ReadyCheck>("ready");
        services.AddOpenApiPage();
        services.AddBrowserOrigins(settings);
        services.AddRealms();
        services.AddCredentials();
        services.AddSingleton<TurnRest>();
        services.AddWebhooks();
        services.AddKubernetes(settings);
        return builder;
    }

    /// <summary>Maps everything that the two ports serve.</summary>
    public static WebApplication UseControlPlane(this WebApplication app)
    {
        app.UseTrustedProxies();
        app.UseRouting();
        app.UseTracing();
        app.UseBrowserOrigins();
        app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        app.UseCallMetrics();
        app.UseUnreadableMessages();
        app.MapGrpcReflectionService();
        app.MapGrpcHealthChecksService();
        app.MapGrpcService<FleetApi>();
        app.MapGrpcService<UsageApi>();
        app.UseScaling();
        app.MapGrpcService<ScalerApi>();
        app.UseOpenApiPage();
        app.MapServiceDefaults();
        app.MapGrpcService<RealmApi>();
        app.MapGrpcService<CredentialApi>();
        app.MapCheckPage();
        app.MapGrpcService<WebhookApi>();
        app.MapGet(TurnRest.Path, app.Services.GetRequiredService<TurnRest>().AnswerAsync).WithMetadata(TurnRest.Name);
        return app;
    }

    private static void ConfigureKestrel(KestrelServerOptions kestrel, ControlPlaneSettings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = settings.Options.MaxRequestBytes;
        kestrel.Limits.RequestHeadersTimeout = HeaderTimeout;
        kestrel.Limits.KeepAliveTimeout = KeepAlive;
        kestrel.Limits.Http2.KeepAlivePingDelay = PingDelay;
        kestrel.Limits.Http2.KeepAlivePingTimeout = PingTimeout;
        Listen(settings.Grpc, HttpProtocols.Http2);
        Listen(settings.Http, settings.Tls.AreSet ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1);

        void Listen(IPEndPoint endpoint, HttpProtocols protocols) => kestrel.Listen(endpoint, listen =>
        {
            listen.Protocols = protocols;
            if (settings.Tls.AreSet)
            {
                listen.UseCertificates(settings.Access.HasCertificates);
            }
        });
    }
}
