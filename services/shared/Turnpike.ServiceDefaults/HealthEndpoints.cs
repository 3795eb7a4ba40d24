using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Turnpike.ServiceDefaults;

/// <summary>The two probes. Both answer with one line of JSON; 503 carries the reason, and 200 what the service does without.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods("/health/live", ["GET", "HEAD"], context => Answer(context, "alive", static health => health.NotAliveReason));
        endpoints.MapMethods("/health/ready", ["GET", "HEAD"], context => Answer(context, "ready", static health => health.NotReadyReason));
    }

    private static async Task Answer(HttpContext context, string good, Func<IServiceHealth, string?> ask)
    {
        IServiceHealth[] all = [.. context.RequestServices.GetServices<IServiceHealth>()];
        string? reason = all.Select(ask).FirstOrDefault(answer => answer is not null);
        string? degraded = all.Select(health => health.DegradedReason).FirstOrDefault(answer => answer is not null);
        context.Response.StatusCode = reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        string body = (reason, degraded) switch
        {
            (null, null) => $$"""{"status":"{{good}}"}""",
            (null, _) => $$"""{"status":"{{good}}","degraded":"{{Text(degraded!)}}"}""",
            _ => $$"""{"status":"not {{good}}","reason":"{{Text(reason!)}}"}""",
        };
        await context.Response.WriteAsync(body + "\n", context.RequestAborted);
    }

    // People read it with curl; no page takes it for its own markup.
    private static JsonEncodedText Text(string text) => JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
}
