using System.Diagnostics;
using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

/// <summary>A store that goes away and comes back.</summary>
public sealed class OutageTests
{
    [Fact]
    public async Task A_store_that_is_absent_is_no_error_and_is_found_when_it_starts()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await server.KillAsync();
        await using ObservedStore observed = new(server.ConnectionString);
        await Stores.UntilAsync("the absence is logged", () => observed.Log.Count(ObservedStore.Away) == 1);
        Assert.False(observed.Store.IsAvailable);
        await Assert.ThrowsAsync<StoreUnavailableException>(observed.CallAsync);
        await server.RestartEmptyAsync();
        await observed.Store.AvailableAsync();
        await observed.CallAsync();
        Assert.Equal(1, observed.Log.Count(ObservedStore.Available));
    }

    [Fact]
    public async Task A_server_that_hangs_costs_one_timeout_and_then_every_call_fails_at_once()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using ObservedStore observed = new(server.ConnectionString, timeout: 500);
        await observed.Store.AvailableAsync();
        await observed.CallAsync();
        server.Pause();
        TimeSpan first = await observed.FailingCallAsync();
        Assert.InRange(first.TotalMilliseconds, 400, 1500);
        Assert.False(observed.Store.IsAvailable);
        for (int i = 0; i < 100; i++)
        {
            TimeSpan next = await observed.FailingCallAsync();
            Assert.True(next.TotalMilliseconds < 100, $"call {i} took {next}");
        }
        server.Resume();
        await observed.Store.AvailableAsync();
        await observed.CallAsync();
        await Stores.UntilAsync("three changes are raised", () => observed.Changes.Count == 3);
        Assert.Equal([true, false, true], observed.Changes);
        Assert.Equal(1, observed.Store.Statistics.Outages);
    }

    [Fact]
    public async Task A_hang_is_noticed_without_any_call()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using ObservedStore observed = new(server.ConnectionString, timeout: 300);
        await observed.Store.AvailableAsync();
        server.Pause();
        await Stores.UntilAsync("the hang is noticed", () => !observed.Store.IsAvailable);
    }

    [Fact]
    public async Task A_crash_is_noticed_at_once_and_a_restart_within_seconds()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using ObservedStore observed = new(server.ConnectionString);
        await observed.Store.AvailableAsync();
        await server.KillAsync();
        await Stores.UntilAsync("the crash is noticed", () => !observed.Store.IsAvailable);
        await server.RestartEmptyAsync();
        long restarted = Stopwatch.GetTimestamp();
        await observed.Store.AvailableAsync();
        Assert.True(Stopwatch.GetElapsedTime(restarted).TotalSeconds < 10);
        await observed.CallAsync();
    }

    [Fact]
    public async Task Changes_of_availability_are_raised_one_by_one_and_take_turns()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using ObservedStore observed = new(server.ConnectionString, timeout: 300);
        await observed.Store.AvailableAsync();
        for (int i = 0; i < 4; i++)
        {
            await server.CliAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
            await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => IgnoreAsync(observed.CallAsync)));
            await observed.Store.AvailableAsync();
        }
        Assert.False(observed.Overlapped);
        IReadOnlyList<bool> changes = observed.Changes;
        Assert.Equal(changes.Select((_, i) => i % 2 == 0), changes);
    }

    [Fact]
    public async Task A_call_that_ends_after_the_store_came_back_does_not_take_it_away_again()
    {
        StoreAvailability availability = new();
        Assert.True(availability.Restore(0));
        StoreAvailability.State old = availability.Current;
        Assert.True(availability.Lose(old.Number, "first"));
        Assert.True(availability.Restore(availability.Current.Number));
        Assert.False(availability.Lose(old.Number, "late"));
        Assert.True(availability.Current.IsAvailable);
        availability.Complete();
        List<bool> changes = await availability.Changes.ReadAllAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal([true, false, true], changes);
    }

    [Fact]
    public async Task Announcements_arrive_again_after_the_store_was_restarted()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using ObservedStore observed = new(server.ConnectionString);
        await observed.Store.AvailableAsync();
        await server.RestartEmptyAsync();
        await AnnouncementArrivesAsync(observed);
    }

    [Fact]
    public async Task A_full_server_is_away_until_it_has_room()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using ObservedStore observed = new(server.ConnectionString);
        await observed.Store.AvailableAsync();
        await server.CliAsync("CONFIG", "SET", "maxmemory", "1");
        await observed.UntilAwayAsync();
        Assert.Contains("OOM", observed.Store.Reason, StringComparison.Ordinal);
        await server.CliAsync("CONFIG", "SET", "maxmemory", "0");
        await observed.Store.AvailableAsync();
        await observed.CallAsync();
    }

    [Fact]
    public async Task After_SCRIPT_FLUSH_scripts_are_loaded_again()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using ObservedStore observed = new(server.ConnectionString);
        await observed.Store.AvailableAsync();
        await server.CliAsync("SCRIPT", "FLUSH");
        await observed.CallAsync();
        Assert.True(observed.Store.IsAvailable);
    }

    private static async Task IgnoreAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (StoreUnavailableException)
        {
            // What the test provokes.
            return;
        }
    }

    internal static async Task AnnouncementArrivesAsync(ObservedStore observed)
    {
        bool heard = false;
        observed.Store.Notified += _ => heard = true;
        await Stores.UntilAsync("an announcement arrives", async () =>
        {
            await new RealmStore(observed.Store).PutAsync(Make.Realm("acme", "k1"), null);
            return heard;
        });
    }
}
