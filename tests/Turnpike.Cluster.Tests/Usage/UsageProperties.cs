using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Turnpike.Cluster.Tests;

/// <summary>One step in the life of an edge.</summary>
/// <param name="Kind">0–5: usage; 6: time passes; 7, 8: flush; 9: crash, and a new process takes over.</param>
/// <param name="User">Who used something.</param>
/// <param name="Bytes">How much.</param>
/// <param name="Seconds">How much time passes.</param>
/// <param name="Outcomes">How the attempts of a flush end; attempts after them are answered.</param>
internal sealed record UsageStep(int Kind, int User, long Bytes, int Seconds, Outcome[] Outcomes)
{
    private static readonly Gen<Outcome> AnyOutcome = Gen.Frequency(
        (4, Gen.Const(Outcome.Answered)), (2, Gen.Const(Outcome.FailedBefore)), (3, Gen.Const(Outcome.FailedAfter)));

    private static readonly Gen<int> Time = Gen.Frequency((5, Gen.Int[1, 30]), (3, Gen.Int[30, 600]), (2, Gen.Int[600, 20_000]), (1, Gen.Int[100_000, 400_000]));

    /// <summary>Any step.</summary>
    public static readonly Gen<UsageStep> Any =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 5], Gen.Long[1, 1_000_000], Time, AnyOutcome.Array[1, 3],
            (kind, user, bytes, seconds, outcomes) => new UsageStep(kind, user, bytes, seconds, outcomes));
}

/// <summary>
/// Whatever the store answers, and whenever the process dies: no byte is billed twice, and only a crash loses any, at most what it had
/// not flushed.
/// </summary>
public class UsageProperties
{
    private const int Users = 6;

    [Fact]
    public void The_buckets_hold_all_that_was_added_but_for_what_crashes_lost_and_never_more() =>
        UsageStep.Any.Array[1, 120].Sample(steps =>
        {
            FakeUsageStore store = new();
            return RunAsync(steps, store.Writer, (size, field) => Task.FromResult(store.Sum("realm", size, field).Bytes)).GetAwaiter().GetResult();
        }, iter: 400);

    [Fact]
    public async Task Usage_added_by_many_threads_while_flushes_fail_is_counted_exactly()
    {
        FakeUsageStore store = new();
        int attempt = 0;
        await using UsageLedger ledger = new(
            new FaultyUsageWriter(store.Writer("edge-1"), () => (Outcome)(Interlocked.Increment(ref attempt) % 3)),
            new ClusterOptions(), _ => null, new FakeTimeProvider(LedgerBench.Begin), NullLoggerFactory.Instance);
        var adding = Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < 5000; i++)
            {
                ledger.Add("realm-" + (i % 3), "user-" + (i % 40), "tag", LedgerBench.Bytes(thread + 1));
            }
        })).ToList();
        while (!adding.TrueForAll(task => task.IsCompleted) || ledger.Statistics.RowsWaiting > 0)
        {
            try
            {
                await ledger.FlushAsync();
            }
            catch (StoreUnavailableException)
            {
                // As ordered; the next attempt sends it again.
                await Task.Yield();
            }
        }
        await Task.WhenAll(adding);
        Assert.Equal(5000 * (1 + 2 + 3 + 4), Enumerable.Range(0, 3).Sum(realm => store.Sum("realm-" + realm, UsageBucket.Day, UsageField.Realm).Bytes));
        Assert.True(ledger.Statistics.BatchesRepeated > 0);
    }

    /// <summary>Lives the steps, writes the rest, and compares what the store has with what was added.</summary>
    internal static async Task<bool> RunAsync(
        UsageStep[] steps, Func<string, IUsageWriter> writer, Func<UsageBucket, UsageField, Task<long>> stored)
    {
        FakeTimeProvider time = new(LedgerBench.Begin);
        Queue<Outcome> outcomes = [];
        var added = new long[Users];
        var atRisk = new long[Users];
        var lost = new long[Users];
        bool inMinutes = true;
        int process = 0;
        UsageLedger ledger = Ledger();
        foreach (UsageStep step in steps)
        {
            switch (step.Kind)
            {
                case <= 5:
                    added[step.User] += step.Bytes;
                    atRisk[step.User] += step.Bytes;
                    ledger.Add("realm", "user-" + step.User, "tag-" + (step.User % 2), LedgerBench.Bytes(step.Bytes));
                    break;
                case 6:
                    time.Advance(TimeSpan.FromSeconds(step.Seconds));
                    break;
                case 7 or 8:
                    Array.ForEach(step.Outcomes, outcomes.Enqueue);
                    if (await FlushAsync(ledger))
                    {
                        Array.Clear(atRisk);
                    }
                    outcomes.Clear();
                    break;
                default:
                    // Nobody disposes of a process that is killed.
                    for (int user = 0; user < Users; user++)
                    {
                        lost[user] += atRisk[user];
                    }
                    Array.Clear(atRisk);
                    ledger = Ledger();
                    break;
            }
            inMinutes &= ledger.Statistics.LagSeconds < 60 * WaitingUsage.MaxMinutes;
        }
        await ledger.DisposeAsync();
        if (ledger.Statistics.RowsWaiting != 0)
        {
            return false;
        }
        UsageBucket[] sizes = inMinutes ? [UsageBucket.Minute, UsageBucket.Hour, UsageBucket.Day] : [UsageBucket.Day];
        bool right = true;
        foreach (UsageBucket size in sizes)
        {
            for (int user = 0; user < Users; user++)
            {
                right &= await IsWithinAsync(size, UsageField.User("user-" + user), added[user], lost[user]);
            }
            for (int tag = 0; tag < 2; tag++)
            {
                int part = tag;
                right &= await IsWithinAsync(size, UsageField.Tag("tag-" + tag), Of(added), Of(lost));
                long Of(long[] users) => users.Where((_, user) => user % 2 == part).Sum();
            }
            right &= await IsWithinAsync(size, UsageField.Realm, added.Sum(), lost.Sum());
        }
        return right;

        UsageLedger Ledger() => new(
            new FaultyUsageWriter(writer("edge-" + ++process), () => outcomes.TryDequeue(out Outcome next) ? next : Outcome.Answered),
            new ClusterOptions(), _ => null, time, NullLoggerFactory.Instance);

        async Task<bool> IsWithinAsync(UsageBucket size, UsageField field, long most, long mayMiss)
        {
            long sum = await stored(size, field);
            return sum <= most && sum >= most - mayMiss;
        }
    }

    private static async Task<bool> FlushAsync(UsageLedger ledger)
    {
        try
        {
            await ledger.FlushAsync();
            return true;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }
}
