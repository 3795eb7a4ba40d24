using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Turnpike.Cluster;
using Turnpike.LoadTest.Measuring;

namespace Turnpike.LoadTest.Cluster;

/// <summary>
/// What an edge asks of the store, without the edge: a heartbeat a second, leases of two quotas, usage of its users. Its settings are the
/// defaults, its connections its own.
/// </summary>
internal sealed class SimulatedEdge : IAsyncDisposable
{
    private const string Realm = "load";

    // An allocation lives some minutes: so many come and go in a second on an edge with a thousand.
    private const int GrantsPerSecond = 5;
    private static readonly LeaseLimits Limits = new(PerUser: 100, PerRealm: 1_000_000, Total: 0);

    private readonly int _users;
    private readonly TimeProvider _time;
    private readonly string _id;
    private readonly ClusterStore _store;
    private readonly LeaseLedger _leases;
    private readonly UsageLedger _usage;
    private readonly CancellationTokenSource _stopping = new();
    private Task _living = Task.CompletedTask;

    public SimulatedEdge(int number, int users, string redis, TimeProvider time)
    {
        _users = users;
        _time = time;
        _id = string.Create(CultureInfo.InvariantCulture, $"simulated-{number}");
        var options = new ClusterOptions { Redis = redis };
        _store = ClusterStore.Open(options, time, NullLoggerFactory.Instance);
        _leases = new LeaseLedger(_store, _id, options, WhenStoreUnavailable.LocalShare, () => 1, time, NullLoggerFactory.Instance);
        _usage = new UsageLedger(_store, _id, options, _ => null, time, NullLoggerFactory.Instance);
    }

    public SharedHistogram? Heartbeats { get; set; }

    public SharedHistogram? Grants { get; set; }

    public StoreStatistics Statistics => _store.Statistics;

    public async Task StartAsync(CancellationToken stop)
    {
        await _store.WaitUntilAvailableAsync(stop);
        _leases.Start();
        _usage.Start();
        _living = Task.WhenAll(BeatAsync(), AllocateAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _living;
        await _usage.DisposeAsync();
        await _leases.DisposeAsync();
        await _store.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task BeatAsync()
    {
        var membership = new Membership(_store);
        var record = new EdgeRecord { Id = _id, Name = _id, Urls = ["turn:192.0.2.1:3478?transport=udp"], RelayAddresses = ["192.0.2.1"], MinPort = 49152, MaxPort = 65535 };
        long seen = 0;
        for (long beats = 0; await RestAsync(beats == 0 ? Chance(0, 1000) : Chance(900, 1100)); beats++)
        {
            try
            {
                long started = _time.GetTimestamp();
                HeartbeatReply reply = await membership.BeatAsync(record with { Load = new EdgeLoad { Allocations = beats } }, seen);
                Took(Heartbeats, started);
                seen = reply.Change;
                CountUsage();
            }
            catch (StoreException)
            {
                continue; // counted by the store's own statistics
            }
        }
    }

    private async Task AllocateAsync()
    {
        while (await RestAsync(Chance(1000 / GrantsPerSecond * 9 / 10, 1000 / GrantsPerSecond * 11 / 10)))
        {
            string user = NameOf(RandomNumberGenerator.GetInt32(_users));
            var decided = new TaskCompletionSource<LeaseDecision>(TaskCreationOptions.RunContinuationsAsynchronously);
            long started = _time.GetTimestamp();
            LeaseDecision decision = _leases.TryAcquire(Realm, user, Limits, decided.SetResult);
            if (decision == LeaseDecision.Pending)
            {
                decision = await decided.Task;
                Took(Grants, started);
            }

            if (decision == LeaseDecision.Granted)
            {
                _leases.Release(Realm, user);
            }
        }
    }

    private void CountUsage()
    {
        var amount = new UsageAmount { BytesToPeers = 8000, BytesToClients = 8000, PacketsToPeers = 50, PacketsToClients = 50 };
        for (int user = 0; user < _users; user++)
        {
            _usage.Add(Realm, NameOf(user), user % 2 == 0 ? "even" : "odd", amount);
        }
    }

    private string NameOf(int user) => string.Create(CultureInfo.InvariantCulture, $"{_id}-user-{user}");

    private void Took(SharedHistogram? histogram, long started) =>
        histogram?.Add((long)(_time.GetElapsedTime(started).TotalSeconds * 1e9));

    private static TimeSpan Chance(int least, int most) => TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(least, most + 1));

    /// <summary>False when it is time to end.</summary>
    private async Task<bool> RestAsync(TimeSpan rest)
    {
        try
        {
            await Task.Delay(rest, _time, _stopping.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
