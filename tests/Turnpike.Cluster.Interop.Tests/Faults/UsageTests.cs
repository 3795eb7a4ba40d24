using System.Security.Cryptography;
using Turnpike.Cluster.Interop.Calls;
using Turnpike.Cluster.Interop.Fleet;
using Turnpike.Interop.Processes;
using Turnpike.Stores;

namespace Turnpike.Cluster.Interop.Faults;

/// <summary>What is billed after many things went wrong, one after the other.</summary>
public sealed class UsageTests : ClusterTest
{
    private const int Edges = 3;
    private const double Loss = 0.05;

    private static readonly CallSettings Settings = new() { Calls = 6, PacketsPerSecond = 50 };
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan FaultLength = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(30);

    // The interval, and what a busy machine adds to it.
    private static readonly long BytesOfAnInterval = (long)(Settings.BytesPerSecond * (EdgeFleet.UsageFlush.TotalSeconds + 0.5));

    private readonly EdgeLife[] _lives = new EdgeLife[Edges];
    private RedisServer _store = null!;
    private Tenant _tenant = null!;
    private long _relayedByTheDead;
    private int _kills;

    private enum Mishap
    {
        Kill,
        StoreHangs,
        Partition,
        SlowAndLossy,
        Reset,
    }

    [Fact]
    public async Task Everything_relayed_is_billed_once_but_for_an_interval_of_each_edge_that_was_killed()
    {
        _store = Track(await RedisServer.StartAsync());
        ControlSide control = Track(await ControlSide.OpenAsync(_store.ConnectionString));
        _tenant = await control.AddTenantAsync("acme");
        await Task.WhenAll(Enumerable.Range(0, Edges).Select(BeginLifeAsync));

        for (int i = 0; i < FaultSettings.Count; i++)
        {
            // The first is a kill, so that there is one in every run.
            Mishap mishap = i == 0 ? Mishap.Kill : (Mishap)RandomNumberGenerator.GetInt32(Enum.GetValues<Mishap>().Length);
            int edge = RandomNumberGenerator.GetInt32(Edges);
            TestContext.Current.TestOutputHelper?.WriteLine($"{mishap} at edge {edge}");
            await HappenAsync(mishap, edge);
            await Task.WhenAll(_lives.Select(UntilWellAsync));
        }

        long relayed = _relayedByTheDead;
        foreach (EdgeLife life in _lives)
        {
            CallReport report = await life.Calls.StopTrafficAsync();
            report.AssertNothingLost();
            relayed += report.Bytes;
        }

        await _tenant.UntilBilledAsync(relayed, unbilledAtLeast: 0, _kills * BytesOfAnInterval, Answer);
        long billed = await UntilNothingComesAsync();
        Assert.InRange(billed, relayed - (_kills * BytesOfAnInterval), relayed);
        Assert.Equal(billed, (await _tenant.UsageAsync(UsageBucket.Hour)).Bytes);
        Assert.Equal(billed, (await _tenant.UsageAsync(UsageBucket.Minute)).Bytes);
        Assert.Equal(billed, (await _tenant.UsageAsync(by: UsageBy.User)).Bytes);
        Assert.Equal(billed, (await _tenant.UsageAsync(by: UsageBy.Tag)).Bytes);
    }

    private Task HappenAsync(Mishap mishap, int edge)
    {
        StoreProxy way = _lives[edge].Way;
        return mishap switch
        {
            Mishap.Kill => KillAsync(edge),
            Mishap.StoreHangs => LastAsync(_store.Pause, _store.Resume),
            Mishap.Partition => LastAsync(way.Part, way.Heal),
            Mishap.SlowAndLossy => LastAsync(() => way.Slow(Latency, Loss), way.Heal),
            Mishap.Reset => LastAsync(way.Cut, way.Cut),
            _ => throw new ArgumentOutOfRangeException(nameof(mishap)),
        };
    }

    private static async Task LastAsync(Action begin, Action end)
    {
        begin();
        await Task.Delay(FaultLength, TestContext.Current.CancellationToken);
        end();
    }

    private async Task KillAsync(int edge)
    {
        EdgeLife life = _lives[edge];
        await life.Fleet.Edges[0].Process.SignalAsync("KILL");
        await life.Fleet.Edges[0].Process.WaitForExitAsync(Answer);
        _relayedByTheDead += (await life.Calls.StopTrafficAsync()).Bytes;
        _kills++;
        await BeginLifeAsync(edge);
    }

    private async Task BeginLifeAsync(int edge)
    {
        StoreProxy way = ProxyTo(_store.EndPoint);
        EdgeFleet fleet = Track(new EdgeFleet());
        await fleet.StartAsync($"{way.EndPoint}");
        await Trial.UntilAsync(fleet.EndPoints, _tenant.Issue("first"), granted: true);
        RelayedCalls calls = Track(await RelayedCalls.StartAsync(
            fleet.EndPoints, call => _tenant.IssueForCall($"user{call}", $"tag{edge}"), Settings));
        _lives[edge] = new EdgeLife(fleet, way, calls);
        await UntilWellAsync(_lives[edge]);
    }

    /// <summary>The edge has the store and nothing to catch up with: only then does a kill cost no more than an interval.</summary>
    private static Task UntilWellAsync(EdgeLife life) => Deadline.UntilAsync("an edge is well again", Answer, async () =>
        !await life.Fleet.Edges[0].IsDegradedAsync()
        && (await life.Fleet.Edges[0].MetricsAsync()).Value("turnpike_edge_cluster_usage_lag_seconds") < EdgeFleet.UsageFlush.TotalSeconds);

    /// <summary>The bytes that are billed, once two intervals have added nothing to them.</summary>
    private async Task<long> UntilNothingComesAsync()
    {
        long billed = -1;
        using var timer = new PeriodicTimer(2 * EdgeFleet.UsageFlush);
        await Deadline.UntilAsync("all usage is billed", Answer, async () =>
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            long before = billed;
            billed = (await _tenant.UsageAsync()).Bytes;
            return billed == before;
        });
        return billed;
    }

    /// <summary>One edge from its start to its kill, with its own way to the store and its own calls.</summary>
    private sealed record EdgeLife(EdgeFleet Fleet, StoreProxy Way, RelayedCalls Calls);
}
