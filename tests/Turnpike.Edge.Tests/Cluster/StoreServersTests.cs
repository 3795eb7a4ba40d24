using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Edge.Cluster;
using Turnpike.Edge.Options;
using Turnpike.Edge.Tests.Host;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Cluster;

/// <summary>Where the store is, so that no client is relayed to it.</summary>
public sealed class StoreServersTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _asked = [];
    private IPAddress[]? _answer = [IPAddress.Parse("10.0.0.1")];

    [Fact]
    public async Task Names_are_looked_up_each_minute_and_keep_their_addresses_when_that_fails()
    {
        StoreServers servers = new(
            () => [new DnsEndPoint("redis", 6379), new IPEndPoint(IPAddress.Parse("10.0.0.9"), 26379)], Resolve, _time);
        Assert.Equal([At("10.0.0.9", 26379)], servers.Addresses);

        await servers.RefreshAsync();
        await servers.RefreshAsync();
        Assert.Equal([At("10.0.0.1", 6379), At("10.0.0.9", 26379)], servers.Addresses);
        Assert.Single(_asked);

        _time.Advance(TimeSpan.FromMinutes(1));
        _answer = null;
        await servers.RefreshAsync();
        Assert.Equal([At("10.0.0.1", 6379), At("10.0.0.9", 26379)], servers.Addresses);

        _answer = [IPAddress.Parse("10.0.0.3"), IPAddress.Parse("10.0.0.2")];
        await servers.RefreshAsync();
        Assert.Equal([At("10.0.0.2", 6379), At("10.0.0.3", 6379), At("10.0.0.9", 26379)], servers.Addresses);
    }

    [Fact]
    public async Task A_slow_name_service_is_asked_once_at_a_time()
    {
        TaskCompletionSource<IPAddress[]> slow = new();
        int asked = 0;
        StoreServers servers = new(
            () => [new DnsEndPoint("redis", 6379)],
            _ =>
            {
                asked++;
                return slow.Task;
            },
            _time);
        Task first = servers.RefreshAsync();
        Assert.Same(first, servers.RefreshAsync());
        slow.SetResult([IPAddress.Loopback]);
        await first;
        Assert.Equal((1, At("127.0.0.1", 6379)), (asked, Assert.Single(servers.Addresses)));
    }

    [Fact]
    public void An_edge_knows_where_its_store_is_before_it_has_reached_it()
    {
        EdgeSettings settings = Reading.Good(("Cluster:Redis", "127.0.0.1:1,serviceName=primary"), ("Edge:Secrets:0", "a secret of some length"));
        Assert.Contains("127.0.0.1:1", settings.Cluster.Redis, StringComparison.Ordinal);
        EdgeCluster cluster = new(settings, _time, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        Assert.Equal([At("127.0.0.1", 1)], cluster.Servers.Addresses);
    }

    private static TransportAddress At(string address, ushort port) => TransportAddress.From(IPAddress.Parse(address), port);

    private Task<IPAddress[]> Resolve(string host)
    {
        _asked.Add(host);
        return _answer is null ? throw new SocketException((int)SocketError.HostNotFound) : Task.FromResult(_answer);
    }
}
