using Microsoft.AspNetCore.HttpOverrides;
using Turnpike.ControlPlane.Options;
using IPNetwork = System.Net.IPNetwork;

namespace Turnpike.ControlPlane.Rest;

/// <summary>Takes the caller's address from the proxies that the settings name, the last of them first, and from nobody else.</summary>
internal static class TrustedProxies
{
    public static void UseTrustedProxies(this WebApplication app)
    {
        IReadOnlyList<IPNetwork> proxies = app.Services.GetRequiredService<ControlPlaneSettings>().TrustedProxies;
        if (proxies.Count == 0)
        {
            return;
        }
        ForwardedHeadersOptions options = new() { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
        // Loopback is in both from the start.
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (IPNetwork proxy in proxies)
        {
            options.KnownIPNetworks.Add(proxy);
        }
        app.UseForwardedHeaders(options);
    }
}
