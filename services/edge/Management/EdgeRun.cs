using System.Net.Sockets;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Management;

/// <summary>Runs the edge to its end and turns a start that fails because of a setting into one line and exit code 1.</summary>
public static class EdgeRun
{
    public static async Task<int> RunServiceAsync(this WebApplication app, TextWriter? error = null)
    {
        string program = app.Services.GetRequiredService<ServiceIdentity>().Program;
        EdgeSettings settings = app.Services.GetRequiredService<EdgeSettings>();
        IHostApplicationLifetime lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
        await using (app)
        {
            try
            {
                await app.StartAsync();
            }
            catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // A signal came before the start was complete; what has started is stopped as usual.
                await app.StopAsync();
                return Environment.ExitCode;
            }
            catch (Exception exception) when (Problem(exception, settings) is not null)
            {
                foreach (string line in Problem(exception, settings)!.Split('\n'))
                {
                    await (error ?? Console.Error).WriteLineAsync($"{program}: {line}");
                }
                return 1;
            }
            await app.WaitForShutdownAsync();
        }
        return Environment.ExitCode;
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
