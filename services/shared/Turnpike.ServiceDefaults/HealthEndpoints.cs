using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Turnpike.ServiceDefaults;

/// <summary>The two probes. Both answer with one line of JSON; 503 carries every reason, and either answer what the service does without.</summary>
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
        string? reason = All(all.Select(ask));
        string? degraded = All(all.Select(health => health.DegradedReason));
        context.Response.StatusCode = reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        string body = $$"""{"status":"{{(reason is null ? "" : "not ")}}{{good}}"{{Field("reason", reason)}}{{Field("degraded", degraded)}}}""";
        await context.Response.WriteAsync(body + "\n", context.RequestAborted);
    }

    // Whoever mends one thing and waits for the probe wants to have known of the other.
    private static string? All(IEnumerable<string?> answers)
    {
        string all = string.Join("; ", answers.OfType<string>());
        return all.Length == 0 ? null : all;
    }

    // People read it with curl; no page takes it for its own markup.
    private static string Field(string name, string? text) =>
        text is null ? "" : $",\"{name}\":\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
