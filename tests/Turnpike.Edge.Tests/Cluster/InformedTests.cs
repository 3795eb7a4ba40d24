using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
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
