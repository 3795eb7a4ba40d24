using Turnpike.Cluster;
using Turnpike.ControlPlane.Options;
using Turnpike.ControlPlane.Realms;

namespace Turnpike.ControlPlane.Credentials;

/// <summary>Makes the default realm, with a secret, where the cluster has none of that name: at the start, and when it is asked for.</summary>
internal sealed partial class DefaultRealm(
    ControlPlaneSettings settings, ClusterStore store, RealmStore realms, TimeProvider time, ILogger<DefaultRealm> logger) : BackgroundService
{
    private const int Attempts = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>The default realm as it is, or as it is then.</summary>
    /// <exception cref="StoreUnavailableException">The store is away.</exception>
    public async Task<RealmRecord> EnsureAsync()
    {
        for (int attempt = 0; ; attempt++)
        {
            if (await realms.GetAsync(settings.DefaultRealm) is { } realm)
            {
                return realm;
            }
            RealmRecord made = new() { Name = settings.DefaultRealm, Secrets = [RealmSecrets.Make(time.GetUtcNow().ToUnixTimeSeconds())] };
            try
            {
                made = made with { Version = await realms.PutAsync(made, 0) };
                LogMade(logger, made.Name);
                return made;
            }
            catch (RealmConflictException) when (attempt < Attempts)
            {
                // Another replica was quicker; its secret is the one that counts.
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await store.WaitUntilAvailableAsync(stoppingToken);
                await EnsureAsync();
                return;
            }
            catch (StoreUnavailableException)
            {
                // It went away again in between.
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    [LoggerMessage(EventId = 3050, Level = LogLevel.Information, Message = "Made the realm {Realm} with a first secret, because the cluster had none of that name")]
    private static partial void LogMade(ILogger logger, string realm);
}
