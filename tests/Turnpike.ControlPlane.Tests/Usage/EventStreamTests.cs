using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;
using Turnpike.Stores;

namespace Turnpike.ControlPlane.Tests.Usage;

public sealed class EventStreamTests : ControlPlaneTest
{
    private const string Parent = "realms/turnpike";
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    private int _edges;

    protected override string[] Settings => ["--ControlPlane:MaxStreams=3"];

    [Fact]
    public async Task Events_come_as_they_happen_with_all_that_is_known()
    {
        using Reader reader = Open(new StreamEventsRequest { Parent = Parent });
        await reader.BegunAsync();
        await AppendAsync(new ClusterEvent
        {
            Kind = EventKind.AllocationEnded,
            Realm = "turnpike",
            User = "alice",
            Tag = "red",
            Edge = "north-1",
            Allocation = 42,
            At = At,
            Reason = "expired",
            Totals = new UsageAmount { BytesToPeers = 5, AllocationSeconds = 9 },
        });
        Event entry = (await reader.EventAsync()).Event;
        Assert.Equal((Event.Types.Kind.AllocationEnded, "turnpike", "alice", "red", "expired"), (entry.Kind, entry.Realm, entry.User, entry.Tag, entry.Reason));
        Assert.Equal(("edges/north-1", "edges/north-1/allocations/42", At), (entry.Edge, entry.Allocation, entry.EventTime.ToDateTimeOffset()));
        Assert.Equal((5, 9), (entry.Totals.BytesToPeers, entry.Totals.AllocationTime.Seconds));
    }

    [Fact]
    public async Task A_stream_begins_with_what_comes_next_or_with_the_oldest_that_is_kept()
    {
        await AppendAsync(3);
        using Reader all = Open(new StreamEventsRequest { Parent = Parent, ResumeToken = "begin" });
        using Reader rest = Open(new StreamEventsRequest { Parent = Parent });
        await rest.BegunAsync();
        await AppendAsync(Started("late"));
        Assert.Equal("late", (await rest.EventAsync()).Event.User);
        Assert.Equal(["1", "2", "3", "late"], await all.UsersAsync(4));
    }

    [Fact]
    public async Task Whoever_comes_back_with_any_token_misses_nothing_and_gets_nothing_twice()
    {
        List<StreamEventsResponse> seen = [];
        using (Reader all = Open(new StreamEventsRequest { Parent = Parent, ResumeToken = "begin" }))
        {
            seen.Add(await all.BegunAsync()); // of a log that is not there yet
            await AppendAsync(250);
            for (int i = 0; i < 250; i++)
            {
                seen.Add(await all.EventAsync());
            }
        }
        foreach (int last in new[] { 0, 1, 99, 100, 101, 249 })
        {
            using Reader again = Open(new StreamEventsRequest { Parent = Parent, ResumeToken = seen[last].ResumeToken });
            Assert.Equal(seen.Skip(last + 1).Select(message => message.Event.User), await again.UsersAsync(250 - last));
        }
    }

    [Fact]
    public async Task A_restart_of_the_control_plane_loses_and_doubles_nothing()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        List<string> users = [];
        string token;
        await using (TestControlPlane first = await TestControlPlane.StartAsync(redis, []))
        {
            using Reader reader = Open(new StreamEventsRequest { Parent = Parent }, first);
            await reader.BegunAsync();
            await AppendAsync(150, plane: first);
            for (int i = 0; i < 70; i++)
            {
                users.Add((await reader.EventAsync()).Event.User);
            }
            token = reader.Token;
        }
        await using TestControlPlane second = await TestControlPlane.StartAsync(redis, []);
        await AppendAsync(50, plane: second, from: 151);
        using Reader again = Open(new StreamEventsRequest { Parent = Parent, ResumeToken = token }, second);
        users.AddRange(await again.UsersAsync(130));
        Assert.Equal(Enumerable.Range(1, 200).Select(number => $"{number}"), users);
    }

    [Fact]
    public async Task Only_the_kinds_that_are_asked_for_come_and_the_token_goes_on_all_the_same()
    {
        using Reader reader = Open(new StreamEventsRequest { Parent = Parent, Kinds = { Event.Types.Kind.QuotaReached } });
        await reader.BegunAsync();
        await AppendAsync(Started("alice"), Started("bob") with { Kind = EventKind.QuotaReached }, Started("carol"));
        Assert.Equal("bob", (await reader.EventAsync()).Event.User);
    }

    [Fact]
    public async Task Events_of_edges_are_those_of_no_realm()
    {
        using Reader reader = Open(new StreamEventsRequest { Parent = "realms/-", ResumeToken = "begin" });
        await AppendAsync(new ClusterEvent { Kind = EventKind.EdgeJoined, Edge = "north-1", At = At });
        Event entry = (await reader.EventAsync()).Event;
        Assert.Equal((Event.Types.Kind.EdgeJoined, "edges/north-1", ""), (entry.Kind, entry.Edge, entry.Realm));
    }

    [Fact]
    public async Task Whoever_stayed_away_too_long_is_told_how_much_is_missing()
    {
        using Reader first = Open(new StreamEventsRequest { Parent = Parent });
        await first.BegunAsync();
        await AppendAsync(1);
        string token = (await first.EventAsync()).ResumeToken;
        await AppendAsync(129, from: 2, options: new ClusterOptions { Redis = Plane.Redis.ConnectionString, EventLog = 100 });
        using Reader late = Open(new StreamEventsRequest { Parent = Parent, ResumeToken = token });
        StreamEventsResponse message = await late.EventAsync();
        Assert.Equal((29, "31"), (message.Missed, message.Event.User));
        Assert.Equal(0, (await late.EventAsync()).Missed);
    }

    [Fact]
    public async Task A_silent_stream_says_that_it_is_alive_each_20_seconds()
    {
        FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());
        await using TestControlPlane plane = await TestControlPlane.StartAsync(
            Plane.Redis, [], services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock)));
        using Reader reader = Open(new StreamEventsRequest { Parent = "realms/quiet" }, plane);
        await reader.BegunAsync();
        Task<StreamEventsResponse> alive = reader.NextAsync();
        await Until.TrueAsync("a message", () =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return alive.IsCompleted;
        });
        Assert.Null((await alive).Event);
        Assert.Equal("begin", (await alive).ResumeToken);
    }

    [Fact]
    public async Task Streams_end_at_once_when_the_process_stops()
    {
        TestControlPlane plane = await TestControlPlane.StartAsync(Plane.Redis, []);
        using Reader reader = Open(new StreamEventsRequest { Parent = Parent }, plane);
        await reader.BegunAsync();
        Task<StreamEventsResponse> next = reader.NextAsync();
        long began = TimeProvider.System.GetTimestamp();
        IHostApplicationLifetime lifetime = plane.Services.GetRequiredService<IHostApplicationLifetime>();
        lifetime.StopApplication();
        await Refused.ReasonAsync(StatusCode.Unavailable, "STOPPING", () => next);
        await plane.DisposeAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task There_are_no_more_streams_than_the_settings_allow()
    {
        using (Reader one = Open(new StreamEventsRequest { Parent = Parent }))
        using (Reader two = Open(new StreamEventsRequest { Parent = "realms/-" }))
        using (AsyncServerStreamingCall<WatchEdgesResponse> three = Plane.Fleet().WatchEdges(new WatchEdgesRequest(), cancellationToken: Cancellation))
        {
            await one.BegunAsync();
            await two.BegunAsync();
            await Until.TrueAsync("three streams", () => Plane.Services.GetRequiredService<StreamGate>().Open == 3);
            using Reader four = Open(new StreamEventsRequest { Parent = Parent });
            await Refused.ReasonAsync(StatusCode.ResourceExhausted, "LIMIT", four.NextAsync);
        }
        await Until.TrueAsync("no streams", () => Plane.Services.GetRequiredService<StreamGate>().Open == 0);
        using Reader after = Open(new StreamEventsRequest { Parent = Parent });
        await after.BegunAsync();
    }

    [Fact]
    public async Task A_stream_outlives_an_absence_of_the_store()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using TestControlPlane plane = await TestControlPlane.StartAsync(redis, ["--Cluster:Timeout=300"]);
        await AppendAsync(1, plane: plane);
        using Reader reader = Open(new StreamEventsRequest { Parent = Parent, ResumeToken = "begin" }, plane);
        await reader.EventAsync();
        await redis.RestartEmptyAsync();
        await Until.TrueAsync("the store is back", () => plane.Store.IsAvailable);
        await AppendAsync([Started("after")], plane);
        StreamEventsResponse message = await reader.EventAsync();
        Assert.Equal("after", message.Event.User);
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused()
    {
        await RefuseAsync("parent", new StreamEventsRequest { Parent = "turnpike" });
        await RefuseAsync("resume_token", new StreamEventsRequest { Parent = Parent, ResumeToken = "'; DROP" });
        await RefuseAsync("kinds", new StreamEventsRequest { Parent = Parent, Kinds = { (Event.Types.Kind)99 } });
        using Reader other = Open(new StreamEventsRequest { Parent = Parent }, token: Tokens.OtherIssuer);
        await Refused.WithAsync(StatusCode.PermissionDenied, other.NextAsync);

        async Task RefuseAsync(string field, StreamEventsRequest request)
        {
            using Reader reader = Open(request);
            await Refused.FieldAsync(field, reader.NextAsync);
        }
    }

    [Fact]
    public async Task Events_come_over_REST_a_line_each()
    {
        await AppendAsync(Started("alice"));
        using HttpClient rest = Plane.Rest(Tokens.Viewer);
        await using Stream body = await rest.GetStreamAsync("/v1/realms/turnpike/events:stream?resumeToken=begin", Cancellation);
        using StreamReader lines = new(body);
        JsonElement begun = JsonSerializer.Deserialize<JsonElement>((await lines.ReadLineAsync(Cancellation))!);
        Assert.NotEmpty(begun.GetProperty("resumeToken").GetString()!);
        JsonElement message = JsonSerializer.Deserialize<JsonElement>((await lines.ReadLineAsync(Cancellation))!);
        Assert.Equal("alice", message.GetProperty("event").GetProperty("user").GetString());
    }

    private static ClusterEvent Started(string user) =>
        new() { Kind = EventKind.AllocationStarted, Realm = "turnpike", User = user, Edge = "north-1", Allocation = 1, At = At };

    private Task AppendAsync(params ClusterEvent[] events) => AppendAsync(events, null);

    /// <summary>Appends events of users 1, 2, 3, …</summary>
    private Task AppendAsync(int count, TestControlPlane? plane = null, int from = 1, ClusterOptions? options = null) =>
        AppendAsync([.. Enumerable.Range(from, count).Select(number => Started($"{number}"))], plane, options);

    private async Task AppendAsync(ClusterEvent[] events, TestControlPlane? plane, ClusterOptions? options = null)
    {
        TestControlPlane target = plane ?? Plane;
        await using EventWriter writer = new(
            target.Store,
            $"edge-{Interlocked.Increment(ref _edges)}",
            options ?? new ClusterOptions { Redis = target.Redis.ConnectionString },
            TimeProvider.System,
            NullLoggerFactory.Instance);
        foreach (ClusterEvent entry in events)
        {
            writer.Add(entry);
        }
        await writer.FlushAsync();
    }

    private Reader Open(StreamEventsRequest request, TestControlPlane? plane = null, string token = Tokens.Viewer) =>
        new((plane ?? Plane).Usage(token).StreamEvents(request, cancellationToken: Cancellation));

    private sealed class Reader(AsyncServerStreamingCall<StreamEventsResponse> call) : IDisposable
    {
        public string Token { get; private set; } = "";

        public async Task<StreamEventsResponse> NextAsync()
        {
            Assert.True(await call.ResponseStream.MoveNext(Cancellation));
            Token = call.ResponseStream.Current.ResumeToken;
            return call.ResponseStream.Current;
        }

        /// <summary>The first message, which says where the stream begins.</summary>
        public async Task<StreamEventsResponse> BegunAsync()
        {
            StreamEventsResponse message = await NextAsync();
            Assert.Null(message.Event);
            Assert.NotEmpty(message.ResumeToken);
            return message;
        }

        public async Task<StreamEventsResponse> EventAsync()
        {
            StreamEventsResponse message;
            do
            {
                message = await NextAsync();
            }
            while (message.Event is null);
            return message;
        }

        public async Task<List<string>> UsersAsync(int count)
        {
            List<string> users = [];
            while (users.Count < count)
            {
                users.Add((await EventAsync()).Event.User);
            }
            return users;
        }

        public void Dispose() => call.Dispose();
    }
}
