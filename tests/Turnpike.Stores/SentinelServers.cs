using System.Globalization;
using System.Net;

namespace Turnpike.Stores;

/// <summary>A master, two replicas, and three sentinels of which two must agree that the master is gone.</summary>
public sealed class SentinelServers : IStore
{
    /// <summary>The name by which clients ask the sentinels for the master.</summary>
    public const string ServiceName = "turnpike";

    private const int Quorum = 2;
    private readonly List<RedisServer> _servers = [];
    private readonly List<RedisServer> _sentinels = [];

    private SentinelServers()
    {
    }

    public string ConnectionString => $"{string.Join(',', _sentinels.Select(sentinel => sentinel.EndPoint))},serviceName={ServiceName}";

    /// <summary>The three servers that hold data; which one is the master is up to the sentinels.</summary>
    public IReadOnlyList<RedisServer> Servers => _servers;

    public IReadOnlyList<RedisServer> Sentinels => _sentinels;

    public static async Task<SentinelServers> StartAsync()
    {
        SentinelServers all = new();
        try
        {
            await all.StartServersAsync();
            return all;
        }
        catch
        {
            await all.DisposeAsync();
            throw;
        }
    }

    /// <summary>The server that the sentinels name as the master.</summary>
    public async Task<RedisServer> MasterAsync()
    {
        string port = Lines(await _sentinels[0].CliAsync("SENTINEL", "GET-MASTER-ADDR-BY-NAME", ServiceName))[1];
        return _servers.Single(server => server.EndPoint.Port == int.Parse(port, CultureInfo.InvariantCulture));
    }

    /// <summary>Hands over to a replica, as before maintenance; returns the new master when all sentinels know it.</summary>
    public async Task<RedisServer> FailoverAsync()
    {
        RedisServer before = await MasterAsync();
        await _sentinels[0].CliAsync("SENTINEL", "FAILOVER", ServiceName);
        return await NewMasterAsync(before);
    }

    /// <summary>Kills the master; returns the new one when the sentinels have noticed and agreed, which takes them some seconds.</summary>
    public async Task<RedisServer> KillMasterAsync()
    {
        RedisServer before = await MasterAsync();
        await before.KillAsync();
        return await NewMasterAsync(before);
    }

    public async ValueTask DisposeAsync()
    {
        // The sentinels first: they have nothing to notice in an end that is meant.
        foreach (RedisServer server in _sentinels.Concat(_servers))
        {
            await server.DisposeAsync();
        }
    }

    private async Task StartServersAsync()
    {
        IPAddress address = LoopbackPorts.NextAddress();
        int[] ports = LoopbackPorts.Free(address, 6);
        for (int i = 0; i < 3; i++)
        {
            // Connections between them come from 127.0.0.1, which is not where they listen.
            string[] role = ["--replica-announce-ip", $"{address}", "--repl-diskless-sync-delay", "0", .. i == 0 ? [] : Replicating(address, ports[0])];
            _servers.Add(new RedisServer(new IPEndPoint(address, ports[i]), new RedisOptions(), role));
            await _servers[i].StartAsync();
        }
        // A sentinel asks a master for its replicas every ten seconds, so they are there before it asks first.
        await Wait.UntilAsync("two replicas follow the master", async () =>
            await _servers[0].CliAsync("INFO", "replication") is { } info && info.Split("state=online").Length == 3);
        for (int i = 3; i < 6; i++)
        {
            RedisServer sentinel = new(new IPEndPoint(address, ports[i]), new RedisOptions(), ["--sentinel"]);
            _sentinels.Add(sentinel);
            await sentinel.StartAsync();
            await sentinel.CliAsync("SENTINEL", "CONFIG", "SET", "announce-ip", $"{address}");
            await sentinel.CliAsync("SENTINEL", "MONITOR", ServiceName, $"{address}", $"{ports[0]}", $"{Quorum}");
            await sentinel.CliAsync("SENTINEL", "SET", ServiceName, "down-after-milliseconds", "1000", "failover-timeout", "5000");
        }
        foreach (RedisServer sentinel in _sentinels)
        {
            await Wait.UntilAsync($"the sentinel at {sentinel.EndPoint} knows the others", async () =>
            {
                Dictionary<string, string> master = Pairs(await sentinel.CliAsync("SENTINEL", "MASTER", ServiceName));
                return master["num-slaves"] == "2" && master["num-other-sentinels"] == "2" && master["flags"] == "master";
            });
        }
    }

    private static string[] Replicating(IPAddress address, int port) => ["--replicaof", $"{address}", $"{port}"];

    private async Task<RedisServer> NewMasterAsync(RedisServer before)
    {
        string? port = null;
        foreach (RedisServer sentinel in _sentinels)
        {
            await Wait.UntilAsync($"the sentinel at {sentinel.EndPoint} names a new master", async () =>
            {
                string named = Lines(await sentinel.CliAsync("SENTINEL", "GET-MASTER-ADDR-BY-NAME", ServiceName))[1];
                port ??= named != $"{before.EndPoint.Port}" ? named : null;
                return named == port;
            });
        }
        RedisServer master = await MasterAsync();
        await Wait.UntilAsync($"{master.EndPoint} is a master", async () =>
            (await master.CliAsync("INFO", "replication")).Contains("role:master", StringComparison.Ordinal));
        return master;
    }

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.TrimEntries);

    private static Dictionary<string, string> Pairs(string output)
    {
        // Empty values are lines, too: pairs would shift without them.
        string[] lines = Lines(output);
        return Enumerable.Range(0, lines.Length / 2).ToDictionary(i => lines[2 * i], i => lines[(2 * i) + 1]);
    }
}
