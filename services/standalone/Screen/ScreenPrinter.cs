using Microsoft.AspNetCore.Hosting.Server;
using Turnpike.Edge;
using Turnpike.Edge.Management;
using Turnpike.Edge.Trial;
using Turnpike.ServiceDefaults;
using Turnpike.Standalone.Options;
using Turnpike.Standalone.Store;

namespace Turnpike.Standalone.Screen;

/// <summary>Prints what runs and how to use it, once everything listens and the real ports are known.</summary>
internal sealed class ScreenPrinter(
    IRelay relay, StandaloneSettings settings, EmbeddedStore store, ServiceIdentity identity, IServer server, TimeProvider time) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        TrialCredential? credential = settings.Edge.Secrets is [byte[] secret, ..]
            ? TrialCredential.Create(secret, settings.Edge.CredentialSeparator, time.GetUtcNow())
            : null;
        string screen = TrialScreen.Write(
            relay.ListenerUrls, credential, StartReport.ManagementUrl(server), identity.Version, [("store", StoreUrl())], settings.Edge.Trial);
        return Console.Out.WriteLineAsync(screen.AsMemory(), cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // As redis-cli -u takes it. A password that the operator chose is the operator's to know.
    private string StoreUrl() => settings.StorePasswordIsNew ? $"redis://:{store.Password}@{store.EndPoint}" : $"redis://{store.EndPoint}";
}
