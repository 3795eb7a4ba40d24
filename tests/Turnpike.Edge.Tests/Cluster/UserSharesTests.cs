using System.Net;
using System.Net.Sockets;
using Turnpike.Cluster;
using Turnpike.Edge.Cluster;
using Turnpike.Edge.Tests.Host;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Edge.Transport;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Cluster;

public sealed class UserSharesTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private const long Cap = 80_000;

    [Fact]
    public async Task The_allocations_of_a_user_share_its_bits_a_second_over_all_edges()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge one = await ClusterEdge.StartAsync(test);
        await using ClusterEdge other = await ClusterEdge.StartAsync(test);
        RealmPolicy policy = new() { BitsPerSecondPerUser = Cap, AllocationsPerUser = 100 };
        RealmRecord a = await test.PutRealmAsync("a", policy, [TestCluster.Secret("k1")], one, other);
        using Caller first = TestCluster.Issue(a, one, "alice");
        Assert.Equal(0, first.Allocate());
        await Eventually.TrueAsync(() => Shares(one).SequenceEqual([Cap]));

        using Caller second = TestCluster.Issue(a, one, "alice");
        Assert.Equal(0, second.Allocate());
        await Eventually.TrueAsync(() => Shares(one).SequenceEqual([Cap / 2, Cap / 2]));

        using Caller third = TestCluster.Issue(a, other, "alice");
        using Caller fourth = TestCluster.Issue(a, other, "alice");
        Assert.Equal(0, third.Allocate());
        Assert.Equal(0, fourth.Allocate());
        await Eventually.TrueAsync(() => Shares(one).SequenceEqual([Cap / 4, Cap / 4]) && Shares(other).SequenceEqual([Cap / 4, Cap / 4]));

        await test.PutRealmAsync("a", new RealmPolicy(), [TestCluster.Secret("k1")], one, other);
        await Eventually.TrueAsync(() => Shares(one).SequenceEqual([0, 0]));
    }

    [Fact]
    public async Task An_edge_alone_holds_a_user_to_its_bits_a_second_over_all_of_its_allocations()
    {
        LocalRules? rules = null;
        await using RunningRelay relay = await RunningRelay.StartAsync(
            TimeProvider.System,
            settings => rules = new LocalRules(settings, TimeProvider.System),
            ("Edge:Quota:BitsPerSecondPerUser", $"{Cap}"),
            ("Edge:Peers:AllowPrivate:0", "127.0.0.0/8"),
            ("Edge:Shards", "2"));
        using Socket peer = RunningRelay.Client();
        TransportAddress at = TransportAddress.From((IPEndPoint)peer.LocalEndPoint!);
        Caller[] callers = [.. Enumerable.Range(0, 4).Select(_ => new Caller(relay.Port, RunningRelay.User, RunningRelay.Password))];
        foreach (Caller caller in callers)
        {
            Assert.Equal(0, caller.Allocate());
            Assert.Equal(0, caller.Permit(at));
        }
        await Eventually.TrueAsync(() => rules!.Registry.All.Count() == 4 && rules.Registry.All.All(allocation => allocation.Share == Cap / 4));

        // Each bucket holds a second's worth of its share: 2500 bytes; together one second's worth of the cap, and what comes in meanwhile.
        long begin = TimeProvider.System.GetTimestamp();
        foreach (Caller caller in callers)
        {
            for (int i = 0; i < 50; i++)
            {
                caller.Send(at, new byte[500]);
            }
        }
        await Eventually.TrueAsync(() => relay.Relay.Read().Drops.Single(drop => drop.Name == "bit_rate_exceeded").Count > 150);
        double seconds = TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
        long relayed = relay.Relay.Read().ClientToPeer.Bytes;
        Assert.InRange(relayed, 4 * 2500 - (4 * 500), (long)((Cap / 8) * (1.2 + seconds)));
        Array.ForEach(callers, caller => caller.Dispose());
    }

    [Fact]
    public void Nobody_is_told_anything_where_there_is_no_cap()
    {
        LocalRules rules = new(Reading.Good(), TimeProvider.System);
        Assert.IsNotType<AllocationRegistry>(rules.Observer);
    }

    private static IEnumerable<long> Shares(ClusterEdge edge) => edge.Cluster.Registry.All.Select(allocation => allocation.Share);
}
