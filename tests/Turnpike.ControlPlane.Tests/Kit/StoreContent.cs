using StackExchange.Redis;

namespace Turnpike.ControlPlane.Tests;

/// <summary>Everything that a store holds, to compare before and after a call that must write nothing.</summary>
internal static class StoreContent
{
    // The store is asked now and then whether it still takes what is written; the scaler says what it thinks, whoever calls.
    private static readonly string[] Own = [":probe", ":scaling"];

    /// <summary>Each key with its value as the store writes it out, but for those that the control plane writes by itself.</summary>
    public static async Task<SortedDictionary<string, string>> ReadAsync(TestControlPlane plane)
    {
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(plane.Redis.ConnectionString);
        SortedDictionary<string, string> content = new(StringComparer.Ordinal);
        foreach (IServer server in connection.GetServers())
        {
            await foreach (RedisKey key in server.KeysAsync())
            {
                if (Own.Any(part => key.ToString().Contains(part, StringComparison.Ordinal)))
                {
                    continue;
                }
                content[key.ToString()] = Convert.ToHexString(await connection.GetDatabase().KeyDumpAsync(key) ?? []);
            }
        }
        return content;
    }

    /// <summary>Makes the calls, and finds the store as it was before them.</summary>
    public static async Task UnchangedAsync(TestControlPlane plane, Func<Task> calls)
    {
        SortedDictionary<string, string> before = await ReadAsync(plane);
        Assert.NotEmpty(before);
        await calls();
        Assert.Equal(before, await ReadAsync(plane));
    }
}
