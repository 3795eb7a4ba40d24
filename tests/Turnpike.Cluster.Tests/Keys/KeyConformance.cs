using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

public abstract class KeyConformance(SharedStores stores, StoreKind kind) : StoreTest(stores, kind)
{
    private const int Day = 86_400;

    [Fact]
    public async Task Four_processes_that_start_at_once_make_one_key()
    {
        ClusterStore[] processes = [Store, await OpenAsync(), await OpenAsync(), await OpenAsync()];
        ClusterKeyRing[] rings = await Task.WhenAll(processes.Select(process => new KeyStore(process).EnsureAsync(null, Day, Day)));
        Assert.All(rings, ring => Assert.Equal(rings[0].Nonce.Single().Secret, ring.Nonce.Single().Secret));
        Assert.All(rings, ring => Assert.Equal(rings[0].Ticket.Single().Secret, ring.Ticket.Single().Secret));
        Assert.NotEqual(rings[0].Nonce[0].Secret, rings[0].Ticket[0].Secret);
    }

    [Fact]
    public async Task Four_processes_that_rotate_at_once_make_one_new_key_which_does_not_sign_yet()
    {
        ClusterStore[] processes = [Store, await OpenAsync(), await OpenAsync(), await OpenAsync()];
        ClusterKeyRing before = await new KeyStore(Store).EnsureAsync(Aged(), Day, Day);
        ClusterKeyRing[] rings = await Task.WhenAll(processes.Select(process => new KeyStore(process).EnsureAsync(before, 60, Day)));
        Assert.All(rings, ring =>
        {
            Assert.Equal(2, ring.Nonce.Count);
            Assert.Equal(before.Nonce[0].Id, ring.Nonce[0].Id);
            Assert.Equal(rings[0].Nonce[1].Secret, ring.Nonce[1].Secret);
        });
        ClusterKeyRing? read = await new KeyStore(Store).ReadAsync();
        Assert.Equal(2, read!.Ticket.Count);
    }

    [Fact]
    public async Task A_known_ring_is_put_back_into_a_store_that_has_none_and_not_into_one_that_has()
    {
        ClusterKeyRing known = new([new ClusterKey(7, [1], Recent())], [new ClusterKey(8, [2], Recent())]);
        ClusterKeyRing ring = await new KeyStore(Store).EnsureAsync(known, Day, Day);
        Assert.Equal(7, ring.Nonce.Single().Id);
        Assert.Equal(8, ring.Ticket.Single().Id);
        ClusterKeyRing other = new([new ClusterKey(9, [3], Recent())], [new ClusterKey(9, [3], Recent())]);
        ring = await new KeyStore(Store).EnsureAsync(other, Day, Day);
        Assert.Equal(7, ring.Nonce.Single().Id);
    }

    private static long Recent() => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 5;

    private static ClusterKeyRing Aged() => new([new ClusterKey(1, [1], Recent() - 100)], [new ClusterKey(2, [2], Recent() - 100)]);
}

public sealed class KeysOnEmbedded(SharedStores stores) : KeyConformance(stores, StoreKind.Embedded);

public sealed class KeysOnRedis(SharedStores stores) : KeyConformance(stores, StoreKind.Redis);

public sealed class KeysOnSentinel(SharedStores stores) : KeyConformance(stores, StoreKind.Sentinel);

public sealed class KeysOnCluster(SharedStores stores) : KeyConformance(stores, StoreKind.Cluster);

public sealed class KeyRotationTests
{
    private const int Rotation = 1000;
    private const int Overlap = 300;

    [Fact]
    public void A_key_is_replaced_at_its_age_and_verifies_until_what_it_signed_is_over()
    {
        List<ClusterKey> keys = KeyStore.Next([], null, 0, Rotation, Overlap, out bool changed);
        Assert.True(changed);
        byte first = keys.Single().Id;
        Assert.Equal(0, keys[0].ActiveAt);

        keys = KeyStore.Next(keys, null, 999, Rotation, Overlap, out changed);
        Assert.False(changed);

        keys = KeyStore.Next(keys, null, 1000, Rotation, Overlap, out changed);
        Assert.True(changed);
        Assert.Equal(1000 + KeyStore.Activation, keys[0].ActiveAt);
        Assert.Equal(first, keys[1].Id);

        // The new one signs from 1010 on, so what the old one signed is valid until 1310.
        keys = KeyStore.Next(keys, null, 1310, Rotation, Overlap, out changed);
        Assert.False(changed);
        keys = KeyStore.Next(keys, null, 1311, Rotation, Overlap, out changed);
        Assert.True(changed);
        Assert.DoesNotContain(keys, key => key.Id == first);
        Assert.Single(keys);
    }

    [Fact]
    public void Over_many_rotations_ids_are_unique_and_the_list_stays_short()
    {
        List<ClusterKey> keys = [];
        for (long now = 0; now < 1_000_000; now += 100)
        {
            keys = KeyStore.Next(keys, null, now, Rotation, Overlap, out _);
            Assert.Equal(keys.Count, keys.Select(key => key.Id).Distinct().Count());
            Assert.InRange(keys.Count, 1, 3);
            Assert.Contains(keys, key => key.ActiveAt <= now);
        }
    }
}
