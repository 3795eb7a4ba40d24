using System.Net;
using Microsoft.AspNetCore.Http;
using Turnpike.Cluster;
using Turnpike.Edge.Cluster;
using Turnpike.Edge.Tests.Host;
using Turnpike.Edge.Tests.Streams;

namespace Turnpike.Edge.Tests.Cluster;

public sealed class AllocationEndpointTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    [Fact]
    public async Task The_allocations_of_an_edge_are_told_by_realm_user_and_tag_a_page_at_a_time()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy(), [TestCluster.Secret("k1")], edge);
        using Caller alice = TestCluster.Issue(a, edge, "alice", "red");
        using Caller bob = TestCluster.Issue(a, edge, "bob", "blue");
        using Caller carol = TestCluster.Issue(a, edge, "carol", "blue");
        Assert.Equal((0, 0, 0), (alice.Allocate(), bob.Allocate(), carol.Allocate()));

        AllocationPage all = await AskAsync(edge, "");
        Assert.False(all.More);
        Assert.Equal(["alice", "bob", "carol"], all.Allocations.Select(allocation => allocation.User).Order());
        Assert.Equal(all.Allocations.Select(allocation => allocation.Id).Order(), all.Allocations.Select(allocation => allocation.Id));
        AllocationRecord first = all.Allocations.Single(allocation => allocation.User == "alice");
        Assert.Equal(("a", "red", "udp"), (first.Realm, first.Tag, first.Transport));
        Assert.Equal(alice.Mapped.ToString(), first.Client);
        Assert.Equal(alice.Relayed.ToString(), Assert.Single(first.Relayed));
        Assert.InRange(first.StartedAt / 1000, TestCluster.Now - 30, TestCluster.Now + 1);
        Assert.Equal(1, first.Used.Allocations);

        Assert.Equal(["bob", "carol"], (await AskAsync(edge, "?tag=blue")).Allocations.Select(allocation => allocation.User).Order());
        Assert.Equal("bob", Assert.Single((await AskAsync(edge, "?realm=x&realm=a&user=bob")).Allocations).User);
        Assert.Empty((await AskAsync(edge, "?realm=b")).Allocations);

        AllocationPage one = await AskAsync(edge, "?count=2");
        Assert.Equal((2, true), (one.Allocations.Count, one.More));
        AllocationPage two = await AskAsync(edge, $"?count=2&after={one.Allocations[1].Id}");
        Assert.Equal((1, false), (two.Allocations.Count, two.More));
        Assert.Equal(all.Allocations.Select(allocation => allocation.Id), one.Allocations.Concat(two.Allocations).Select(allocation => allocation.Id));
    }

    [Theory]
    [InlineData("?count=0")]
    [InlineData("?count=1001")]
    [InlineData("?count=-1")]
    [InlineData("?after=x")]
    public async Task A_page_that_makes_no_sense_is_refused(string query)
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        Assert.Equal(StatusCodes.Status400BadRequest, (await CallAsync(edge, query, Proof(edge))).Response.StatusCode);
    }

    [Fact]
    public async Task Nobody_is_answered_without_a_proof_of_this_edge_and_this_minute()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        ClusterKeyRing ring = edge.Cluster.Keys.Ring!;
        ClusterKeyRing other = new(ring.Nonce, [new ClusterKey(1, new byte[32], 0)]);
        string good = Proof(edge);
        Assert.Equal(StatusCodes.Status200OK, (await CallAsync(edge, "", good)).Response.StatusCode);
        Assert.Equal(StatusCodes.Status200OK, (await CallAsync(edge, "", $"Bearer {AllocationAccess.Prove(ring, edge.Cluster.Id, TestCluster.Now - 60)}")).Response.StatusCode);
        string[] bad =
        [
            "",
            "Bearer ",
            good[..^2],
            good[..^1] + (good[^1] == '0' ? '1' : '0'),
            good + "00",
            "Bearer é" + good[8..],
            $"Bearer {AllocationAccess.Prove(ring, "another-1", TestCluster.Now)}",
            $"Bearer {AllocationAccess.Prove(ring, edge.Cluster.Id, TestCluster.Now - 180)}",
            $"Bearer {AllocationAccess.Prove(ring, edge.Cluster.Id, TestCluster.Now + 180)}",
            $"Bearer {AllocationAccess.Prove(other, edge.Cluster.Id, TestCluster.Now)}",
        ];
        foreach (string header in bad)
        {
            DefaultHttpContext context = await CallAsync(edge, "", header);
            Assert.Equal(StatusCodes.Status401Unauthorized, context.Response.StatusCode);
            Assert.Equal(0, context.Response.Body.Length);
        }
    }

    [Theory]
    [InlineData("", "http://127.0.0.1:PORT")]
    [InlineData("192.0.2.9", "http://192.0.2.9:PORT")]
    [InlineData("2001:db8::9", "http://[2001:db8::9]:PORT")]
    [InlineData("http://edge-0.edges:81", "http://edge-0.edges:81")]
    public async Task The_cluster_is_told_the_address_of_the_settings_where_there_is_one(string setting, string expected)
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using EdgeHost host = await EdgeHost.StartAsync(
            new FakeRelay(), $"--Cluster:Redis={test.Redis}", $"--Cluster:KeyPrefix={test.Prefix}", "--Cluster:Heartbeat=200", $"--Edge:ManagementUrl={setting}");
        EdgeRecord? record = null;
        await Eventually.TrueAsync(async () => (record = (await new Membership(test.Store).ListAsync()).SingleOrDefault()) is { Management.Length: > 0 });
        string port = new Uri(host.App.Urls.Single()).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(expected.Replace("PORT", port, StringComparison.Ordinal), record!.Management);
        await host.App.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_cluster_is_told_where_the_management_port_is_and_it_answers_there()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using EdgeHost host = await EdgeHost.StartAsync(
            new FakeRelay(), $"--Cluster:Redis={test.Redis}", $"--Cluster:KeyPrefix={test.Prefix}", "--Cluster:Heartbeat=200");
        EdgeRecord? record = null;
        await Eventually.TrueAsync(async () => (record = (await new Membership(test.Store).ListAsync()).SingleOrDefault()) is { Management.Length: > 0 });
        Assert.Equal(host.App.Urls.Single(), record!.Management);
        Uri url = new(new Uri(record.Management), AllocationAccess.Path);
        ClusterKeyRing? ring = null;
        await Eventually.TrueAsync(async () => (ring = await new KeyStore(test.Store).ReadAsync()) is not null);
        using HttpRequestMessage request = new(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {AllocationAccess.Prove(ring!, record.Id, TestCluster.Now)}");
        using HttpResponseMessage response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using Stream body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        Assert.Empty((await AllocationPage.ReadAsync(body, TestContext.Current.CancellationToken)).Allocations);
        using HttpResponseMessage refused = await host.Client.GetAsync(url, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        await host.App.StopAsync(TestContext.Current.CancellationToken);
    }

    private static string Proof(ClusterEdge edge) => $"Bearer {AllocationAccess.Prove(edge.Cluster.Keys.Ring!, edge.Cluster.Id, TestCluster.Now)}";

    private static async Task<AllocationPage> AskAsync(ClusterEdge edge, string query)
    {
        DefaultHttpContext context = await CallAsync(edge, query, Proof(edge));
        Assert.Equal(StatusCodes.Status200OK, context.Response.StatusCode);
        context.Response.Body.Position = 0;
        return await AllocationPage.ReadAsync(context.Response.Body, TestContext.Current.CancellationToken);
    }

    private static async Task<DefaultHttpContext> CallAsync(ClusterEdge edge, string query, string authorization)
    {
        DefaultHttpContext context = new();
        context.Request.QueryString = new QueryString(query);
        context.Request.Headers.Authorization = authorization;
        context.Response.Body = new MemoryStream();
        await new AllocationEndpoint(edge.Cluster, TimeProvider.System).AnswerAsync(context);
        return context;
    }
}
