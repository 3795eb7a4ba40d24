using System.Diagnostics.Metrics;
using Turnpike.ServiceDefaults.Tls;

namespace Turnpike.ControlPlane.Tls;

/// <summary>Reads the certificate before anybody can connect, watches its files, and tells when it ends.</summary>
internal sealed class CertificateWatch(ServerCertificates certificates, IMeterFactory meters) : IHostedLifecycleService
{
    /// <summary>The meter of the control plane's instruments.</summary>
    private const string MeterName = "Turnpike.ControlPlane";

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        certificates.Start();
        meters.Create(MeterName).CreateObservableGauge(
            "turnpike.control_plane.certificate_expiry_timestamp_seconds",
            () => certificates.Current!.ExpiresAt,
            description: "Unix time at which the certificate in use expires");
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
