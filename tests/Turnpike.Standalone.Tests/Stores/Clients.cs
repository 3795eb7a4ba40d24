using StackExchange.Redis;

namespace Turnpike.Standalone.Tests.Stores;

internal static class Clients
{
    public static Task<ConnectionMultiplexer> ConnectAsync(string connectionString) => ConnectionMultiplexer.ConnectAsync(connectionString);

    /// <summary>What a server answers to a PING over a connection of its own.</summary>
    public static async Task<string> PingAsync(string connectionString)
    {
        await using ConnectionMultiplexer client = await ConnectAsync(connectionString + ",connectRetry=1");
        return (string)(await client.GetDatabase().ExecuteAsync("PING"))!;
    }
}
