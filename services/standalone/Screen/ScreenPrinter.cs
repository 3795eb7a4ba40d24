using Microsoft.AspNetCore.Hosting.Server;
using Turnpike.Edge;
using Turnpike.Edge.Management;
using Turnpike.Edge.Trial;
using Turnpike.ServiceDefaults;
using Turnpike.Standalone.ControlPlane;
using Turnpike.Standalone.Options;
using Turnpike.Standalone.Store;

namespace Turnpike.Standalone.Screen;

/// <summary>Prints what runs and how to use it, once everything listens, the real ports are known and a call would succeed.</summary>
internal sealed class ScreenPrinter(
    IRelay relay, StandaloneSettings settings, EmbeddedStore store, ControlPlaneHost controlPlane, ServiceIdentity identity, IServer server,
    IHostApplicationLifetime lifetime, TimeProvider time)
    : BackgroundService
{
    // A store that is slow to start makes the screen late, not missing.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = lifetime.ApplicationStarted.Register(started.SetResult);
        try
        {
            await started.Task.WaitAsync(stoppingToken);
            await controlPlane.UntilEdgeIsKnownAsync(stoppingToken).WaitAsync(Patience, time, stoppingToken);
        }
        catch (TimeoutException)
        {
            // What the screen shows is true, and the log says what is slow.
        }
        TrialCredential? credential = settings.Edge.Secrets is [byte[] secret, ..]
            ? TrialCredential.Create(secret, settings.Edge.CredentialSeparator, time.GetUtcNow())
            : null;
        string screen = TrialScreen.Write(
            relay.ListenerUrls, credential, StartReport.ManagementUrl(server), identity.Version, More(), Check(), settings.Edge.Trial);
        await Console.Out.WriteLineAsync(screen.AsMemory(), stoppingToken);
    }

    // A fragment never leaves the browser.
    private string Check() => settings.OperatorToken is string token ? $"{controlPlane.Http}check#token={token}" : $"{controlPlane.Http}check";

    private List<(string Name, string Value)> More()
    {
        List<(string Name, string Value)> lines =
        [
            ("REST", $"{controlPlane.Http}swagger"),
            ("gRPC", controlPlane.Grpc.GetLeftPart(UriPartial.Authority)),
        ];
        if (settings.OperatorToken is string token)
        {
            lines.Add(("token", token));
        }
        lines.Add(("store", StoreUrl()));
        return lines;
    }

    // As redis-cli -u takes it. A password that the operator chose is the operator's to know.
    private string StoreUrl() => settings.StorePasswordIsNew ? $"redis://:{store.Password}@{store.EndPoint}" : $"redis://{store.EndPoint}";
}
