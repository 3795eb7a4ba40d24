using Turnpike.Standalone.Options;
using Turnpike.Standalone.Store;

namespace Turnpike.Standalone.Screen;

internal static class ScreenExtensions
{
    public static WebApplicationBuilder AddScreen(this WebApplicationBuilder builder, StandaloneSettings settings, EmbeddedStore store)
    {
        // The container ends nothing that was given to it.
        builder.Services.AddSingleton(settings).AddSingleton(store).AddHostedService<ScreenPrinter>();
        return builder;
    }
}
