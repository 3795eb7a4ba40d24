using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Turnpike.Cluster;
using Turnpike.LoadTest.Bench;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;

namespace Turnpike.LoadTest.Cluster;

/// <summary>Takes one figure after the other, each with servers of its own.</summary>
internal sealed class FigureRun(FigureOptions options, TimeProvider time, TextWriter progress)
{
    private static readonly BenchUser User = new("figures", "figures-password");
    private static readonly TurnCredential Credential = new(User.Name, User.Password);

    public async Task<ClusterFigures> ExecuteAsync(CancellationToken stop)
    {
        List<AllocateFigure> allocates = [];
        using RedisServer store = await RedisServer.StartAsync(options.RedisExecutable);
        HeartbeatFigure? heartbeat = null;
        foreach (ClusterEdge edge in (ClusterEdge[])[new(options.EdgeExecutable, null, false), new(options.EdgeExecutable, store, false), new(options.EdgeExecutable, store, true)])
        {
            using (edge)
            {
                edge.Start(CpuAffinity.Allowed()[0], User);
                bool isMember = edge.Setting != "alone";
                HeartbeatFigure idle = isMember ? await IdleAsync(store, stop) : new HeartbeatFigure(0, new Dictionary<string, double>());
                heartbeat = isMember ? idle : heartbeat;
                foreach (int concurrent in (int[])[1, options.Concurrent])
                {
                    allocates.Add(await AllocateAsync(edge, isMember ? store : null, concurrent, idle, stop));
                }
            }
        }

        return new ClusterFigures(store.Version, allocates, heartbeat!, await FleetAsync(stop), Credentials());
    }

    private async Task<AllocateFigure> AllocateAsync(ClusterEdge edge, RedisServer? store, int concurrent, HeartbeatFigure idle, CancellationToken stop)
    {
        progress.WriteLine($"Allocates at an edge {edge.Setting}, {concurrent} at a time");
        using var load = new AllocateLoad(edge.Endpoint, Credential, concurrent, time);
        StoreWork? before = null;
        (long count, double seconds, LatencyResult latency) = load.Run(
            options.Seconds, () => before = store?.WorkAsync().GetAwaiter().GetResult(), stop);
        double? each = store is null ? null : ((await store.WorkAsync()).ScriptsSince(before!) - (idle.CallsPerSecond * seconds)) / Math.Max(1, count);
        return new AllocateFigure(edge.Setting, concurrent, count / seconds, latency, each is null ? null : Math.Max(0, each.Value));
    }

    private async Task<HeartbeatFigure> IdleAsync(RedisServer store, CancellationToken stop)
    {
        // The first seconds have the scripts' loading and the keys' making in them.
        await Task.Delay(TimeSpan.FromSeconds(Math.Min(5, options.Seconds)), time, stop);
        (StoreWork before, StoreWork after, double seconds) = await WatchAsync(store, stop);
        return new HeartbeatFigure(
            after.ScriptsSince(before) / seconds, after.Since(before).ToDictionary(each => each.Key, each => each.Value / seconds));
    }

    private async Task<FleetFigure> FleetAsync(CancellationToken stop)
    {
        progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{options.Edges} edges at one store"));
        using RedisServer store = await RedisServer.StartAsync(options.RedisExecutable);
        List<SimulatedEdge> edges = [];
        try
        {
            for (int i = 0; i < options.Edges; i++)
            {
                edges.Add(new SimulatedEdge(i, options.UsersPerEdge, $"{store.EndPoint}", time));
            }

            await Task.WhenAll(edges.Select(edge => edge.StartAsync(stop)));
            await Task.Delay(TimeSpan.FromSeconds(options.Seconds / 2), time, stop);
            var heartbeats = new SharedHistogram();
            var grants = new SharedHistogram();
            edges.ForEach(edge => (edge.Heartbeats, edge.Grants) = (heartbeats, grants));
            (StoreWork before, StoreWork after, double seconds) = await WatchAsync(store, stop);
            return new FleetFigure(
                options.Edges,
                options.UsersPerEdge,
                (after.CpuSeconds - before.CpuSeconds) / seconds * 100,
                after.ScriptsSince(before) / seconds,
                heartbeats.Read(LatencyResult.From),
                grants.Read(histogram => histogram.Count),
                grants.Read(LatencyResult.From),
                edges.Sum(edge => Enum.GetValues<StoreErrorKind>().Sum(edge.Statistics.Errors)));
        }
        finally
        {
            await Task.WhenAll(edges.Select(edge => edge.DisposeAsync().AsTask()));
        }
    }

    /// <summary>What the store had done before and after the time of one measurement.</summary>
    private async Task<(StoreWork Before, StoreWork After, double Seconds)> WatchAsync(RedisServer store, CancellationToken stop)
    {
        StoreWork before = await store.WorkAsync();
        long started = time.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(options.Seconds), time, stop);
        StoreWork after = await store.WorkAsync();
        return (before, after, time.GetElapsedTime(started).TotalSeconds);
    }

    private CredentialFigure Credentials()
    {
        progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{options.Credentials} credentials"));
        const char Separator = ':';
        var realm = new RealmRecord { Name = "load", Secrets = [new RealmSecret("s1", RandomNumberGenerator.GetBytes(32), 0, long.MaxValue)] };
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        byte[][] usernames = new byte[options.Credentials][];
        string[] passwords = new string[options.Credentials];
        long started = time.GetTimestamp();
        for (int i = 0; i < options.Credentials; i++)
        {
            (string username, passwords[i]) = IssuedCredential.Issue(realm, string.Create(CultureInfo.InvariantCulture, $"user{i}"), "tag", TimeSpan.FromHours(1), now, Separator);
            usernames[i] = Encoding.UTF8.GetBytes(username);
        }

        TimeSpan issuing = time.GetElapsedTime(started);
        byte[] announced = "turnpike"u8.ToArray();
        byte[] key = new byte[LongTermKey.Md5Length];
        started = time.GetTimestamp();
        for (int i = 0; i < options.Credentials; i++)
        {
            // What an edge does with a USERNAME that it sees for the first time, the secret being in memory.
            if (!IssuedUsername.TryParse(usernames[i], Separator, out IssuedUsername? issued) || issued!.ExpiresAt <= now || issued.KeyId != realm.Secrets[0].Id)
            {
                throw new UnreachableException("a credential that was just issued does not verify");
            }

            string password = IssuedCredential.Password(realm.Secrets[0].Value, usernames[i]);
            LongTermKey.Md5(usernames[i], announced, Encoding.UTF8.GetBytes(password), key);
            if (password != passwords[i])
            {
                throw new UnreachableException("a credential that was just issued does not verify");
            }
        }

        TimeSpan verifying = time.GetElapsedTime(started);
        return new CredentialFigure(
            options.Credentials, issuing.TotalMicroseconds / options.Credentials, verifying.TotalMicroseconds / options.Credentials);
    }
}
