using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Webhooks;

/// <summary>
/// Keeps a runner for every webhook in the store. It asks what has changed when a change is announced, and each second, since an
/// announcement may be lost.
/// </summary>
internal sealed class WebhookDispatcher(ClusterStore store, WebhookStore webhooks, WebhookServices services) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly string Prefix = WebhookStore.Change("");

    private readonly Membership _membership = new(store);
    private readonly Dictionary<string, WebhookRunner> _runners = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _wake = new(0, 1);
    private string _epoch = "";
    private long _seen;

    /// <inheritdoc/>
    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        store.Notified += OnNotified;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await ReadAsync(stoppingToken);
                await _wake.WaitAsync(Interval, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return; // The process ends.
        }
        finally
        {
            store.Notified -= OnNotified;
            await Task.WhenAll(_runners.Values.Select(runner => runner.DisposeAsync().AsTask()));
        }
    }

    private async Task ReadAsync(CancellationToken stopping)
    {
        try
        {
            await store.WaitUntilAvailableAsync(stopping);
            HeartbeatReply reply = await _membership.WatchAsync(_seen);
            // A store that came back empty, or older, may have any webhooks.
            bool all = reply.Epoch != _epoch || reply.Change < _seen || reply.Changed.Contains(HeartbeatReply.Everything);
            IEnumerable<string> realms = all
                ? [.. await webhooks.RealmsAsync(), .. _runners.Values.Select(runner => runner.Realm)]
                : reply.Changed.Where(what => what.StartsWith(Prefix, StringComparison.Ordinal)).Select(what => what[Prefix.Length..]);
            foreach (string realm in realms.Distinct(StringComparer.Ordinal).ToArray())
            {
                await FollowAsync(realm, await webhooks.ListAsync(realm));
            }
            (_epoch, _seen) = (reply.Epoch, reply.Change);
        }
        catch (StoreException)
        {
            // The store says so itself; what was not read is asked for again.
        }
    }

    private async Task FollowAsync(string realm, IReadOnlyList<WebhookRecord> found)
    {
        foreach (WebhookRunner gone in _runners.Values.Where(runner => runner.Realm == realm && found.All(webhook => webhook.Uid != runner.Uid)).ToArray())
        {
            _runners.Remove(gone.Uid);
            // What it has under way may take a while, and the others shall not wait for that.
            Task ending = gone.DisposeAsync().AsTask();
            if (ending.IsCompleted)
            {
                await ending;
            }
        }
        foreach (WebhookRecord webhook in found)
        {
            if (_runners.TryGetValue(webhook.Uid, out WebhookRunner? runner))
            {
                runner.Update(webhook);
            }
            else
            {
                _runners.Add(webhook.Uid, new WebhookRunner(webhook, services));
            }
        }
    }

    private void OnNotified(string what)
    {
        if (!what.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return;
        }
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // The reading that is due already will do.
        }
    }
}
