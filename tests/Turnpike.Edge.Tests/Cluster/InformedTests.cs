using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Cluster;
using Turnpike.Edge.Cluster;
using Turnpike.Edge.Options;
using Turnpike.Edge.Tests.Host;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Tests.Cluster;

/// <summary>An edge that has just started and reads the cluster for the first time.</summary>
public sealed class InformedTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    [Fact]
    public async Task Nobody_is_unknown_before_what_was_read_is_in_force()
    {
        await using TestCluster store = await TestCluster.OpenAsync(redis.Server);
        RealmRecord realm = await store.PutRealmAsync("acme", new RealmPolicy(), [TestCluster.Secret("k1")]);
        EdgeSettings settings = Reading.Good(("Cluster:Redis", store.Redis), ("Cluster:KeyPrefix", store.Prefix));
        await using EdgeCluster cluster = new(settings, TimeProvider.System, NullLoggerFactory.Instance);
        ICredentialSource source = cluster.Credentials.For(0);
        await cluster.Store.WaitUntilAvailableAsync(TestContext.Current.CancellationToken);

        await cluster.View.LoadAsync();

        Assert.Equal(CredentialLookup.Unavailable, Find(source, realm));
        cluster.Apply(cluster.View.Current, TestCluster.Now);
        Assert.Equal(CredentialLookup.Found, Find(source, realm));
        Assert.Equal(CredentialLookup.Unknown, Find(source, realm with { Name = "nobody" }));
    }

    [Fact]
    public async Task An_edge_is_ready_when_what_it_has_read_is_in_force_though_it_has_credentials_of_its_own()
    {
        await using TestCluster store = await TestCluster.OpenAsync(redis.Server);
        EdgeSettings settings = Reading.Good(("Cluster:Redis", store.Redis), ("Cluster:KeyPrefix", store.Prefix));
        await using EdgeCluster cluster = new(settings, new FakeTimeProvider(), NullLoggerFactory.Instance);
        ClusterHealth health = new(cluster, settings);
        Assert.Equal("the cluster has not been read yet", health.NotReadyReason);
        await cluster.Store.WaitUntilAvailableAsync(TestContext.Current.CancellationToken);
        Assert.NotNull(health.NotReadyReason);

        await cluster.View.LoadAsync();
        cluster.Apply(cluster.View.Current, TestCluster.Now);

        Assert.Null(health.NotReadyReason);
    }

    [Fact]
    public async Task A_store_that_neither_answers_nor_fails_keeps_an_edge_with_credentials_of_its_own_unready_for_five_seconds()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        EdgeSettings settings = Reading.Good(("Cluster:Redis", $"{silent.LocalEndpoint}"), ("Cluster:ConnectTimeout", "10000"), ("Cluster:Timeout", "10000"));
        FakeTimeProvider time = new();
        await using EdgeCluster cluster = new(settings, time, NullLoggerFactory.Instance);
        ClusterHealth health = new(cluster, settings);
        ClusterHealth withoutOwn = new(cluster, settings with { Secrets = [], Users = [] });

        time.Advance(ClusterHealth.Patience - TimeSpan.FromTicks(1));
        Assert.NotNull(health.NotReadyReason);
        time.Advance(TimeSpan.FromTicks(1));

        Assert.Null(health.NotReadyReason);
        Assert.NotNull(health.DegradedReason);
        Assert.NotNull(withoutOwn.NotReadyReason);
        silent.Stop(); // So that the end does not wait for the connection.
    }

    private static CredentialLookup Find(ICredentialSource source, RealmRecord realm)
    {
        (string username, _) = IssuedCredential.Issue(realm, "alice", "", TimeSpan.FromHours(1), TestCluster.Now, ':');
        return source.Find(
            new CredentialQuery
            {
                Username = Encoding.UTF8.GetBytes(username),
                Algorithm = PasswordAlgorithmId.Md5,
                UnixNow = TestCluster.Now,
                Ticket = 1,
            },
            out _);
    }
}
