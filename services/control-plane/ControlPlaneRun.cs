using System.Net.Sockets;
using Turnpike.ControlPlane.Options;
using Turnpike.ServiceDefaults;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.ControlPlane;

/// <summary>Runs the control plane to its end and turns a start that fails because of a setting into one line and exit code 1.</summary>
public static class ControlPlaneRun
{
    public static Task<int> RunServiceAsync(this WebApplication app, TextWriter? error = null)
    {
        ControlPlaneSettings settings = app.Services.GetRequiredService<ControlPlaneSettings>();
        return app.RunToEndAsync(exception => Problem(exception, settings), error);
    }

    /// <summary>What to tell the operator of a start that failed, or null when it is no setting's fault.</summary>
    /// <remarks>Kestrel names the address that it cannot listen on in its message.</remarks>
    public static string? Problem(Exception exception, ControlPlaneSettings settings) => exception switch
    {
        SettingsException => exception.Message,
        IOException or SocketException =>
            $"ControlPlane:Grpc, ControlPlane:Http: cannot listen on {settings.Grpc} and {settings.Http} ({exception.Message.TrimEnd('.')})",
        _ => null,
    };
}
