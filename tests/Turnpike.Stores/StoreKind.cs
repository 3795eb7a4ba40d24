namespace Turnpike.Stores;

/// <summary>The kinds of store that the product runs with.</summary>
public enum StoreKind
{
    /// <summary>The store inside the standalone executable.</summary>
    Embedded,

    /// <summary>One redis-server.</summary>
    Redis,

    /// <summary>A master, two replicas and three sentinels.</summary>
    Sentinel,

    /// <summary>Three masters that share the slots.</summary>
    Cluster,
}

public static class StoreKinds
{
    /// <summary>Starts a store of a kind with its plain settings, empty and ready.</summary>
    public static async Task<IStore> StartAsync(this StoreKind kind) => kind switch
    {
        StoreKind.Embedded => EmbeddedServer.Start(),
        StoreKind.Redis => await RedisServer.StartAsync(),
        StoreKind.Sentinel => await SentinelServers.StartAsync(),
        StoreKind.Cluster => await RedisClusterServers.StartAsync(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind of store"),
    };
}
