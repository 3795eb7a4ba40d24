using System.Security.Cryptography;
using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Webhooks;

/// <summary>
/// Delivers one webhook, or waits until the replica that does has gone. Whatever is changed about the webhook ends each wait.
/// </summary>
internal sealed class WebhookRunner : IAsyncDisposable
{
    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FaultRetry = TimeSpan.FromSeconds(30);

    private readonly WebhookServices _services;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private volatile State _state;

    public WebhookRunner(WebhookRecord webhook, WebhookServices services)
    {
        _services = services;
        _state = new State(webhook);
        _running = Task.Run(RunAsync);
    }

    public string Uid => _state.Webhook.Uid;

    public string Realm => _state.Webhook.Realm;

    /// <summary>Tells what the webhook is like now.</summary>
    public void Update(WebhookRecord webhook)
    {
        State before = _state;
        if (before.Webhook.Version != webhook.Version)
        {
            _state = new State(webhook);
            before.SetChanged();
        }
    }

    /// <summary>Ends when what is under way has ended, and gives the lease back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _services.Metrics.Drop(Uid);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            State state = _state;
            TimeSpan pause;
            try
            {
                pause = await StepAsync(state);
            }
            catch (StoreException)
            {
                // The store says so itself. Another replica may be able to reach it; when nobody is, all wait.
                pause = StoreRetry;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever it is, this webhook tries again, and the others go on.
            catch (Exception problem)
#pragma warning restore CA1031
            {
                WebhookLog.Failed(_services.Logger, problem, state.Name);
                pause = FaultRetry;
            }
            await state.WaitAsync(pause, news: null, _services.Time, _stopping.Token);
        }
    }

    /// <summary>Takes the lease and delivers for as long as there is something to.</summary>
    /// <returns>How long to wait before trying again; a change ends the wait.</returns>
    private async Task<TimeSpan> StepAsync(State state)
    {
        WebhookRecord webhook = state.Webhook;
        if (webhook.Paused)
        {
            _services.Metrics.Drop(webhook.Uid);
            return Timeout.InfiniteTimeSpan;
        }
        WebhookLease lease = await _services.Leases.ClaimAsync(webhook.Uid, _services.Lease);
        if (!lease.IsHeld)
        {
            // Of several that wait for the same lease one is the first by chance.
            _services.Metrics.Drop(webhook.Uid);
            return lease.Left + TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(20, 200));
        }
        WebhookDelivery delivery = new(state, lease, _services);
        try
        {
            await delivery.RunAsync(_stopping.Token);
        }
        finally
        {
            await ReleaseAsync(webhook, lease);
        }
        return delivery.IsOver ? Timeout.InfiniteTimeSpan : TimeSpan.Zero;
    }

    private async Task ReleaseAsync(WebhookRecord webhook, WebhookLease lease)
    {
        _services.Metrics.Drop(webhook.Uid);
        try
        {
            await _services.Leases.CommitAsync(webhook.Uid, lease.Fence, TimeSpan.Zero);
        }
        catch (StoreException)
        {
            // It ends by itself.
        }
    }

    /// <summary>The webhook as it was told last, and the end of that.</summary>
    internal sealed class State(WebhookRecord webhook)
    {
        private readonly TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public WebhookRecord Webhook { get; } = webhook;

        public string Name { get; } = Realms.ResourceName.OfWebhook(webhook.Realm, webhook.Id);

        public bool IsChanged => _changed.Task.IsCompleted;

        public void SetChanged() => _changed.SetResult();

        /// <summary>Waits for some time, for something new, for a change or for the end, whichever comes first.</summary>
        public async Task WaitAsync(TimeSpan limit, Task? news, TimeProvider time, CancellationToken stopping)
        {
            using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            Task delay = Task.Delay(limit, time, enough.Token);
            await (news is null ? Task.WhenAny(delay, _changed.Task) : Task.WhenAny(delay, _changed.Task, news));
            await enough.CancelAsync();
        }
    }
}
