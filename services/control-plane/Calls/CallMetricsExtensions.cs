using Turnpike.ControlPlane.Credentials;
using Turnpike.ControlPlane.Health;

namespace Turnpike.ControlPlane.Calls;

internal static class CallMetricsExtensions
{
    /// <summary>Counts calls from here on; and begins to show what nobody else asks for before a scrape does.</summary>
    public static void UseCallMetrics(this WebApplication app)
    {
        _ = app.Services.GetRequiredService<ControlPlaneMetrics>();
        _ = app.Services.GetRequiredService<CredentialMetrics>();
        CallMetrics metrics = app.Services.GetRequiredService<CallMetrics>();
        app.Use((context, next) => metrics.InvokeAsync(context, next));
    }
}
