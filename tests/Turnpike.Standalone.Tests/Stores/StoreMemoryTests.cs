using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Turnpike.Standalone.Store;

namespace Turnpike.Standalone.Tests.Stores;

/// <summary>What is oldest, the realms, is what a store that writes a log would push out first.</summary>
public sealed class StoreMemoryTests
{
    private const int MiB = 1024 * 1024;
    private const int Memory = 32 * MiB;
    private const int ValueBytes = 64 * 1024;
    private const int Values = 3 * Memory / ValueBytes;

    [Fact]
    public async Task Nothing_is_forgotten_when_there_is_more_than_memory_holds()
    {
        using EmbeddedStore store = EmbeddedStore.Start(EmbeddedStore.FreePort(0), "password", Memory, NullLoggerFactory.Instance);
        await using ConnectionMultiplexer client = await Clients.ConnectAsync(store.ConnectionString);
        IDatabase database = client.GetDatabase();
        await database.HashSetAsync("realms", "first", "policy");
        byte[] value = new byte[ValueBytes];
        for (int i = 0; i < Values; i++)
        {
            await database.StringSetAsync($"value:{i}", value);
            await database.HashSetAsync($"usage:{i % 100}", i, value.AsMemory(0, 1024));
        }
        Assert.Equal("policy", (string?)await database.ScriptEvaluateAsync("return redis.call('HGET', KEYS[1], ARGV[1])", ["realms"], ["first"]));
        for (int i = 0; i < Values; i++)
        {
            Assert.Equal(ValueBytes, await database.StringLengthAsync($"value:{i}"));
        }
        Assert.Equal(Values, (await Task.WhenAll(Enumerable.Range(0, 100).Select(i => database.HashLengthAsync($"usage:{i}")))).Sum());
    }
}
