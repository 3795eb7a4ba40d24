using Turnpike.Edge.Options;

namespace Turnpike.Edge.Tracing;

public static class TracingExtensions
{
    /// <summary>Gives allocations their spans where traces are exported; else nothing is there that could make any.</summary>
    public static IServiceCollection AddTracing(this IServiceCollection services, EdgeSettings settings) =>
        settings.Telemetry.Traces is null ? services : services.AddSingleton<AllocationTracer>();
}
