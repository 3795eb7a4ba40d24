using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Turnpike.ServiceDefaults;

/// <summary>Runs a service to its end.</summary>
public static class ServiceRun
{
    /// <summary>Starts, waits for the end, and turns a start that fails because of a setting into one line a problem and exit code 1.</summary>
    /// <param name="app">The service.</param>
    /// <param name="problem">What to tell the operator of a failed start, or null when it is no setting's fault.</param>
    /// <param name="error">Standard error when null.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunToEndAsync(this WebApplication app, Func<Exception, string?> problem, TextWriter? error = null)
    {
        string program = app.Services.GetRequiredService<ServiceIdentity>().Program;
        IHostApplicationLifetime lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
        await using (app.ConfigureAwait(false))
        {
            try
            {
                await app.StartAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // A signal came before the start was complete; what has started is stopped as usual.
                await app.StopAsync().ConfigureAwait(false);
                return Environment.ExitCode;
            }
            catch (Exception exception) when (problem(exception) is not null)
            {
                // What has started ends as usual, and says goodbye to whom it knows.
                await app.StopAsync().ConfigureAwait(false);
                foreach (string line in problem(exception)!.Split('\n'))
                {
                    await (error ?? Console.Error).WriteLineAsync($"{program}: {line}").ConfigureAwait(false);
                }
                return 1;
            }
            await app.WaitForShutdownAsync().ConfigureAwait(false);
        }
        return Environment.ExitCode;
    }
}
