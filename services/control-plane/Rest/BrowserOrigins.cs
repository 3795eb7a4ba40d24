using Turnpike.ControlPlane.Options;

namespace Turnpike.ControlPlane.Rest;

/// <summary>
/// Lets web pages call what browser keys are good for (Fetch standard, "CORS protocol"): issuing, from the origins that the settings
/// name, and nothing else.
/// </summary>
internal static class BrowserOrigins
{
    private const string Policy = "browser-keys";
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    public static IServiceCollection AddBrowserOrigins(this IServiceCollection services, ControlPlaneSettings settings) => services.AddCors(cors =>
        cors.AddPolicy(Policy, policy => policy
            .SetIsOriginAllowed(settings.Access.AllowsOrigin)
            .WithMethods("GET", "POST")
            .WithHeaders("authorization", "content-type")
            .SetPreflightMaxAge(Remembered)));

    public static WebApplication UseBrowserOrigins(this WebApplication app)
    {
        app.UseWhen(context => IsForPages(context.Request.Path), pages => pages.UseCors(Policy));
        return app;
    }

    private static bool IsForPages(PathString path) => path == TurnRest.Path || path == "/v1/credentials:issue";
}
