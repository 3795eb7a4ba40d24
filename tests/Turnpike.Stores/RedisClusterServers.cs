using System.Globalization;
using System.Net;

namespace Turnpike.Stores;

/// <summary>A Redis Cluster of three masters, each with a replica if wanted.</summary>
public sealed class RedisClusterServers : IStore
{
    private const int Masters = 3;
    private const int KeysAtOnce = 100;
    private readonly List<RedisServer> _nodes = [];

    private RedisClusterServers()
    {
    }

    public string ConnectionString => string.Join(',', _nodes.Select(node => node.EndPoint));

    public IReadOnlyList<RedisServer> Nodes => _nodes;

    public static async Task<RedisClusterServers> StartAsync(bool withReplicas = false)
    {
        RedisClusterServers all = new();
        try
        {
            await all.StartNodesAsync(withReplicas ? 1 : 0);
            return all;
        }
        catch
        {
            await all.DisposeAsync();
            throw;
        }
    }

    /// <summary>The slot of a key, hash tag considered.</summary>
    public async Task<int> SlotAsync(string key) =>
        int.Parse(await _nodes[0].CliAsync("CLUSTER", "KEYSLOT", key), CultureInfo.InvariantCulture);

    /// <summary>The master that serves a slot.</summary>
    public async Task<RedisServer> OwnerAsync(int slot) => NodeOf((await LayoutAsync()).Single(node => node.Owns(slot)));

    /// <summary>Moves the slot of a key, with everything in it, to another master; returns that one.</summary>
    public async Task<RedisServer> MoveSlotAsync(string key) => await MoveSlotAsync(await SlotAsync(key));

    /// <summary>Moves a slot, with everything in it, to another master, the way that redis-cli reshards; returns that one.</summary>
    public async Task<RedisServer> MoveSlotAsync(int slot)
    {
        ClusterNode[] masters = [.. (await LayoutAsync()).Where(node => node.IsMaster)];
        ClusterNode from = masters.Single(node => node.Owns(slot));
        ClusterNode to = masters.First(node => node != from);
        RedisServer source = NodeOf(from);
        RedisServer target = NodeOf(to);
        await target.CliAsync("CLUSTER", "SETSLOT", $"{slot}", "IMPORTING", from.Id);
        await source.CliAsync("CLUSTER", "SETSLOT", $"{slot}", "MIGRATING", to.Id);
        while (await source.CliAsync("CLUSTER", "GETKEYSINSLOT", $"{slot}", $"{KeysAtOnce}") is { Length: > 0 } keys)
        {
            await source.CliAsync(
                ["MIGRATE", $"{target.EndPoint.Address}", $"{target.EndPoint.Port}", "", "0", "5000", "KEYS", .. keys.Split('\n', StringSplitOptions.TrimEntries)]);
        }
        // The new owner first: it answers for the slot before anybody is sent there.
        foreach (RedisServer node in masters.OrderBy(node => node == to ? 0 : 1).Select(NodeOf))
        {
            await node.CliAsync("CLUSTER", "SETSLOT", $"{slot}", "NODE", to.Id);
        }
        return target;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RedisServer node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    private async Task StartNodesAsync(int replicas)
    {
        int count = Masters * (1 + replicas);
        IPAddress address = LoopbackPorts.NextAddress();
        int[] ports = LoopbackPorts.Free(address, count, withBus: true);
        foreach (int port in ports)
        {
            string[] arguments = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "2000",
                "--cluster-announce-ip", $"{address}", "--repl-diskless-sync-delay", "0"];
            RedisServer node = new(new IPEndPoint(address, port), new RedisOptions(), arguments);
            _nodes.Add(node);
            await node.StartAsync();
        }
        await _nodes[0].CliAsync(
            ["--cluster", "create", .. _nodes.Select(node => $"{node.EndPoint}"), "--cluster-replicas", $"{replicas}", "--cluster-yes"]);
        foreach (RedisServer node in _nodes)
        {
            await Wait.UntilAsync($"the cluster is whole for {node.EndPoint}", async () =>
            {
                string info = await node.CliAsync("CLUSTER", "INFO");
                return info.Contains("cluster_state:ok", StringComparison.Ordinal) && info.Contains($"cluster_known_nodes:{count}", StringComparison.Ordinal);
            });
        }
        await Wait.UntilAsync("every replica follows its master", async () =>
            (await LayoutAsync()).Count(node => !node.IsMaster) == Masters * replicas);
    }

    private RedisServer NodeOf(ClusterNode node) => _nodes.Single(server => server.EndPoint.Port == node.Port);

    private async Task<ClusterNode[]> LayoutAsync()
    {
        RedisServer running = _nodes.First(node => node.IsRunning);
        return [.. (await running.CliAsync("CLUSTER", "NODES")).Split('\n').Select(ClusterNode.Parse)];
    }

    /// <summary>One line of CLUSTER NODES.</summary>
    private sealed record ClusterNode(string Id, int Port, bool IsMaster, (int First, int Last)[] Slots)
    {
        public bool Owns(int slot) => IsMaster && Slots.Any(range => slot >= range.First && slot <= range.Last);

        // "<id> <address>:<port>@<bus> <flags> <master> <ping> <pong> <epoch> <state> <slot>[-<slot>]..."; "[…]" is a slot on its way.
        public static ClusterNode Parse(string line)
        {
            string[] words = line.Trim().Split(' ');
            string port = words[1][(words[1].LastIndexOf(':') + 1)..].Split('@')[0];
            return new ClusterNode(
                words[0],
                int.Parse(port, CultureInfo.InvariantCulture),
                words[2].Split(',').Contains("master"),
                [.. words.Skip(8).Where(word => word[0] != '[').Select(Range)]);
        }

        private static (int First, int Last) Range(string word)
        {
            int[] ends = [.. word.Split('-').Select(end => int.Parse(end, CultureInfo.InvariantCulture))];
            return (ends[0], ends[^1]);
        }
    }
}
