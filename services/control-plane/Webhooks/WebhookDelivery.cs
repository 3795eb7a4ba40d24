using Turnpike.Cluster;
using Turnpike.ControlPlane.Usage;

namespace Turnpike.ControlPlane.Webhooks;

/// <summary>
/// One replica's turn at a webhook: from the moment that it gets the lease until it loses it, or the webhook is changed or disabled. The
/// place up to which all has arrived is written only behind an answer; where a delivery ends, before it is sent. So what is sent again, by
/// whichever replica, is the same again, under the same id.
/// </summary>
internal sealed class WebhookDelivery(WebhookRunner.State state, WebhookLease lease, WebhookServices services)
{
    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(1);

    // What is left of a lease when a delivery ends has to suffice to say so.
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(500);

    private readonly WebhookRecord _webhook = state.Webhook;
    private WebhookProgress _progress = lease.Progress.For(state.Webhook.Version);

    /// <summary>Nothing more is to be done before the webhook is changed.</summary>
    public bool IsOver => _progress.IsDisabled;

    private string? Cursor => _progress.CursorOf(_webhook);

    public async Task RunAsync(CancellationToken stopping)
    {
        EventFeed feed = services.Feeds.Take(_webhook.Realm);
        try
        {
            services.Metrics.Hold(_webhook.Uid, null);
            bool held = true;
            while (held && !_progress.IsDisabled && !state.IsChanged)
            {
                stopping.ThrowIfCancellationRequested();
                TimeSpan wait = DateTimeOffset.FromUnixTimeMilliseconds(_progress.NextAttempt) - services.Time.GetUtcNow();
                held = wait > TimeSpan.Zero ? await WaitAsync(wait, null, stopping) : await StepAsync(feed, stopping);
            }
        }
        finally
        {
            services.Feeds.Return(feed);
        }
    }

    /// <returns>Whether the lease is still held.</returns>
    private async Task<bool> StepAsync(EventFeed feed, CancellationToken stopping)
    {
        Task next = feed.Next;
        EventPage page = await feed.ReadAsync(Cursor, WebhookBatch.CountOf(Cursor, _progress.Pending));
        if (WebhookBatch.Of(_webhook, Cursor, _progress.Pending, page) is not { } batch)
        {
            services.Metrics.Hold(_webhook.Uid, null);
            return await WaitAsync(services.Renewal, next, stopping);
        }
        services.Metrics.Hold(_webhook.Uid, batch.Oldest);
        if (batch.IsEmpty)
        {
            return await CommitAsync(_progress with { Cursor = batch.End, Pending = null });
        }
        using IDisposable place = await services.Sender.EnterAsync(stopping);
        long renewed = services.Time.GetTimestamp();
        if (!await CommitAsync(_progress with { Pending = batch.End.Length > 0 ? batch.End : null }))
        {
            return false;
        }
        // Nothing is under way when the lease ends; and what is under way is not broken off, since it may have arrived.
        TimeSpan left = services.Lease - services.Time.GetElapsedTime(renewed) - Margin;
        if (left <= TimeSpan.Zero)
        {
            return true;
        }
        if (_progress.FailedAttempts > 0)
        {
            services.Metrics.CountRetry();
        }
        SendOutcome outcome = await services.Sender.SendAsync(
            _webhook, batch.Id(_webhook, Cursor), batch.Body(_webhook, services.Time.GetUtcNow()),
            left < services.Sender.Limit ? left : services.Sender.Limit, CancellationToken.None);
        WebhookProgress before = _progress;
        bool held = await CommitOutcomeAsync(After(batch, outcome), stopping);
        if (held)
        {
            Tell(before, batch, outcome);
        }
        return held;
    }

    private WebhookProgress After(WebhookBatch batch, SendOutcome outcome)
    {
        DateTimeOffset now = services.Time.GetUtcNow();
        long milliseconds = now.ToUnixTimeMilliseconds();
        if (outcome.Result == SendResult.Delivered)
        {
            return _progress with
            {
                Cursor = batch.End,
                Pending = null,
                FailedAttempts = 0,
                FailingSince = 0,
                NextAttempt = 0,
                LastSuccess = milliseconds,
                Delivered = _progress.Delivered + batch.Events.Count,
                Missed = _progress.Missed + batch.Missed,
            };
        }
        WebhookProgress failed = _progress with
        {
            FailedAttempts = _progress.FailedAttempts + 1,
            FailingSince = _progress.FailingSince == 0 ? milliseconds : _progress.FailingSince,
            LastFailure = milliseconds,
            LastFailureReason = outcome.Failure,
        };
        if (outcome.Result == SendResult.Gone)
        {
            return failed with { DisabledReason = "the receiver answered 410: it wants no deliveries any more", NextAttempt = 0 };
        }
        TimeSpan failing = now - DateTimeOffset.FromUnixTimeMilliseconds(failed.FailingSince);
        return services.Schedule.IsOver(failing)
            ? failed with { DisabledReason = $"nothing has arrived for {failing.TotalHours:0.#} h; the last attempt: {outcome.Failure}", NextAttempt = 0 }
            : failed with { NextAttempt = (now + services.Schedule.Delay(failed.FailedAttempts, outcome.RetryAfter)).ToUnixTimeMilliseconds() };
    }

    private void Tell(WebhookProgress before, WebhookBatch batch, SendOutcome outcome)
    {
        if (outcome.Result == SendResult.Delivered)
        {
            services.Metrics.CountDelivered(batch.Events.Count, batch.Missed);
            if (batch.Missed > 0)
            {
                WebhookLog.Missed(services.Logger, state.Name, batch.Missed);
            }
            if (before.FailedAttempts > 0)
            {
                WebhookLog.Recovered(services.Logger, state.Name, before.FailedAttempts);
            }
        }
        else if (_progress.IsDisabled)
        {
            services.Metrics.CountDisabled();
            WebhookLog.Disabled(services.Logger, state.Name, _progress.DisabledReason);
        }
        else if (before.FailedAttempts == 0)
        {
            WebhookLog.Failing(services.Logger, state.Name, outcome.Failure);
        }
    }

    /// <summary>Waits, and keeps the lease meanwhile.</summary>
    private async Task<bool> WaitAsync(TimeSpan limit, Task? news, CancellationToken stopping)
    {
        await state.WaitAsync(limit < services.Renewal ? limit : services.Renewal, news, services.Time, stopping);
        stopping.ThrowIfCancellationRequested();
        return state.IsChanged || await services.Leases.CommitAsync(_webhook.Uid, lease.Fence, services.Lease);
    }

    private async Task<bool> CommitAsync(WebhookProgress progress)
    {
        _progress = progress;
        return await services.Leases.CommitAsync(_webhook.Uid, lease.Fence, services.Lease, progress);
    }

    // What has arrived must not come again only because the store is away for a moment: the fence tells whether it still counts then.
    private async Task<bool> CommitOutcomeAsync(WebhookProgress progress, CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                return await CommitAsync(progress);
            }
            catch (StoreUnavailableException) when (!stopping.IsCancellationRequested)
            {
                await Task.Delay(StoreRetry, services.Time, stopping);
            }
        }
    }
}
