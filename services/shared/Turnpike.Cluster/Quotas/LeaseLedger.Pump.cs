using System.Security.Cryptography;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>The asynchronous side: a scope's calls to the store, one at a time, and what ends waiting otherwise.</summary>
public sealed partial class LeaseLedger
{
    /// <summary>Renews the leases each third of their time, until the end.</summary>
    public void Start() => _loop = RenewLoopAsync();

    /// <summary>
    /// Renews all leases, sets again what the store lost, takes dead edges apart and tells what was granted by the local share. Does
    /// nothing while the store is away; never throws.
    /// </summary>
    public async Task RenewAsync()
    {
        LeaseScope[] scopes;
        lock (_lock)
        {
            scopes = [.. _realms.Values.Append(_total).Where(static scope => scope.IsTracked)];
        }
        // Some at once, so that the store answers others in between.
        foreach (LeaseScope[] some in scopes.Chunk(RenewedAtOnce))
        {
            List<Task> renewals = [];
            lock (_lock)
            {
                if (!_isClosed)
                {
                    renewals.AddRange(some.Select(scope => StartPump(scope, scope.Renew())));
                }
            }
            await Task.WhenAll(renewals).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Takes note of the store's epoch: with another one than before, or a young one, the store was lost, and for one lease time after
    /// its start the local share bounds what is granted, because the other edges may not have set again what they hold.
    /// </summary>
    /// <param name="epoch">The epoch, as heartbeats report it.</param>
    /// <param name="ageMilliseconds">How long ago it began, by the store's clock.</param>
    public void OnEpoch(string epoch, long ageMilliseconds)
    {
        lock (_lock)
        {
            if (epoch == _epoch)
            {
                return;
            }
            bool isOther = _epoch is not null;
            _epoch = epoch;
            long remaining = Math.Max(0, _context.LeaseMilliseconds - ageMilliseconds);
            _exactFrom = _time.GetTimestamp() + Ticks(remaining);
            if (isOther)
            {
                LogEpoch(_logger, remaining);
                foreach (LeaseScope scope in _realms.Values.Append(_total))
                {
                    _ = StartPump(scope, scope.Renew());
                }
            }
        }
    }

    /// <summary>Ends waiting requests (<see cref="LeaseDecision.Unavailable"/>) and gives everything back, where the store answers.</summary>
    public async ValueTask DisposeAsync()
    {
        List<LeaseRequest> settled = [];
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }
            _isClosed = true;
            while (_pending.First is { Value: LeaseRequest request })
            {
                LeaseScope.End(request, LeaseDecision.Unavailable, settled);
            }
            AfterSettling(settled);
        }
        _store.AvailabilityChanged -= OnAvailability;
        Complete(settled);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stopping.Dispose();
        await _deadline.DisposeAsync().ConfigureAwait(false);
        foreach (LeaseScope[] some in _realms.Values.Append(_total).Chunk(RenewedAtOnce))
        {
            List<Task> leaving = [];
            lock (_lock)
            {
                leaving.AddRange(some.Select(scope => StartPump(scope, scope.Close())));
            }
            await Task.WhenAll(leaving).ConfigureAwait(false);
        }
    }

    private async Task RenewLoopAsync()
    {
        int third = _context.LeaseMilliseconds / 3;
        while (!_stopping.IsCancellationRequested)
        {
            // Up to a tenth earlier, so that edges that started together do not stay together.
            TimeSpan pause = TimeSpan.FromMilliseconds(third - RandomNumberGenerator.GetInt32(Math.Max(1, third / 10)));
            await Task.Delay(pause, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_stopping.IsCancellationRequested)
            {
                await RenewAsync().ConfigureAwait(false);
            }
        }
    }

    private void StartPump(LeaseScope scope) => _ = StartPump(scope, Task.CompletedTask);

    /// <param name="scope">What there may be something to say about.</param>
    /// <param name="renewal">Returned; over at once where no call is made.</param>
    private Task StartPump(LeaseScope scope, Task renewal)
    {
        if (scope.IsPumping)
        {
            return renewal;
        }
        if (scope.HasWork && _store.IsAvailable)
        {
            scope.IsPumping = true;
            _post(() => _ = PumpAsync(scope));
        }
        else
        {
            scope.Stop();
            Drop(scope);
        }
        return renewal;
    }

    private void Drop(LeaseScope scope)
    {
        if (scope.IsForgettable && !_isClosed)
        {
            _realms.Remove(scope.Realm);
        }
    }

    private async Task PumpAsync(LeaseScope scope)
    {
        List<LeaseRequest> settled = [];
        bool goesOn = true;
        while (goesOn)
        {
            LeaseStep? step;
            lock (_lock)
            {
                scope.IsWoken = false;
                step = _store.IsAvailable ? scope.Next() : null;
                if (step is null)
                {
                    Rest(scope, settled);
                }
            }
            if (step is null)
            {
                goesOn = false;
            }
            else
            {
                goesOn = await CallAsync(scope, step, settled).ConfigureAwait(false);
            }
            Complete(settled);
            settled.Clear();
        }
    }

    private async Task<bool> CallAsync(LeaseScope scope, LeaseStep step, List<LeaseRequest> settled)
    {
        try
        {
            RedisResult result = await _store.RunAsync(step.Script, step.Keys, step.Arguments, step.Causes).ConfigureAwait(false);
            lock (_lock)
            {
                _counters.Calls++;
                scope.IsFailing = false;
                long restores = _counters.Restores;
                bool goesOn = scope.Apply(step, result, settled);
                AfterSettling(settled);
                if (_counters.Restores > restores)
                {
                    LogRestore(_logger, scope.Realm, scope.UserCount);
                }
                return goesOn || Rest(scope, settled);
            }
        }
        catch (Exception e)
        {
            // Whatever it was, the outcome of the call is unknown and the requests that wait for it need an answer.
            lock (_lock)
            {
                _counters.Calls++;
                _counters.Failures++;
                if (e is not StoreUnavailableException && !scope.IsFailing)
                {
                    scope.IsFailing = true;
                    LogFailure(_logger, scope.Realm, e);
                }
                scope.Fail(step);
                return Rest(scope, settled);
            }
        }
    }

    /// <summary>The calls stop: who still waits is decided without the store. True: they go on after all.</summary>
    private bool Rest(LeaseScope scope, List<LeaseRequest> settled)
    {
        if (scope.IsWoken)
        {
            return true;
        }
        scope.Stop();
        LinkedListNode<LeaseRequest>? next = scope.WaitingCount > 0 ? _pending.First : null;
        while (next is { Value: LeaseRequest request })
        {
            next = next.Next;
            if ((scope.IsTotal ? request.Total : request.Realm) is { Place: not null } claim && claim.Scope == scope)
            {
                EndLocally(request, settled);
            }
        }
        AfterSettling(settled);
        // Only now: a scope whose call failed rests until the next tick or request.
        scope.IsPumping = false;
        Drop(scope);
        return false;
    }

    private void EndLocally(LeaseRequest request, List<LeaseRequest> settled)
    {
        LeaseClaim realm = request.Realm;
        LeaseDecision decision = DecideLocally(realm.Scope, realm.User, request.Limits, !realm.IsMet, !request.Total.IsMet);
        _counters.GrantedLocally += decision == LeaseDecision.Granted ? 1 : 0;
        LeaseScope.End(request, decision, settled);
    }

    /// <summary>Tells the store what the decisions change, and asks for what they lead to.</summary>
    private void AfterSettling(List<LeaseRequest> settled)
    {
        foreach (LeaseRequest request in settled)
        {
            StartPump(request.Realm.Scope);
        }
        StartPump(_total);
    }

    private void Complete(List<LeaseRequest> settled)
    {
        foreach (LeaseRequest request in settled)
        {
            try
            {
                request.Completed(request.Decision);
            }
            catch (Exception e)
            {
                // One caller's fault must not cost the others their answers.
                LogCallback(_logger, e);
            }
        }
    }

    private void OnAvailability(bool isAvailable)
    {
        List<LeaseRequest> settled = [];
        lock (_lock)
        {
            if (isAvailable)
            {
                LogBack(_logger, _total.InUse);
                foreach (LeaseScope scope in _realms.Values.Append(_total))
                {
                    scope.IsWoken = true;
                    _ = StartPump(scope, scope.Renew());
                }
            }
            else
            {
                EndAllLocally(long.MaxValue, settled);
                LogAway(_logger, _mode, settled.Count);
            }
        }
        if (settled.Count > 0)
        {
            _post(() => Complete(settled));
        }
    }

    private void OnDeadline()
    {
        List<LeaseRequest> settled = [];
        lock (_lock)
        {
            long now = _time.GetTimestamp();
            EndAllLocally(now, settled);
            _isDeadlineSet = _pending.First is not null && !_isClosed;
            if (_isDeadlineSet)
            {
                _deadline.Change(_time.GetElapsedTime(now, _pending.First!.Value.Deadline), Timeout.InfiniteTimeSpan);
            }
        }
        Complete(settled);
    }

    private void EndAllLocally(long until, List<LeaseRequest> settled)
    {
        while (_pending.First is { Value: LeaseRequest request } && request.Deadline <= until)
        {
            EndLocally(request, settled);
        }
        AfterSettling(settled);
    }
}
