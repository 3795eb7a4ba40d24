using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Turnpike.ServiceDefaults;

/// <summary>The two probes. Both answer with one line of JSON; 503 carries the reason.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods("/health/live", ["GET", "HEAD"], context => Answer(context, "alive", static health => health.NotAliveReason));
        endpoints.MapMethods("/health/ready", ["GET", "HEAD"], context => Answer(context, "ready", static health => health.NotReadyReason));
    }

    private static async Task Answer(HttpContext context, string good, Func<IServiceHealth, string?> ask)
    {
        string? reason = context.RequestServices.GetServices<IServiceHealth>().Select(ask).FirstOrDefault(answer => answer is not null);
        context.Response.StatusCode = reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        string body = reason is null
            ? $$"""{"status":"{{good}}"}"""
            : $$"""{"status":"not {{good}}","reason":{{JsonSerializer.Serialize(reason)}}}""";
        await context.Response.WriteAsync(body + "\n", context.RequestAborted);
    }
}
