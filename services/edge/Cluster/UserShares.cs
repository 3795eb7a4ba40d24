using System.Threading.Channels;
using Turnpike.Edge.Transport;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// Holds users to their bits a second over all of their allocations: once a second each allocation of a user who is capped is told
/// its share. An edge has as large a part of the cap as it has of the user's allocations in the cluster, and divides that by what
/// each of them used in the last second.
/// </summary>
/// <param name="registry">The allocations of this edge.</param>
/// <param name="hasCaps">Whether there is any cap; without one nobody is looked at.</param>
/// <param name="capOf">The cap on a user of a realm, in bits a second and direction; 0 is none.</param>
/// <param name="clusterCount">A user's allocations on all edges, as far as known.</param>
/// <param name="time">The source of time.</param>
internal sealed class UserShares(
    AllocationRegistry registry, Func<bool> hasCaps, Func<string, long> capOf, Func<string, string, int> clusterCount, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(20);

    // Shares that differ by less than a thirty-second part are as good as equal, and a shard is not disturbed for them.
    private const int Tolerance = 32;

    // An allocation that has used most of its share may want any amount more.
    private const double Hungry = 0.85;

    private readonly Dictionary<(string Realm, string User), List<LiveAllocation>> _users = [];
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private IReadOnlyList<IShardInbox> _shards = [];
    private long _countedAt;
    private bool _hadCaps;

    /// <summary>Begins to tell shares to the shards' allocations.</summary>
    public void Serve(IReadOnlyList<IShardInbox> shards)
    {
        _shards = shards;
        _countedAt = time.GetTimestamp();
        registry.Began += OnBegan;
        _ = RunAsync();
    }

    public void Stop()
    {
        registry.Began -= OnBegan;
        _wake.Writer.TryComplete();
    }

    // A new allocation would go on without a share until the next second.
    private void OnBegan(LiveAllocation allocation)
    {
        if (capOf(allocation.Realm) > 0)
        {
            _wake.Writer.TryWrite(true);
        }
    }

    private async Task RunAsync()
    {
        using PeriodicTimer timer = new(Interval, time);
        Task<bool> second = timer.WaitForNextTickAsync().AsTask();
        Task<bool> wake = _wake.Reader.WaitToReadAsync().AsTask();
        while (!_wake.Reader.Completion.IsCompleted)
        {
            if (ReferenceEquals(await Task.WhenAny(second, wake), wake))
            {
                // Many may begin at once; one walk serves them all.
                await Task.Delay(Gathering, time, CancellationToken.None);
                _wake.Reader.TryRead(out _);
                Divide(elapsed: TimeSpan.Zero);
                wake = _wake.Reader.WaitToReadAsync().AsTask();
            }
            else
            {
                Divide(time.GetElapsedTime(_countedAt));
                _countedAt = time.GetTimestamp();
                second = timer.WaitForNextTickAsync().AsTask();
            }
        }
    }

    /// <summary>Tells every allocation its share.</summary>
    /// <param name="elapsed">Since the traffic was looked at last; zero leaves what was seen then as it is.</param>
    internal void Divide(TimeSpan elapsed)
    {
        bool hadCaps = _hadCaps;
        _hadCaps = hasCaps();
        if (!hadCaps && !_hadCaps)
        {
            return;
        }

        foreach (LiveAllocation allocation in registry.All)
        {
            if (capOf(allocation.Realm) > 0 || allocation.Share > 0)
            {
                (string, string) user = (allocation.Realm, allocation.User);
                if (!_users.TryGetValue(user, out List<LiveAllocation>? own))
                {
                    _users.Add(user, own = []);
                }

                own.Add(allocation);
            }
        }

        foreach (((string realm, string user), List<LiveAllocation> own) in _users)
        {
            Divide(realm, user, own, elapsed);
        }

        _users.Clear();
    }

    private void Divide(string realm, string user, List<LiveAllocation> own, TimeSpan elapsed)
    {
        long cap = capOf(realm);
        Span<long> shares = own.Count <= 64 ? stackalloc long[own.Count] : new long[own.Count];
        Span<long> demands = own.Count <= 64 ? stackalloc long[own.Count] : new long[own.Count];
        long share = (long)((double)cap * own.Count / Math.Max(own.Count, clusterCount(realm, user)));
        if (cap > 0)
        {
            for (int i = 0; i < own.Count; i++)
            {
                demands[i] = Demand(own[i], share / own.Count, elapsed);
            }

            FairShares.Divide(share, demands, shares);
        }
        else
        {
            shares.Clear(); // The cap is gone, and what was told before with it.
        }

        for (int i = 0; i < own.Count; i++)
        {
            if (Math.Abs(shares[i] - own[i].Share) > own[i].Share / Tolerance)
            {
                Tell(own[i], shares[i]);
            }
        }
    }

    /// <summary>What an allocation may want in the next second, from what it used in the last one in its busier direction.</summary>
    private static long Demand(LiveAllocation allocation, long equal, TimeSpan elapsed)
    {
        if (elapsed <= TimeSpan.Zero)
        {
            return allocation.Share == 0 ? long.MaxValue : allocation.Share;
        }

        (long toPeers, long toClients) = allocation.Bytes;
        (long toPeersBefore, long toClientsBefore) = allocation.BytesBefore;
        allocation.BytesBefore = (toPeers, toClients);
        double used = Math.Max(toPeers - toPeersBefore, toClients - toClientsBefore) * 8 / elapsed.TotalSeconds;

        // Room to grow, and enough to begin with for one that was silent.
        return used >= allocation.Share * Hungry ? long.MaxValue : (long)(used * 1.25) + (equal / 16);
    }

    private void Tell(LiveAllocation allocation, long share)
    {
        allocation.Share = share;
        long id = allocation.Id;
        _shards[allocation.Shard].Post(server => server.SetUserShare(id, share));
    }
}
