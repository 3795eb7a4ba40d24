using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Turnpike.ControlPlane.Options;
using Turnpike.ServiceDefaults;

namespace Turnpike.ControlPlane.Health;

/// <summary>Logs what was started, once everything listens, and what is unwise about the settings.</summary>
internal sealed partial class StartReport(
    ControlPlaneSettings settings, ServiceIdentity identity, IServer server, IHostApplicationLifetime lifetime, ILogger<StartReport> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(Write);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Write()
    {
        foreach (string warning in settings.Warnings)
        {
            LogWarning(logger, warning);
        }
        // In the order in which Kestrel was told to listen.
        string[] addresses = [.. server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []];
        LogStarted(logger, identity.Program, identity.Version, identity.Revision, addresses[0], addresses[1], settings.DefaultRealm);
    }

    [LoggerMessage(EventId = 3301, Level = LogLevel.Information,
        Message = "{Program} {Version} (revision {Revision}) started: gRPC {Grpc}, REST {Http}, default realm {Realm}")]
    private static partial void LogStarted(ILogger logger, string program, string version, string revision, string grpc, string http, string realm);

    [LoggerMessage(EventId = 3302, Level = LogLevel.Warning, Message = "{Warning}")]
    private static partial void LogWarning(ILogger logger, string warning);
}
