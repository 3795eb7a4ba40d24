using System.Diagnostics;
using Turnpike.Cluster.Interop.Calls;
using Turnpike.Cluster.Interop.Fleet;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.Cluster.Interop;

/// <summary>What is revoked ends on every edge within two seconds, and nothing else does; what is rotated goes on.</summary>
public sealed class RevocationTests(TwoEdges edges) : ClusterTest, IClassFixture<TwoEdges>
{
    private const string Revoked = "mallory";
    private const string Tag = "room-7";
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(RevocationKind.Credential)]
    [InlineData(RevocationKind.User)]
    [InlineData(RevocationKind.Tag)]
    [InlineData(RevocationKind.Realm)]
    public async Task A_revocation_ends_live_allocations_on_every_edge_within_two_seconds(RevocationKind kind)
    {
        Tenant tenant = await edges.Control.AddTenantAsync($"of-{kind}");
        Tenant other = await edges.Control.AddTenantAsync($"beside-{kind}");
        (string User, string Password) revoked = tenant.Issue(Revoked, Tag);

        // The same user name and tag elsewhere are somebody else's.
        (string User, string Password) spared = kind == RevocationKind.Realm ? other.Issue(Revoked, Tag) : tenant.Issue("alice", "room-8");
        TurnClient[] victims = await AllocateAsync(revoked);
        TurnClient[] others = await AllocateAsync(spared, other.Issue(Revoked, Tag));
        int before = await edges.Fleet.LiveAsync();

        long started = Stopwatch.GetTimestamp();
        await tenant.RevokeAsync(kind, ValueOf(kind, revoked.User));
        await Deadline.UntilAsync("both edges ended what was revoked", Promise, async () => await edges.Fleet.LiveAsync() == before - victims.Length);
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms");

        foreach (TurnClient victim in victims)
        {
            Assert.False((await victim.RefreshAsync(600)).Succeeded, "the Refresh of a revoked credential was granted");
            Assert.False((await victim.AllocateAsync()).Succeeded, "the Allocate of a revoked credential was granted");
        }

        Assert.All(await Task.WhenAll(others.Select(client => client.RefreshAsync(600))), response => Assert.True(response.Succeeded));
        foreach (TurnClient client in (TurnClient[])[.. others, .. victims])
        {
            await client.RefreshAsync(0);
            client.Dispose();
        }
    }

    [Fact]
    public async Task A_secret_that_is_rotated_with_overlap_breaks_no_call()
    {
        Tenant tenant = await edges.Control.AddTenantAsync("rotating");
        var settings = new CallSettings { Calls = 10, RefreshEvery = TimeSpan.FromSeconds(1) };
        await Trial.UntilAsync(edges.Fleet.EndPoints, tenant.Issue("first"), granted: true);
        RelayedCalls old = Track(await RelayedCalls.StartAsync(edges.Fleet.EndPoints, call => tenant.IssueForCall($"old{call}"), settings));
        (string, string) oldCredential = tenant.Issue("late");

        RealmSecret first = tenant.Secrets[0];
        RealmSecret second = Tenant.NewSecret("second");
        await tenant.PutSecretsAsync(second, first);
        await Trial.UntilAsync(edges.Fleet.EndPoints, tenant.Issue("early"), granted: true);
        RelayedCalls fresh = Track(await RelayedCalls.StartAsync(edges.Fleet.EndPoints, call => tenant.IssueForCall($"new{call}"), settings));
        await old.ContinueAsync(refreshes: 2);
        (await old.StopTrafficAsync()).AssertNothingLost();
        await old.HangUpAsync();

        await tenant.PutSecretsAsync(second);
        await Trial.UntilAsync(edges.Fleet.EndPoints, oldCredential, granted: false);
        await fresh.ContinueAsync(refreshes: 2);
        (await fresh.StopTrafficAsync()).AssertNothingLost();
        await fresh.HangUpAsync();
    }

    [Fact]
    public async Task A_nonce_of_one_edge_is_accepted_by_the_other()
    {
        Tenant tenant = await edges.Control.AddTenantAsync("travelling");
        await Trial.UntilAsync(edges.Fleet.EndPoints, tenant.Issue("somebody"), granted: true);

        await Travel.AssertAcceptedAsync(edges.Fleet.EndPoints[0], edges.Fleet.EndPoints[1], tenant.Issue("traveller"));
        await Travel.AssertAcceptedAsync(edges.Fleet.EndPoints[1], edges.Fleet.EndPoints[0], tenant.Issue("traveller"));
    }

    private static string ValueOf(RevocationKind kind, string username) => kind switch
    {
        RevocationKind.Credential => username,
        RevocationKind.User => Revoked,
        RevocationKind.Tag => Tag,
        _ => "",
    };

    /// <summary>Two allocations on each edge with each of the credentials.</summary>
    private async Task<TurnClient[]> AllocateAsync(params (string, string)[] credentials)
    {
        List<TurnClient> clients = [];
        foreach ((string, string) credential in credentials)
        {
            await Trial.UntilAsync(edges.Fleet.EndPoints, credential, granted: true);
            foreach (EdgeServer edge in edges.Fleet.Edges)
            {
                clients.Add(new TurnClient(edge.EndPoint) { Credential = credential });
                clients.Add(new TurnClient(edge.EndPoint) { Credential = credential });
            }
        }

        TurnResponse[] responses = await Task.WhenAll(clients.Select(client => client.AllocateAsync()));
        Assert.All(responses, response => Assert.True(response.Succeeded, $"error {response.Code}"));
        return [.. clients];
    }
}
