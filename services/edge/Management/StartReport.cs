using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults;

namespace Turnpike.Edge.Management;

/// <summary>Logs what was started, once everything listens, and what is unwise about the settings.</summary>
public sealed partial class StartReport(
    IRelay relay, EdgeSettings settings, ServiceIdentity identity, IServer server, ILogger<StartReport> logger) : IHostedLifecycleService
{
    /// <summary>The management address with its real port.</summary>
    public static string ManagementUrl(IServer server) =>
        server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "";

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (string warning in settings.Warnings)
        {
            LogWarning(logger, warning);
        }
        string urls = string.Join(", ", relay.ListenerUrls);
        string management = ManagementUrl(server);
        LogStarted(logger, identity.Program, identity.Version, identity.Revision, settings.Realm, urls, management);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        LogStopped(logger);
        return Task.CompletedTask;
    }

    [LoggerMessage(EventId = 1000, Level = LogLevel.Information,
        Message = "{Program} {Version} (revision {Revision}) started: realm {Realm}, {Urls}, management {Management}")]
    private static partial void LogStarted(
        ILogger logger, string program, string version, string revision, string realm, string urls, string management);

    [LoggerMessage(EventId = 1001, Level = LogLevel.Warning, Message = "{Warning}")]
    private static partial void LogWarning(ILogger logger, string warning);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Information, Message = "Stopped")]
    private static partial void LogStopped(ILogger logger);
}
