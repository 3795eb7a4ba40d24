using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

public abstract class DecisionConformance(SharedStores stores, StoreKind kind) : StoreTest(stores, kind)
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Decisions_are_numbered_kept_up_to_a_count_and_read_from_a_number_on()
    {
        DecisionStore decisions = new(Store);
        Assert.Equal((0, 0), await CountAsync(decisions, 1));
        for (int i = 1; i <= 5; i++)
        {
            Assert.Equal(i, await decisions.WriteAsync("one", Long, $"memory {i}", $"shape {i}", $"decision {i}", kept: 3));
        }
        (IReadOnlyList<StoredDecision> read, long last) = await decisions.ReadAsync(1, 10);
        Assert.Equal([new(3, "decision 3"), new(4, "decision 4"), new StoredDecision(5, "decision 5")], read);
        Assert.Equal(5, last);
        Assert.Equal([new StoredDecision(4, "decision 4")], (await decisions.ReadAsync(4, 1)).Decisions);
        Assert.Equal((0, 5), await CountAsync(decisions, 6));
        Assert.Equal((0, 5), await CountAsync(decisions, long.MaxValue));
    }

    [Fact]
    public async Task The_same_decision_again_is_no_other_one()
    {
        DecisionStore decisions = new(Store);
        Assert.Null(await decisions.ReadMemoryAsync());
        Assert.Equal(1, await decisions.WriteAsync("one", Long, "first", "shape", "text", 10));
        Assert.Equal(0, await decisions.WriteAsync("one", Long, "second", "shape", "other figures", 10));
        Assert.Equal("second", await decisions.ReadMemoryAsync());
        Assert.Equal(2, await decisions.WriteAsync("one", Long, "third", "other shape", "text", 10));
        Assert.Equal((2, 2), await CountAsync(decisions, 1));
    }

    [Fact]
    public async Task Another_decision_is_announced()
    {
        DecisionStore decisions = new(Store);
        ClusterStore observer = await OpenAsync();
        int announced = 0;
        observer.Notified += what => Interlocked.Add(ref announced, what == DecisionStore.Change ? 1 : 0);
        // An announcement may be lost while the observer's process is still about to listen.
        int written = 0;
        await Stores.UntilAsync("an announcement arrives", async () =>
        {
            await decisions.WriteAsync("one", Long, "memory", $"shape {written++}", "text", 10);
            return Volatile.Read(ref announced) > 0;
        });
    }

    [Fact]
    public async Task One_process_writes_at_a_time_and_the_next_one_when_it_is_gone()
    {
        DecisionStore one = new(Store);
        DecisionStore two = new(await OpenAsync());
        Assert.Equal(1, await one.WriteAsync("one", Long, "of one", "a", "text", 10));
        Assert.Equal(-1, await two.WriteAsync("two", Long, "of two", "b", "text", 10));
        Assert.Equal("of one", await two.ReadMemoryAsync());
        Assert.Equal(0, await one.WriteAsync("one", TimeSpan.FromMilliseconds(1), "of one", "a", "text", 10));
        await Stores.UntilAsync("it is the other one's turn", async () => await two.WriteAsync("two", Long, "of two", "b", "text", 10) == 2);
    }

    private static async Task<(int Count, long Last)> CountAsync(DecisionStore decisions, long first)
    {
        (IReadOnlyList<StoredDecision> read, long last) = await decisions.ReadAsync(first, 100);
        return (read.Count, last);
    }
}

public sealed class DecisionsOnEmbedded(SharedStores stores) : DecisionConformance(stores, StoreKind.Embedded);

public sealed class DecisionsOnRedis(SharedStores stores) : DecisionConformance(stores, StoreKind.Redis);

public sealed class DecisionsOnSentinel(SharedStores stores) : DecisionConformance(stores, StoreKind.Sentinel);

public sealed class DecisionsOnCluster(SharedStores stores) : DecisionConformance(stores, StoreKind.Cluster);
