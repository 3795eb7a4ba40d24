using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Turnpike.Cluster;
using Turnpike.LoadTest.Cluster;
using Turnpike.Scaling;

namespace Turnpike.LoadTest.Store;

/// <summary>
/// Makes the calls that edges and control planes make, with the very classes that make them, one kind at a time, and asks the store
/// what it did for each.
/// </summary>
internal sealed class StoreRun(StoreOptions options, TimeProvider time, TextWriter progress)
{
    private const string Realm = "load";
    private const int Batches = 5;
    private static readonly LeaseLimits Limits = new(PerUser: 100, PerRealm: 100_000_000, Total: 0);

    private readonly List<CallFigure> _calls = [];

    public async Task<StoreFigures> ExecuteAsync(CancellationToken stop)
    {
        using RedisServer redis = await RedisServer.StartAsync(options.RedisExecutable);
        var settings = new ClusterOptions { Redis = $"{redis.EndPoint}", Lease = 300, MemberExpiry = 300 };
        await using var store = ClusterStore.Open(settings, time, NullLoggerFactory.Instance);
        await store.WaitUntilAvailableAsync(stop);

        double record = await MembersAsync(redis, store, stop);
        double user = await LeasesAsync(redis, store, settings, stop) + await UsageAsync(redis, store, settings);
        await EventsAsync(redis, store, settings);
        var revocations = new RevocationStore(store);
        long soon = time.GetUtcNow().ToUnixTimeSeconds() + 3600;
        await MeasureAsync(redis, "revoke", options.Calls, true, () => EachAsync(options.Calls, i =>
            revocations.AddAsync(new Revocation(Name(i), RevocationKind.User, Realm, Name(i), soon, soon))));
        await AnnouncementsAsync(redis, store, stop);
        return new StoreFigures(redis.Version, _calls, new ReaderFigures(record, Decision(), user));
    }

    private async Task<double> MembersAsync(RedisServer redis, ClusterStore store, CancellationToken stop)
    {
        var membership = new Membership(store);
        EdgeRecord[] fleet = [.. Enumerable.Range(0, options.Edges).Select(Edge)];
        await membership.BeatAsync(fleet[0], 0);
        await MeasureAsync(redis, "edge joins", fleet.Length - 1, true, () => EachAsync(fleet.Length - 1, i => membership.BeatAsync(fleet[i + 1], long.MaxValue)));
        stop.ThrowIfCancellationRequested();
        await MeasureAsync(redis, "heartbeat", options.Calls, false, () => EachAsync(options.Calls, i => membership.BeatAsync(
            fleet[i % fleet.Length] with { Load = fleet[0].Load with { Allocations = i } }, long.MaxValue)));

        // What reads them is measured too, so it is compiled first.
        int reads = Math.Max(20, 100_000 / options.Edges);
        await EachAsync(reads, _ => membership.ListAsync());
        TimeSpan before = Environment.CpuUsage.TotalTime;
        await MeasureAsync(redis, "list of edges", (long)reads * options.Edges, false, () => EachAsync(reads, _ => membership.ListAsync()));
        return (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / reads / options.Edges;
    }

    private async Task<double> LeasesAsync(RedisServer redis, ClusterStore store, ClusterOptions settings, CancellationToken stop)
    {
        await using var one = new LeaseLedger(store, "one", settings, WhenStoreUnavailable.Deny, () => 1, time, NullLoggerFactory.Instance);
        await GrantAsync(one, "single", 0, 1);
        await MeasureAsync(redis, "grant, one user", options.Calls, false, () => EachAsync(options.Calls, i => GrantAsync(one, "single", i + 1, 1)));
        stop.ThrowIfCancellationRequested();

        long before = GC.GetTotalMemory(forceFullCollection: true);
        await using var many = new LeaseLedger(store, "many", settings, WhenStoreUnavailable.Deny, () => 1, time, NullLoggerFactory.Instance);
        await MeasureAsync(redis, "grant, many users", options.Users, true, () => GrantAsync(many, Realm, 0, options.Users));
        double bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)options.Users;
        await MeasureAsync(redis, "renew, many users", (long)options.Users * Batches, false, () => EachAsync(Batches, _ => many.RenewAsync()));

        await using var few = new LeaseLedger(store, "few", settings, WhenStoreUnavailable.Deny, () => 1, time, NullLoggerFactory.Instance);
        await GrantAsync(few, "few", 0, 1);
        await MeasureAsync(redis, "renew, one user", options.Calls, false, () => EachAsync(options.Calls, _ => few.RenewAsync()));
        stop.ThrowIfCancellationRequested();

        await MeasureAsync(redis, "release, many users", options.Users, false, async () =>
        {
            for (int i = 0; i < options.Users; i++)
            {
                many.Release(Realm, Name(i));
            }

            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), time);
            while (await store.QueryAsync(database => database.KeyExistsAsync(store.Keys.Quota(Realm, "total"))))
            {
                await timer.WaitForNextTickAsync(stop);
            }
        });
        return bytes;
    }

    private async Task<double> UsageAsync(RedisServer redis, ClusterStore store, ClusterOptions settings)
    {
        await using var one = new UsageLedger(store, "one", settings, _ => null, time, NullLoggerFactory.Instance);
        await UseAsync(one, "single", 0, 1);
        await MeasureAsync(redis, "usage, three rows", options.Calls * 3L, false, () => EachAsync(options.Calls, _ => UseAsync(one, "single", 0, 1)));

        long before = GC.GetTotalMemory(forceFullCollection: true);
        await using var many = new UsageLedger(store, "many", settings, _ => null, time, NullLoggerFactory.Instance);
        Use(many, Realm, 0, options.Users);
        double bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)options.Users;
        await MeasureAsync(redis, "usage, many rows, all of them new", options.Users, true, many.FlushAsync);
        await MeasureAsync(redis, "usage, many rows", (long)options.Users * Batches, false, () => EachAsync(Batches, _ => UseAsync(many, Realm, 0, options.Users)));
        return bytes;
    }

    private async Task EventsAsync(RedisServer redis, ClusterStore store, ClusterOptions settings)
    {
        await using var events = new EventWriter(store, "one", settings, time, NullLoggerFactory.Instance);
        await WriteAsync(events, 1);
        await MeasureAsync(redis, "event, one", options.Calls, false, () => EachAsync(options.Calls, _ => WriteAsync(events, 1)));
        int count = Math.Min(options.Users, EventWriter.Capacity);
        await MeasureAsync(redis, "events, many", count, true, () => WriteAsync(events, count));
    }

    private async Task AnnouncementsAsync(RedisServer redis, ClusterStore store, CancellationToken stop)
    {
        progress.WriteLine("announcement");
        List<Socket> listeners = [];
        try
        {
            for (int i = 0; i < options.Listeners; i++)
            {
                var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
                listeners.Add(listener);
                await listener.ConnectAsync(redis.EndPoint, stop);
                await listener.SendAsync(Encoding.ASCII.GetBytes($"SUBSCRIBE {store.Keys.Notify}\r\n"), stop);
                // Its answer: from then on it hears.
                await listener.ReceiveAsync(new byte[256], stop);
            }

            // Few enough that the kernel keeps what nobody reads here.
            int count = Math.Min(200, options.Calls);
            StoreWork before = await redis.WorkAsync();
            await EachAsync(count, _ => store.QueryAsync(database => database.PublishAsync(RedisChannel.Literal(store.Keys.Notify), "edges")));
            StoreWork after = await redis.WorkAsync();
            double inside = (after.Microseconds.GetValueOrDefault("publish") - before.Microseconds.GetValueOrDefault("publish")) / (double)count;
            _calls.Add(new CallFigure("announcement", count, options.Listeners, inside, (after.CpuSeconds - before.CpuSeconds) * 1e6 / count, null));
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }

    /// <summary>The scaling function on a fleet of that size, half as full as it may be, microseconds of CPU an edge.</summary>
    private double Decision()
    {
        DateTimeOffset now = time.GetUtcNow();
        var capacity = new Figures(10_000, 16_384, 400_000, 10e9, 1);
        var fleet = new FleetSnapshot
        {
            ReadAt = now,
            IsFresh = true,
            Replicas = options.Edges,
            Edges =
            [
                .. Enumerable.Range(0, options.Edges).Select(i => new FleetEdge
                {
                    Id = Name(i),
                    State = EdgeState.Ready,
                    ReportedAt = now,
                    Capacity = capacity,
                    Load = new Figures(5000 + (i % 100), 5000, 200_000, 4e9, 0.5),
                }),
            ],
        };
        ScalingPolicy policy = new ScalingPolicy() with { MaxReplicas = 100_000 };
        ScalingMemory memory = ScalingFunction.Decide(fleet, policy, ScalingMemory.Empty, now).Memory;
        const int Decisions = 200;
        TimeSpan before = TimeSpan.Zero;
        for (int i = 0; i < 2 * Decisions; i++)
        {
            before = i == Decisions ? Environment.CpuUsage.TotalTime : before;
            (_, memory) = ScalingFunction.Decide(fleet, policy, memory, now);
        }

        return (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / Decisions / options.Edges;
    }

    /// <summary>Runs the calls and notes what the store did meanwhile.</summary>
    private async Task MeasureAsync(RedisServer redis, string what, long items, bool stays, Func<Task> calls)
    {
        progress.WriteLine(what);
        StoreWork before = await redis.WorkAsync();
        await calls();
        StoreWork after = await redis.WorkAsync();
        double count = Math.Max(1, after.ScriptsSince(before));
        _calls.Add(new CallFigure(
            what,
            (long)count,
            items / count,
            after.ScriptMicrosecondsSince(before) / count,
            (after.CpuSeconds - before.CpuSeconds) * 1e6 / count,
            stays ? (after.MemoryBytes - before.MemoryBytes) / (double)items : null));
    }

    private static async Task EachAsync(int count, Func<int, Task> call)
    {
        for (int i = 0; i < count; i++)
        {
            await call(i);
        }
    }

    private static async Task GrantAsync(LeaseLedger ledger, string realm, int first, int count)
    {
        List<Task<LeaseDecision>> waiting = [];
        for (int i = first; i < first + count; i++)
        {
            var decided = new TaskCompletionSource<LeaseDecision>(TaskCreationOptions.RunContinuationsAsynchronously);
            LeaseDecision decision = ledger.TryAcquire(realm, Name(i), Limits, decided.SetResult);
            waiting.Add(decision == LeaseDecision.Pending ? decided.Task : Task.FromResult(decision));
        }

        if ((await Task.WhenAll(waiting)).Any(decision => decision != LeaseDecision.Granted))
        {
            throw new Turn.TurnRefusedException("the store refused a quota that is not reached");
        }
    }

    private static void Use(UsageLedger ledger, string realm, int first, int count)
    {
        var amount = new UsageAmount { BytesToPeers = 40_000, BytesToClients = 40_000, PacketsToPeers = 250, PacketsToClients = 250, Allocations = 1 };
        for (int i = first; i < first + count; i++)
        {
            ledger.Add(realm, Name(i), "tag", amount);
        }
    }

    private static Task UseAsync(UsageLedger ledger, string realm, int first, int count)
    {
        Use(ledger, realm, first, count);
        return ledger.FlushAsync();
    }

    private Task WriteAsync(EventWriter writer, int count)
    {
        for (int i = 0; i < count; i++)
        {
            writer.Add(new ClusterEvent
            {
                Kind = EventKind.AllocationEnded,
                Realm = Realm,
                User = Name(i),
                Tag = "tag",
                Edge = Edge(0).Id,
                Allocation = i + 1,
                At = time.GetUtcNow(),
                Reason = "expired",
                Totals = new UsageAmount { BytesToPeers = 40_000_000, BytesToClients = 40_000_000, PacketsToPeers = 250_000, PacketsToClients = 250_000 },
            });
        }

        return writer.FlushAsync();
    }

    private static EdgeRecord Edge(int number) => new()
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"turnpike-edge-7d9f8b6c5d-{number:x5}-0badcafe"),
        Name = string.Create(CultureInfo.InvariantCulture, $"turnpike-edge-7d9f8b6c5d-{number:x5}"),
        Region = "eu-central",
        Version = "1.0.0",
        Urls =
        [
            $"turn:192.0.2.{number % 256}:3478?transport=udp", $"turn:192.0.2.{number % 256}:3478?transport=tcp", $"turns:192.0.2.{number % 256}:5349?transport=tcp",
        ],
        RelayAddresses = [$"192.0.2.{number % 256}"],
        MinPort = 49152,
        MaxPort = 65535,
        Management = $"http://10.0.0.{number % 256}:9641",
        StartedAt = 1_760_000_000,
        Capacity = new EdgeCapacity { Allocations = 14_000, RelayPorts = 16_384, PacketsPerSecond = 400_000, BitsPerSecond = 10_000_000_000 },
        Load = new EdgeLoad { ReportedAt = 1_760_000_000, Allocations = 9000, RelayPortsUsed = 9000, PacketsPerSecond = 901_234.5, BitsPerSecond = 3.2e9, ShardBusy = 0.512 },
    };

    private static string Name(int user) => string.Create(CultureInfo.InvariantCulture, $"user-{user:d8}");
}
