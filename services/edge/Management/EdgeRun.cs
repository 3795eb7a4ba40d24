using System.Net.Sockets;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Management;

/// <summary>Runs the edge to its end and turns a start that fails because of a setting into one line and exit code 1.</summary>
public static class EdgeRun
{
    public static Task<int> RunServiceAsync(this WebApplication app, TextWriter? error = null)
    {
        EdgeSettings settings = app.Services.GetRequiredService<EdgeSettings>();
        return app.RunToEndAsync(exception => Problem(exception, settings), error);
    }

    // The relay reports its own sockets as SettingsException, which leaves the management port as the cause of any other socket error.
    private static string? Problem(Exception exception, EdgeSettings settings) => exception switch
    {
        SettingsException => exception.Message,
        IOException or SocketException => EdgeSettings.Catalog.Of<EdgeOptions>(nameof(EdgeOptions.Management))
            .Problem($"http://{settings.Management}", $"cannot listen there ({exception.Message.TrimEnd('.')})"),
        _ => null,
    };
}
