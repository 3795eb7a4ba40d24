using System.Diagnostics;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>What the ledger needs of the store: the seam at which a test delays, loses and reorders calls.</summary>
internal interface ILeaseStore
{
    bool IsAvailable { get; }

    event Action<bool>? AvailabilityChanged;

    ClusterKeys Keys { get; }

    Task<RedisResult> RunAsync(ClusterScript script, RedisKey[] keys, RedisValue[] arguments, IReadOnlyList<ActivityContext> causes);
}

/// <summary>The real one.</summary>
internal sealed class ClusterLeaseStore(ClusterStore store) : ILeaseStore
{
    public bool IsAvailable => store.IsAvailable;

    public event Action<bool>? AvailabilityChanged
    {
        add => store.AvailabilityChanged += value;
        remove => store.AvailabilityChanged -= value;
    }

    public ClusterKeys Keys => store.Keys;

    public Task<RedisResult> RunAsync(ClusterScript script, RedisKey[] keys, RedisValue[] arguments, IReadOnlyList<ActivityContext> causes) =>
        store.RunAsync(script, keys, arguments, causes);
}
