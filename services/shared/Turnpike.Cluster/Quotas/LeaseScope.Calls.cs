using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>The calls to the store, one at a time: what the next one says and what its answer means.</summary>
internal sealed partial class LeaseScope
{
    /// <summary>Users of one update, and of one step of taking an edge apart: about a millisecond of the store's time.</summary>
    public const int ChangeChunk = 256;

    /// <summary>Users of one renewal, which only reads them.</summary>
    public const int ReadChunk = 512;

    /// <summary>So often in a row the store may say that it does not know this edge before the next tick is waited for.</summary>
    private const int MaxUnknown = 4;

    private const string Beginning = "0";

    private readonly Queue<LeaseUser> _toSync = new();
    private readonly Queue<LeaseUser> _toClaim = new();
    private readonly Queue<string> _expired = new();
    private TaskCompletionSource? _renewal;
    private string _reapCursor = Beginning;
    private LeaseUser[]? _renewing;
    private int _renewed;
    private long _acknowledged;
    private int _unknown;
    private bool _isJoined;
    private bool _mayBeThere;
    private bool _mustLeave;
    private bool _renewDue;
    private bool _restoring;
    private bool _updatedLast;
    private bool _isClosed;

    public bool HasWork =>
        IsTracked && (_mustLeave || _renewDue || _expired.Count > 0 || (!_isClosed && (_toSync.Count > 0 || _toClaim.Count > 0)));

    /// <summary>Wants a renewal; the task ends with it, and with what it brought to light, whether that worked or not.</summary>
    public Task Renew()
    {
        _renewDue = true;
        _renewal ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _renewal.Task;
    }

    /// <summary>Gives everything back; no call but that one follows.</summary>
    public Task Close()
    {
        _isClosed = true;
        _expired.Clear();
        if (_mayBeThere)
        {
            Leave();
        }
        return Renew();
    }

    /// <summary>The next call, or null when nothing is left to say.</summary>
    public LeaseStep? Next()
    {
        if (_renewDue && _users.Count == 0 && _mayBeThere && !_mustLeave)
        {
            // Nothing held: the place in the store goes too. The next update joins again, at no extra cost.
            Leave();
        }
        if (_mustLeave)
        {
            return LeaseStep.MakeReap(this, Edge, ChangeChunk, _context.NextSequence(), _reapCursor);
        }
        if (_isClosed)
        {
            return null;
        }
        // They take turns, so that neither many users nor many dead edges hold up the other.
        LeaseStep? step = _updatedLast ? NextUpkeep() ?? NextUpdate() : NextUpdate() ?? NextUpkeep();
        _updatedLast = step is LeaseStep.Update;
        return step;
    }

    /// <summary>Takes an answer in. False: the store keeps forgetting this edge; the calls stop until the next tick.</summary>
    public bool Apply(LeaseStep step, RedisResult result, List<LeaseRequest> settled)
    {
        switch (step)
        {
            case LeaseStep.Reap reap:
                ApplyReap(reap, (string)result!);
                break;
            case LeaseStep.Renew or LeaseStep.Update when !new LeaseReply(result).IsKnown:
                Forget(step);
                return ++_unknown < MaxUnknown;
            case LeaseStep.Renew renew:
                ApplyRenewal(renew, new LeaseReply(result));
                break;
            case LeaseStep.Update update:
                ApplyUpdate(update, new LeaseReply(result), settled);
                break;
        }
        _restoring &= _toSync.Count > 0;
        if (!_renewDue && !_mustLeave && !_restoring && _expired.Count == 0)
        {
            EndRenewal();
        }
        return true;
    }

    /// <summary>A call brought no answer: it may have been carried out, now or later. Absolute counts make it good.</summary>
    public void Fail(LeaseStep step)
    {
        if (step is LeaseStep.Update update)
        {
            foreach (LeaseStep.UpdateItem item in update.Items)
            {
                item.User.Called = false;
                item.User.Unsure = true;
                QueueSync(item.User);
                QueueClaims(item.User);
            }
        }
        else if (step is LeaseStep.Reap)
        {
            // The next renewal names dead edges again.
            _expired.Clear();
            _reapCursor = Beginning;
        }
        Stop();
    }

    /// <summary>No more calls for now.</summary>
    public void Stop()
    {
        _unknown = 0;
        EndRounds();
        EndRenewal();
    }

    private LeaseStep? NextUpkeep()
    {
        if (_expired.TryPeek(out string? dead))
        {
            return LeaseStep.MakeReap(this, dead, ChangeChunk, null, _reapCursor);
        }
        // Without a lease there is nothing to renew; the next update makes one.
        _renewDue &= _isJoined;
        if (!_renewDue)
        {
            return null;
        }
        _renewing ??= [.. _users.Values];
        int count = Math.Min(ReadChunk, _renewing.Length - _renewed);
        return LeaseStep.MakeRenew(
            this, _acknowledged, _context.LeaseMilliseconds, new ArraySegment<LeaseUser>(_renewing, _renewed, count));
    }

    private LeaseStep.Update? NextUpdate()
    {
        List<LeaseStep.UpdateItem> items = [];
        List<LeaseUser> users = [];
        while (users.Count < ChangeChunk && _toSync.TryDequeue(out LeaseUser? user))
        {
            user.InSyncQueue = false;
            if (user.NeedsSync)
            {
                user.Called = true;
                users.Add(user);
            }
        }
        // Nothing new is asked for before all that is already in use has been told.
        bool asks = _toSync.Count == 0;
        while (asks && users.Count < ChangeChunk && _toClaim.TryDequeue(out LeaseUser? user))
        {
            user.InClaimQueue = false;
            if (user.WaitingCount > 0 && !user.Called)
            {
                user.Called = true;
                users.Add(user);
            }
        }
        if (users.Count == 0)
        {
            return null;
        }
        foreach (LeaseUser user in users)
        {
            int waiting = asks ? user.WaitingCount : 0;
            items.Add(new(user, user.InUse, user.InUse + waiting, waiting > 0 ? user.LastWaiting!.Number : 0));
            user.Floor = Math.Min(user.Floor, user.InUse);
        }
        _mayBeThere = true;
        return LeaseStep.MakeUpdate(
            this, _context.NextSequence(), _acknowledged, join: !_isJoined, _context.LeaseMilliseconds, items);
    }

    private void ApplyReap(LeaseStep.Reap reap, string cursor)
    {
        bool isDone = cursor.Length == 0;
        _reapCursor = isDone ? Beginning : cursor;
        if (!isDone)
        {
            return;
        }
        if (reap.Edge != Edge)
        {
            _ = _expired.TryDequeue(out _);
            _context.Counters.Reaped++;
            return;
        }
        _mustLeave = false;
        _mayBeThere = false;
        _renewDue = false;
    }

    private void ApplyRenewal(LeaseStep.Renew renew, in LeaseReply reply)
    {
        _unknown = 0;
        int[] sums = reply.Sums;
        for (int i = 0; i < renew.Users.Count; i++)
        {
            LeaseUser user = renew.Users[i];
            user.Others = user.Unsure ? user.Others : Math.Max(0, sums[i] - user.Floor);
        }
        QueueExpired(reply.Expired);
        _renewed += renew.Users.Count;
        if (_renewed >= _renewing!.Length)
        {
            EndRounds();
        }
    }

    private void ApplyUpdate(LeaseStep.Update update, in LeaseReply reply, List<LeaseRequest> settled)
    {
        _unknown = 0;
        _isJoined = true;
        _acknowledged = update.Sequence;
        int[] held = reply.Held;
        int[] sums = reply.Sums;
        QueueExpired(reply.Expired);
        for (int i = 0; i < held.Length; i++)
        {
            LeaseStep.UpdateItem item = update.Items[i];
            LeaseUser user = item.User;
            user.Called = false;
            user.Unsure = false;
            user.Floor = held[i];
            user.Others = sums[i] - held[i];
            Assign(user, settled);
            if (held[i] < item.Want && _expired.Count == 0)
            {
                Refuse(item, update, sums[i], settled);
            }
            QueueClaims(user);
            Tidy(user);
        }
    }

    /// <summary>Who was asked for and got nothing. Where dead edges may hold what it needs, it is asked for once more without them.</summary>
    private void Refuse(in LeaseStep.UpdateItem item, LeaseStep.Update update, int sum, List<LeaseRequest> settled)
    {
        LeaseDecision decision = IsTotal ? LeaseDecision.TotalQuotaReached
            : update.UserLimit > 0 && sum >= update.UserLimit ? LeaseDecision.UserQuotaReached
            : LeaseDecision.RealmQuotaReached;
        while (item.User.FirstWaiting is LeaseClaim claim && claim.Number <= item.Last)
        {
            End(claim.Request, decision, settled);
        }
    }

    /// <summary>The store lost this edge, wholly or in part: what is left of it goes, then everything is set again.</summary>
    private void Forget(LeaseStep step)
    {
        if (step is LeaseStep.Update update)
        {
            update.Items.ForEach(static item => item.User.Called = false);
        }
        Leave();
        _restoring = true;
        EndRounds();
        _context.Counters.Restores++;
        foreach (LeaseUser user in _users.Values)
        {
            user.Floor = 0;
            user.Unsure = true;
            QueueSync(user);
            QueueClaims(user);
        }
    }

    /// <summary>This edge's own counts are taken apart next; it has to join again then.</summary>
    private void Leave()
    {
        _mustLeave = true;
        _isJoined = false;
        _reapCursor = Beginning;
    }

    private void QueueExpired(string[] edges)
    {
        foreach (string edge in edges)
        {
            if (edge != Edge && !_isClosed && !_expired.Contains(edge))
            {
                _expired.Enqueue(edge);
            }
        }
    }

    private void QueueSync(LeaseUser user)
    {
        if (user.NeedsSync && !user.InSyncQueue && IsTracked && !_isClosed)
        {
            user.InSyncQueue = true;
            _toSync.Enqueue(user);
        }
    }

    private void QueueClaims(LeaseUser user)
    {
        if (user.WaitingCount > 0 && !user.InClaimQueue)
        {
            user.InClaimQueue = true;
            _toClaim.Enqueue(user);
        }
    }

    private void EndRounds()
    {
        _renewDue = false;
        _renewing = null;
        _renewed = 0;
    }

    private void EndRenewal()
    {
        _renewal?.TrySetResult();
        _renewal = null;
    }
}
