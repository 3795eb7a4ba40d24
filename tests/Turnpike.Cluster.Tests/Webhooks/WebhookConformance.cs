using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

/// <summary>Webhooks, their leases and how far they are, in every kind of store.</summary>
public abstract class WebhookConformance(SharedStores stores, StoreKind kind) : StoreTest(stores, kind)
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    private WebhookStore Webhooks => new(Store);

    [Fact]
    public async Task A_webhook_comes_back_as_it_was_added()
    {
        await new RealmStore(Store).PutAsync(Make.Realm("acme", "k1"), 0);
        WebhookRecord hook = Hook("a") with
        {
            Kinds = [EventKind.QuotaReached, EventKind.AllocationStarted],
            Tags = ["red", "käse:{x}"],
            Start = "abc-7",
            Secrets = [new WebhookSecret([1, 2, 3], 5, 9), new WebhookSecret([4], 1, long.MaxValue)],
            CreatedAt = 5,
        };
        Assert.Equal(WebhookAddition.Added, await Webhooks.AddAsync(hook));
        WebhookRecord read = (await Webhooks.FindAsync("acme", "a"))!;
        Assert.Equal(
            (1, hook.Url, hook.Uid, hook.Start, hook.CreatedAt, false), (read.Version, read.Url, read.Uid, read.Start, read.CreatedAt, read.Paused));
        Assert.Equal(hook.Kinds, read.Kinds);
        Assert.Equal(hook.Tags, read.Tags);
        Assert.Equal(hook.Secrets.Select(secret => (Convert.ToHexString(secret.Value), secret.CreatedAt, secret.NotAfter)),
            read.Secrets.Select(secret => (Convert.ToHexString(secret.Value), secret.CreatedAt, secret.NotAfter)));
        Assert.Equal(["acme"], await Webhooks.RealmsAsync());
        Assert.Null(await Webhooks.FindAsync("acme", "b"));
    }

    [Fact]
    public async Task A_webhook_needs_its_realm_a_name_of_its_own_and_room()
    {
        Assert.Equal(WebhookAddition.NoRealm, await Webhooks.AddAsync(Hook("a")));
        await new RealmStore(Store).PutAsync(Make.Realm("acme", "k1"), 0);
        WebhookAddition[] added = await Task.WhenAll(Enumerable.Range(0, WebhookStore.MostOfRealm + 4).Select(i => Webhooks.AddAsync(Hook($"h{i}"))));
        Assert.Equal(WebhookStore.MostOfRealm, added.Count(addition => addition == WebhookAddition.Added));
        Assert.Equal(4, added.Count(addition => addition == WebhookAddition.TooMany));
        string present = (await Webhooks.ListAsync("acme"))[0].Id;
        Assert.Equal(WebhookAddition.Exists, await Webhooks.AddAsync(Hook(present)));
        Assert.NotNull(await Webhooks.DeleteAsync("acme", present, _ => { }));
        Assert.Equal(WebhookAddition.Added, await Webhooks.AddAsync(Hook("new")));
    }

    [Fact]
    public async Task Changes_at_once_are_all_made_and_what_throws_changes_nothing()
    {
        await new RealmStore(Store).PutAsync(Make.Realm("acme", "k1"), 0);
        await Webhooks.AddAsync(Hook("a"));
        await Task.WhenAll(Enumerable.Range(0, 5).Select(i => Webhooks.ChangeAsync("acme", "a", hook => hook with { Tags = [.. hook.Tags, $"{i}"] })));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Webhooks.ChangeAsync("acme", "a", _ => throw new InvalidOperationException()));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Webhooks.DeleteAsync("acme", "a", _ => throw new InvalidOperationException()));
        WebhookRecord read = (await Webhooks.FindAsync("acme", "a"))!;
        Assert.Equal(6, read.Version);
        Assert.Equal(["0", "1", "2", "3", "4"], read.Tags.Order());
        Assert.Null(await Webhooks.ChangeAsync("acme", "none", hook => hook));
    }

    [Fact]
    public async Task A_realm_takes_its_webhooks_along_and_tells_so()
    {
        RealmStore realms = new(Store);
        await realms.PutAsync(Make.Realm("acme", "k1"), 0);
        await Webhooks.AddAsync(Hook("a"));
        ClusterStore other = await OpenAsync();
        int heard = 0;
        other.Notified += what => Interlocked.Add(ref heard, what == WebhookStore.Change("acme") ? 1 : 0);
        // An announcement may be lost while the other process is still about to listen.
        await Stores.UntilAsync("an announcement arrives", async () =>
        {
            await Webhooks.ChangeAsync("acme", "a", hook => hook with { Paused = !hook.Paused });
            return Volatile.Read(ref heard) > 0;
        });
        await realms.DeleteAsync("acme");
        await realms.PutAsync(Make.Realm("acme", "k1"), 0);
        Assert.Empty(await Webhooks.ListAsync("acme"));
        Assert.Empty(await Webhooks.RealmsAsync());
    }

    [Fact]
    public async Task One_process_at_a_time_holds_a_lease()
    {
        WebhookLeases first = new(Store, "first");
        WebhookLeases second = new(await OpenAsync(), "second");
        WebhookLease held = await first.ClaimAsync("u1", Long);
        Assert.True(held.IsHeld);
        WebhookLease refused = await second.ClaimAsync("u1", Long);
        Assert.False(refused.IsHeld);
        Assert.InRange(refused.Left, TimeSpan.FromSeconds(1), Long);
        Assert.Equal(held.Fence, (await first.ClaimAsync("u1", Long)).Fence);
        Assert.True((await second.ClaimAsync("u2", Long)).IsHeld);
        // What is given back is there for the next one.
        Assert.True(await first.CommitAsync("u1", held.Fence, TimeSpan.Zero, new WebhookProgress { Cursor = "abc-7", Delivered = 7 }));
        WebhookLease next = await second.ClaimAsync("u1", Long);
        Assert.True(next.Fence > held.Fence);
        Assert.Equal(("abc-7", 7), (next.Progress.Cursor, next.Progress.Delivered));
    }

    [Fact]
    public async Task Whoever_lost_a_lease_writes_nothing_any_more()
    {
        WebhookLeases first = new(Store, "first");
        WebhookLeases second = new(Store, "second");
        WebhookLease old = await first.ClaimAsync("u1", TimeSpan.FromMilliseconds(30));
        // Nobody has taken it, so that it is still good although it has ended.
        await Stores.UntilAsync("the lease ends", async () => (await second.ClaimAsync("u1", TimeSpan.FromMilliseconds(1))).IsHeld);
        Assert.False(await first.CommitAsync("u1", old.Fence, Long, new WebhookProgress { Cursor = "back-1" }));
        Assert.Equal(new WebhookProgress(), await first.ReadAsync("u1"));
        // Not even when it gets the lease again meanwhile, and something from before that comes late.
        WebhookLease again = default;
        await Stores.UntilAsync("the lease ends again", async () => (again = await first.ClaimAsync("u1", Long)).IsHeld);
        Assert.False(await first.CommitAsync("u1", old.Fence, Long, new WebhookProgress { Cursor = "back-1" }));
        Assert.True(await first.CommitAsync("u1", again.Fence, Long, new WebhookProgress { Cursor = "on-2" }));
        Assert.True(await first.CommitAsync("u1", again.Fence, Long));
        Assert.Equal("on-2", (await second.ReadAsync("u1")).Cursor);
    }

    [Fact]
    public async Task A_lease_that_ended_and_that_nobody_took_is_as_good_as_before()
    {
        WebhookLeases leases = new(Store, "first");
        WebhookLease lease = await leases.ClaimAsync("u1", TimeSpan.Zero);
        Assert.True(await leases.CommitAsync("u1", lease.Fence, Long));
        Assert.False((await new WebhookLeases(Store, "second").ClaimAsync("u1", Long)).IsHeld);
    }

    [Fact]
    public async Task Nobody_delivers_a_webhook_that_is_forgotten()
    {
        WebhookLeases leases = new(Store, "first");
        WebhookLease lease = await leases.ClaimAsync("u1", Long);
        await leases.CommitAsync("u1", lease.Fence, Long, new WebhookProgress { Cursor = "abc-7" });
        await leases.ForgetAsync("u1");
        Assert.False(await leases.CommitAsync("u1", lease.Fence, Long, new WebhookProgress { Cursor = "abc-8" }));
        Assert.False((await leases.ClaimAsync("u1", Long)).IsHeld);
        Assert.Equal(new WebhookProgress(), await leases.ReadAsync("u1"));
    }

    [Fact]
    public async Task Progress_comes_back_as_it_was_written()
    {
        WebhookLeases leases = new(Store, "first");
        WebhookLease lease = await leases.ClaimAsync("u1", Long);
        WebhookProgress progress = new()
        {
            Cursor = "",
            Pending = "abc-9",
            Version = 3,
            FailedAttempts = 4,
            FailingSince = 1_700_000_000_001,
            NextAttempt = 1_700_000_000_002,
            LastSuccess = 1_700_000_000_003,
            LastFailure = 1_700_000_000_004,
            LastFailureReason = "HTTP 503",
            Delivered = long.MaxValue,
            Missed = 6,
            DisabledReason = "käse",
        };
        await leases.CommitAsync("u1", lease.Fence, Long, progress);
        Assert.Equal(progress, await leases.ReadAsync("u1"));
        Assert.Equal(progress, (await leases.ClaimAsync("u1", Long)).Progress);
        // Of another version the failures do not count.
        Assert.Equal(progress with { Version = 4, FailedAttempts = 0, FailingSince = 0, NextAttempt = 0, DisabledReason = "" }, progress.For(4));
        Assert.Same(progress, progress.For(3));
    }

    private static WebhookRecord Hook(string id) =>
        new() { Realm = "acme", Id = id, Uid = $"u{id}", Url = $"https://example.com/{id}", Secrets = [new WebhookSecret([1], 0, long.MaxValue)] };
}

public sealed class WebhooksOnEmbedded(SharedStores stores) : WebhookConformance(stores, StoreKind.Embedded);

public sealed class WebhooksOnRedis(SharedStores stores) : WebhookConformance(stores, StoreKind.Redis);

public sealed class WebhooksOnSentinel(SharedStores stores) : WebhookConformance(stores, StoreKind.Sentinel);

public sealed class WebhooksOnCluster(SharedStores stores) : WebhookConformance(stores, StoreKind.Cluster);
