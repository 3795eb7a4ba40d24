namespace Turnpike.Server;

/// <summary>A token bucket that holds one second's worth. Time is an argument; a rate of 0, as at first, means no limit.</summary>
internal struct TokenBucket
{
    private long _rate;

    // In thousandths of a token: a millisecond refills exactly the rate.
    private long _level;
    private long _filledAt;

    /// <summary>
    /// Changes the rate. What has been taken stays taken: only a bucket that had no limit is full, and none holds more than its new
    /// size.
    /// </summary>
    /// <param name="ratePerSecond">Tokens a second, and the bucket's size.</param>
    public void SetRate(long ratePerSecond)
    {
        long full = ratePerSecond * 1000;
        if (_rate == 0)
        {
            _level = full;
            _filledAt = long.MinValue;
        }

        _level = Math.Min(_level, full);
        _rate = ratePerSecond;
    }

    public bool TryTake(long tokens, long now)
    {
        if (_rate == 0)
        {
            return true;
        }

        if (now > _filledAt)
        {
            Fill(now);
        }

        long cost = tokens * 1000;
        // A single datagram may be larger than the bucket; it passes when the bucket is full, else nothing ever would.
        if (_level < Math.Min(cost, _rate * 1000))
        {
            return false;
        }

        _level -= cost;
        return true;
    }

    private void Fill(long now)
    {
        // A large datagram leaves a debt of more than a second, so the time since then counts in full; a long one just fills up.
        long missing = (_rate * 1000) - _level;
        bool full = _filledAt == long.MinValue || now - _filledAt > missing / _rate;
        _level += full ? missing : (now - _filledAt) * _rate;
        _filledAt = now;
    }
}
