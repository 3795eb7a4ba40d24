using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Turnpike.ServiceDefaults.Telemetry;

/// <summary>Exports what is left when everything has stopped. A collector that does not answer delays the end of the process by little.</summary>
internal sealed class LastExport(IServiceProvider services, TimeProvider time) : IHostedLifecycleService
{
    // A live collector needs a fraction of it; Kubernetes kills 30 s after the drain at the latest, and others want some of them.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        int patience = (int)Patience.TotalMilliseconds;
        TracerProvider? traces = services.GetService<TracerProvider>();
        MeterProvider? metrics = services.GetService<MeterProvider>();
        // Both wait with a thread of their own, for as long as they are told.
        Task exports = Task.WhenAll(
            Task.Run(() => traces?.Shutdown(patience), CancellationToken.None), Task.Run(() => metrics?.Shutdown(patience), CancellationToken.None));
        await Task.WhenAny(exports, Task.Delay(Patience, time, cancellationToken)).ConfigureAwait(false);
    }
}
