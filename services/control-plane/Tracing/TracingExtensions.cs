using Grpc.AspNetCore.Server;
using Turnpike.ControlPlane.Options;

namespace Turnpike.ControlPlane.Tracing;

/// <summary>Gives calls their spans where traces are exported; else nothing is there that could make any.</summary>
internal static class TracingExtensions
{
    public static IServiceCollection AddTracing(this IServiceCollection services, ControlPlaneSettings settings) =>
        settings.Telemetry.Traces is null ? services : services.AddSingleton<CallTracer>();

    public static void AddTracing(this GrpcServiceOptions grpc, ControlPlaneSettings settings)
    {
        if (settings.Telemetry.Traces is not null)
        {
            grpc.Interceptors.Add<TraceInterceptor>();
        }
    }

    /// <summary>Behind the routing, which knows what is called.</summary>
    public static void UseTracing(this WebApplication app)
    {
        if (app.Services.GetService<CallTracer>() is { } tracer)
        {
            app.Use(tracer.InvokeAsync);
        }
    }
}
