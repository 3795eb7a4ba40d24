using Turnpike.Contracts.V1;
using Turnpike.Ctl.Tests.Kit;
using Turnpike.Ctl.Values;

namespace Turnpike.Ctl.Tests;

/// <summary>A realm's policy is changed field by field, and nobody's change in between is lost.</summary>
public sealed class RealmUpdateTests
{
    [Fact]
    public async Task An_update_changes_what_it_names_and_sends_the_etag_that_it_has_read()
    {
        await using FakeControlPlane server = (await FakeControlPlane.StartAsync()).WithSamples();
        CtlRun program = new();
        Assert.Equal(0, await program.RunAsync(
            server, "realms", "update", "acme", "--set", "allocations-per-user=20", "--set", "peers.deny=203.0.113.0/24", "--set", "max_credential_lifetime="));
        UpdateRealmRequest request = server.Single<UpdateRealmRequest>();
        Assert.Equal(["policy.allocations_per_user", "policy.peers", "policy.max_credential_lifetime"], request.UpdateMask.Paths);
        Assert.Equal("7", request.Realm.Etag);
        Assert.Equal(20, request.Realm.Policy.AllocationsPerUser);
        Assert.Equal(["192.0.2.0/24"], request.Realm.Policy.Peers.Allow);
        Assert.Equal(["203.0.113.0/24"], request.Realm.Policy.Peers.Deny);
        Assert.Null(request.Realm.Policy.MaxCredentialLifetime);
    }

    [Fact]
    public void Every_key_can_be_set_and_is_read_back_as_it_was_set()
    {
        Assert.Equal(20, PolicySettings.Keys.Count);
        foreach (string key in PolicySettings.Keys)
        {
            string value = key switch
            {
                _ when key.StartsWith("peers.", StringComparison.Ordinal) => "192.0.2.0/24,2001:db8::/32",
                _ when key.EndsWith(".period", StringComparison.Ordinal) => "month",
                _ when key.EndsWith(".action", StringComparison.Ordinal) => "end",
                _ when key.EndsWith("_lifetime", StringComparison.Ordinal) => "90s",
                _ => "7",
            };
            RealmPolicy policy = new();
            Assert.Equal($"policy.{key.Split('.')[0]}", Assert.Single(PolicySettings.Apply(policy, [$"{key}={value}"]).Paths));
            Assert.Contains((key, value), PolicySettings.Read(policy));
            PolicySettings.Apply(policy, [$"{key}="]);
            Assert.DoesNotContain((key, value), PolicySettings.Read(policy));
        }
    }

    [Theory]
    [InlineData("bits_per_second_per_user=2.5M", 2_500_000)]
    [InlineData("bits_per_second_per_user=1T", 1_000_000_000_000)]
    [InlineData("bits_per_second_per_user=0", 0)]
    public void Numbers_may_have_a_prefix(string setting, long bits)
    {
        RealmPolicy policy = new();
        PolicySettings.Apply(policy, [setting]);
        Assert.True(policy.HasBitsPerSecondPerUser);
        Assert.Equal(bits, policy.BitsPerSecondPerUser);
    }

    [Theory]
    [InlineData("allocations_per_user", "key=value")]
    [InlineData("=5", "key=value")]
    [InlineData("allocations_per_usr=5", "allocations_per_user")]
    [InlineData("allocations_per_user=many", "allowed: 0 to 2147483647")]
    [InlineData("allocations_per_user=-1", "allowed: 0 to 2147483647")]
    [InlineData("allocations_per_user=3G", "allowed: 0 to 2147483647")]
    [InlineData("allocations_per_user=1.5", "allowed: 0 to 2147483647")]
    [InlineData("bits_per_second_per_user=99999999999T", "allowed: 0 to 9223372036854775807")]
    [InlineData("allocation_lifetime=soon", "no length of time")]
    [InlineData("bytes_per_user=5", "bytes_per_user.action, bytes_per_user.bytes, bytes_per_user.period")]
    [InlineData("bytes_per_user.action=explode", "allowed: notify, refuse_new, end")]
    [InlineData("allocations_per_user.x=5", "has no parts")]
    [InlineData("peers.deny.x=5", "has no parts")]
    public async Task A_wrong_setting_is_found_before_anything_is_called(string setting, string problem)
    {
        await using FakeControlPlane server = (await FakeControlPlane.StartAsync()).WithSamples();
        CtlRun program = new();
        Assert.Equal(2, await program.RunAsync(server, "realms", "update", "acme", "--set", setting));
        Assert.Contains(problem, program.Problem(), StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }
}
