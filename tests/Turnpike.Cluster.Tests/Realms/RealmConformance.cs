using System.Text;
using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

/// <summary>Realms and their static users.</summary>
public abstract class RealmConformance(SharedStores stores, StoreKind kind) : StoreTest(stores, kind)
{
    [Fact]
    public async Task A_realm_comes_back_as_it_was_put()
    {
        RealmRecord realm = Make.Realm("acme", "k1", "k2") with
        {
            Policy = new RealmPolicy
            {
                AllocationsPerUser = 5,
                BitsPerSecondPerUser = 1_000_000,
                PeersAllow = ["192.0.2.0/24"],
                BytesPerUser = new ByteQuota(1L << 40, QuotaPeriod.Month, QuotaAction.End),
            },
        };
        RealmStore realms = new(Store);
        Assert.Equal(1, await realms.PutAsync(realm, null));
        RealmRecord? read = await realms.GetAsync("acme");
        Assert.NotNull(read);
        Assert.Equal(1, read.Version);
        Assert.Equal(realm.Policy.BytesPerUser, read.Policy.BytesPerUser);
        Assert.Equal(realm.Policy.PeersAllow, read.Policy.PeersAllow);
        Assert.Equal(5, read.Policy.AllocationsPerUser);
        Assert.Null(read.Policy.AllocationsPerRealm);
        Assert.Equal(realm.Secrets.Select(secret => (secret.Id, Encoding.UTF8.GetString(secret.Value), secret.NotAfter)),
            read.Secrets.Select(secret => (secret.Id, Encoding.UTF8.GetString(secret.Value), secret.NotAfter)));
        Assert.Null(await realms.GetAsync("other"));
    }

    [Fact]
    public async Task An_edit_of_an_older_version_is_a_conflict()
    {
        RealmStore realms = new(Store);
        Assert.Equal(1, await realms.PutAsync(Make.Realm("acme", "k1"), 0));
        Assert.Equal(2, await realms.PutAsync(Make.Realm("acme", "k2"), 1));
        RealmConflictException conflict = await Assert.ThrowsAsync<RealmConflictException>(() => realms.PutAsync(Make.Realm("acme", "k3"), 1));
        Assert.Equal(2, conflict.Version);
        await Assert.ThrowsAsync<RealmConflictException>(() => realms.PutAsync(Make.Realm("acme", "k3"), 0));
        Assert.Equal(3, await realms.PutAsync(Make.Realm("acme", "k3"), null));
    }

    [Fact]
    public async Task Of_edits_at_once_each_gets_a_version_of_its_own()
    {
        RealmStore realms = new(Store);
        long[] versions = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => realms.PutAsync(Make.Realm("acme", $"k{i}"), null)));
        Assert.Equal(Enumerable.Range(1, 8).Select(i => (long)i), versions.Order());
    }

    [Fact]
    public async Task A_deleted_realm_takes_its_users_along()
    {
        RealmStore realms = new(Store);
        UserStore users = new(Store);
        await realms.PutAsync(Make.Realm("acme", "k1"), null);
        await users.PutAsync("acme", new StaticUserRecord("alice", new byte[16], new byte[32]));
        Assert.True(await realms.DeleteAsync("acme"));
        Assert.False(await realms.DeleteAsync("acme"));
        Assert.Empty(await realms.ListAsync());
        Assert.Null(await users.FindAsync("acme", "alice"));
        Assert.Null(await users.FindByHashAsync("acme", UserStore.UserHash("acme", "alice")));
    }

    [Fact]
    public async Task Realms_of_any_legal_name_keep_apart()
    {
        string[] names = ["a", "A", "a b", "{a}", "100%", "a}b{", "ä"];
        RealmStore realms = new(Store);
        UserStore users = new(Store);
        foreach (string name in names)
        {
            await realms.PutAsync(Make.Realm(name, "k1"), 0);
            await users.PutAsync(name, new StaticUserRecord(name, new byte[16], new byte[32]));
        }
        Assert.Equal(names.Order(StringComparer.Ordinal), (await realms.ListAsync()).Select(realm => realm.Name));
        foreach (string name in names)
        {
            StaticUserPage page = await users.ListAsync(name, 0, 10);
            Assert.Equal([name], page.Users.Select(user => user.Username));
        }
    }

    [Fact]
    public async Task A_realm_goes_together_with_what_was_issued_in_it_or_not_at_all()
    {
        RealmStore realms = new(Store);
        RevocationStore revocations = new(Store);
        Revocation revocation = new("r1", RevocationKind.Realm, "acme", "", 1, long.MaxValue);
        await realms.PutAsync(Make.Realm("acme", "k1"), 0);

        await Assert.ThrowsAsync<RealmConflictException>(() => realms.DeleteAsync("acme", 7, revocation));
        Assert.NotNull(await realms.GetAsync("acme"));
        Assert.Null(await revocations.FindAsync("r1"));

        Assert.True(await realms.DeleteAsync("acme", 1, revocation));
        Assert.Null(await realms.GetAsync("acme"));
        Assert.Equal(revocation, await revocations.FindAsync("r1"));
    }

    [Fact]
    public async Task A_static_user_is_found_by_name_and_by_hash()
    {
        UserStore users = new(Store);
        StaticUserRecord alice = new("alice", [1, 2, 3], [4, 5, 6]);
        await users.PutAsync("acme", alice);
        StaticUserRecord? byName = await users.FindAsync("acme", "alice");
        StaticUserRecord? byHash = await users.FindByHashAsync("acme", UserStore.UserHash("acme", "alice"));
        Assert.Equal(alice.Md5Key, byName!.Md5Key);
        Assert.Equal(alice.Sha256Key, byHash!.Sha256Key);
        Assert.Null(await users.FindAsync("other", "alice"));
        await users.DeleteAsync("acme", "alice");
        Assert.Null(await users.FindAsync("acme", "alice"));
        Assert.Null(await users.FindByHashAsync("acme", UserStore.UserHash("acme", "alice")));
    }

    [Fact]
    public async Task Users_are_listed_piece_by_piece()
    {
        UserStore users = new(Store);
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => users.PutAsync("acme", new StaticUserRecord($"user{i}", new byte[16], new byte[32]))));
        HashSet<string> seen = [];
        long cursor = 0;
        do
        {
            StaticUserPage page = await users.ListAsync("acme", cursor, 100);
            seen.UnionWith(page.Users.Select(user => user.Username));
            cursor = page.Cursor;
        }
        while (cursor != 0);
        Assert.Equal(1000, seen.Count);
    }
}

public sealed class RealmsOnEmbedded(SharedStores stores) : RealmConformance(stores, StoreKind.Embedded);

public sealed class RealmsOnRedis(SharedStores stores) : RealmConformance(stores, StoreKind.Redis);

public sealed class RealmsOnSentinel(SharedStores stores) : RealmConformance(stores, StoreKind.Sentinel);

public sealed class RealmsOnCluster(SharedStores stores) : RealmConformance(stores, StoreKind.Cluster);
