namespace Turnpike.Cluster.Tests;

public sealed class RealmRulesTests
{
    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("a:b")]
    [InlineData("a\"b")]
    [InlineData("a\nb")]
    public void A_name_that_cannot_be_a_realm_is_a_problem(string name) => Assert.NotNull(Make.Realm(name).Problem());

    [Fact]
    public void A_name_of_128_characters_is_a_problem_and_one_of_127_is_none()
    {
        Assert.NotNull(Make.Realm(new string('a', 128)).Problem());
        Assert.Null(Make.Realm(new string('a', 127)).Problem());
    }

    [Fact]
    public void Two_secrets_of_one_id_are_a_problem() => Assert.NotNull(Make.Realm("acme", "k1", "k1").Problem());

    [Fact]
    public void A_secret_that_ends_before_it_begins_is_a_problem_that_does_not_show_it()
    {
        string? problem = (Make.Realm("acme") with { Secrets = [new RealmSecret("k1", "hidden"u8.ToArray(), 10, 10)] }).Problem();
        Assert.Contains("k1", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", problem, StringComparison.Ordinal);
    }

    public static TheoryData<RealmPolicy> Wrong() =>
    [
        new RealmPolicy { AllocationsPerUser = -1 },
        new RealmPolicy { PermissionsPerAllocation = 0 },
        new RealmPolicy { MaxAllocationLifetime = 1 },
        new RealmPolicy { PeersDeny = ["10.0.0.0/33"] },
        new RealmPolicy { PeersAllow = ["host"] },
        new RealmPolicy { BytesPerUser = new ByteQuota(0, QuotaPeriod.Day, QuotaAction.Notify) },
        new RealmPolicy { BytesPerRealm = new ByteQuota(1, (QuotaPeriod)9, QuotaAction.Notify) },
    ];

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_policy_out_of_range_is_a_problem(RealmPolicy policy) => Assert.NotNull((Make.Realm("acme") with { Policy = policy }).Problem());

    [Fact]
    public void The_newest_valid_secret_is_issued_with()
    {
        RealmRecord realm = Make.Realm("acme") with
        {
            Secrets = [new("old", [1], 0, 200), new("next", [2], 100, long.MaxValue), new("future", [3], 300, long.MaxValue)],
        };
        Assert.Equal("old", realm.NewestSecret(99)!.Id);
        Assert.Equal("next", realm.NewestSecret(100)!.Id);
        Assert.Equal("future", realm.NewestSecret(300)!.Id);
        Assert.True(realm.Secrets[0].IsValid(199));
        Assert.False(realm.Secrets[0].IsValid(200));
    }

    [Fact]
    public void Secrets_and_keys_do_not_show_in_text()
    {
        Assert.DoesNotContain("Value", new RealmSecret("k1", [1], 0, 1).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Secret", new ClusterKey(1, [1], 0).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Key =", new StaticUserRecord("alice", [1], [1]).ToString(), StringComparison.Ordinal);
    }
}
