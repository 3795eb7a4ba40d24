using Microsoft.AspNetCore.Hosting.Server;
using Turnpike.Edge.Management;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults;

namespace Turnpike.Edge.Trial;

/// <summary>Prints the trial's screen once everything listens and the real ports are known.</summary>
public sealed class TrialPrinter(IRelay relay, EdgeSettings settings, ServiceIdentity identity, IServer server, TimeProvider time)
    : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        TrialCredential credential = TrialCredential.Create(settings.Secrets[0], settings.CredentialSeparator, time.GetUtcNow());
        return Console.Out.WriteLineAsync(
            TrialScreen.Write(relay.ListenerUrls, credential, StartReport.ManagementUrl(server), identity.Version).AsMemory(), cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
