namespace Turnpike.Cluster.Interop.Fleet;

/// <summary>Looks at the cluster's counts of a tenant again and again, and remembers the most of each user.</summary>
internal sealed class CountWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Dictionary<string, int> _most = [];
    private readonly Task _watching;

    public CountWatch(Tenant tenant) => _watching = WatchAsync(tenant);

    /// <summary>Ends it; the most that was counted of the user at any time.</summary>
    public async Task<int> EndAsync(string user)
    {
        await _end.CancelAsync();
        await _watching;
        return _most.GetValueOrDefault(user);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching;
        _end.Dispose();
    }

    private async Task WatchAsync(Tenant tenant)
    {
        while (!_end.IsCancellationRequested)
        {
            foreach ((string user, int count) in await tenant.CountsAsync())
            {
                _most[user] = Math.Max(_most.GetValueOrDefault(user), count);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
        }
    }
}
