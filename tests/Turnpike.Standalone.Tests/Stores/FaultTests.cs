using StackExchange.Redis;
using Turnpike.Stores;

namespace Turnpike.Standalone.Tests.Stores;

/// <summary>The faults that other tests ask for really happen, and the data is where it belongs afterwards.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task A_failover_makes_a_replica_the_master()
    {
        await using SentinelServers servers = await SentinelServers.StartAsync();
        RedisServer before = await servers.MasterAsync();
        await before.CliAsync("SET", "kept", "1");
        await before.CliAsync("WAIT", "2", "5000");
        RedisServer after = await servers.FailoverAsync();
        Assert.NotEqual(before.EndPoint, after.EndPoint);
        Assert.Equal("1", await after.CliAsync("GET", "kept"));
    }

    [Fact]
    public async Task The_sentinels_replace_a_master_that_was_killed()
    {
        await using SentinelServers servers = await SentinelServers.StartAsync();
        RedisServer before = await servers.MasterAsync();
        RedisServer after = await servers.KillMasterAsync();
        Assert.NotEqual(before.EndPoint, after.EndPoint);
        await using ConnectionMultiplexer client = await Clients.ConnectAsync(servers.ConnectionString);
        Assert.True(await client.GetDatabase().StringSetAsync("written", "1"));
        Assert.Equal("1", await after.CliAsync("GET", "written"));
    }

    [Fact]
    public async Task A_slot_moves_with_its_keys_under_a_client()
    {
        await using RedisClusterServers servers = await RedisClusterServers.StartAsync();
        await using ConnectionMultiplexer client = await Clients.ConnectAsync(servers.ConnectionString);
        await client.GetDatabase().StringSetAsync("{moved}:a", "1");
        await client.GetDatabase().HashSetAsync("{moved}:b", "f", "2");
        int slot = await servers.SlotAsync("{moved}");
        RedisServer before = await servers.OwnerAsync(slot);
        RedisServer after = await servers.MoveSlotAsync("{moved}:a");
        Assert.NotEqual(before.EndPoint, after.EndPoint);
        Assert.Equal(after.EndPoint, (await servers.OwnerAsync(slot)).EndPoint);
        Assert.Equal("1", await after.CliAsync("GET", "{moved}:a"));
        Assert.Equal("2", await client.GetDatabase().HashGetAsync("{moved}:b", "f"));
    }

    [Fact]
    public async Task A_cluster_can_have_replicas()
    {
        await using RedisClusterServers servers = await RedisClusterServers.StartAsync(withReplicas: true);
        Assert.Equal(6, servers.Nodes.Count);
        Assert.Contains("cluster_size:3", await servers.Nodes[0].CliAsync("CLUSTER", "INFO"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_embedded_store_restarts_empty_at_the_same_address()
    {
        await using EmbeddedServer store = EmbeddedServer.Start();
        string connection = store.ConnectionString;
        await using (ConnectionMultiplexer client = await Clients.ConnectAsync(connection))
        {
            await client.GetDatabase().StringSetAsync("lost", "1");
        }
        store.RestartEmpty();
        Assert.Equal(connection, store.ConnectionString);
        await using ConnectionMultiplexer again = await Clients.ConnectAsync(connection);
        Assert.True((await again.GetDatabase().StringGetAsync("lost")).IsNull);
    }

    [Fact]
    public async Task The_embedded_store_wants_its_password()
    {
        await using EmbeddedServer store = EmbeddedServer.Start();
        Assert.Equal("PONG", await Clients.PingAsync(store.ConnectionString));
        await Assert.ThrowsAnyAsync<RedisException>(() => Clients.PingAsync($"{store.EndPoint}"));
    }
}
