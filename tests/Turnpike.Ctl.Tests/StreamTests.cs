using Google.Protobuf;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Tests.Kit;

namespace Turnpike.Ctl.Tests;

/// <summary>What goes on: events and the live table.</summary>
public sealed class StreamTests
{
    [Fact]
    public async Task Events_are_read_from_the_oldest_until_the_stream_is_silent()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync();
        server.OnStream<StreamEventsRequest>(async (_, write, context) =>
        {
            await write(new StreamEventsResponse { Event = Samples.Ended, ResumeToken = "t1", Missed = 4 });
            await write(new StreamEventsResponse { Event = Samples.Ended, ResumeToken = "t2" });
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        CtlRun program = new();
        Assert.Equal(0, await program.RunAsync(server, "events", "--realm", "acme", "--kind", "allocation-ended,edge-left"));
        StreamEventsRequest request = server.Single<StreamEventsRequest>();
        Assert.Equal("begin", request.ResumeToken);
        Assert.Equal([Event.Types.Kind.AllocationEnded, Event.Types.Kind.EdgeLeft], request.Kinds);
        Assert.Equal(2, program.Out.ToString().TrimEnd('\n').Split('\n').Length);
        Assert.Contains("allocation ended", program.Out.ToString(), StringComparison.Ordinal);
        Assert.Contains("reason expired", program.Out.ToString(), StringComparison.Ordinal);
        Assert.Contains("4 events before this are not kept any more", program.Error.ToString(), StringComparison.Ordinal);
        Assert.Contains("--resume t2", program.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signs_of_life_are_not_shown_and_do_not_keep_it_waiting()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync();
        server.OnStream<StreamEventsRequest>(async (_, write, context) =>
        {
            await write(new StreamEventsResponse { ResumeToken = "t0" });
            await write(new StreamEventsResponse { Event = Samples.Ended, ResumeToken = "t1" });
            using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
            while (await timer.WaitForNextTickAsync(context.CancellationToken))
            {
                await write(new StreamEventsResponse { ResumeToken = "t1" });
            }
        });
        CtlRun program = new();
        Assert.Equal(0, await program.RunAsync(server, "events", "--resume", "t0", "-o", "json"));
        Assert.Equal("t0", server.Single<StreamEventsRequest>().ResumeToken);
        StreamEventsResponse only = JsonParser.Default.Parse<StreamEventsResponse>(Assert.Single(program.Out.ToString().TrimEnd('\n').Split('\n')));
        Assert.Equal(Samples.Ended, only.Event);
        Assert.Equal("t1", only.ResumeToken);
        Assert.Empty(program.Error.ToString());
    }

    [Fact]
    public async Task Following_goes_on_after_the_control_plane_has_restarted_and_misses_nothing()
    {
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        CtlRun program = new() { Time = TimeProvider.System };
        FakeControlPlane first = await FakeControlPlane.StartAsync();
        int port = new Uri(first.Address).Port;
        first.OnStream<StreamEventsRequest>(async (_, write, context) =>
        {
            await write(new StreamEventsResponse { Event = Samples.Ended, ResumeToken = "t1" });
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        Task<int> run = program.RunAsync(["events", "--follow", "-o", "json", "--server", first.Address], enough.Token);
        await program.Out.SeenAsync("\"t1\"");
        Assert.Equal("", first.Single<StreamEventsRequest>().ResumeToken);
        await first.DisposeAsync();

        await using FakeControlPlane second = await FakeControlPlane.StartAsync(port);
        second.OnStream<StreamEventsRequest>(async (request, write, context) =>
        {
            await write(new StreamEventsResponse { Event = Samples.Ended, ResumeToken = $"{request.ResumeToken}-and-t2" });
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        await program.Out.SeenAsync("t1-and-t2");
        await enough.CancelAsync();
        Assert.Equal(0, await run);
        Assert.All(program.Out.ToString().TrimEnd('\n').Split('\n'), line => JsonParser.Default.Parse<StreamEventsResponse>(line));
        Assert.Contains("trying again", program.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Decisions_are_followed_and_none_is_shown_twice_after_a_restart()
    {
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        CtlRun program = new() { Time = TimeProvider.System };
        await using FakeControlPlane server = await FakeControlPlane.StartAsync();
        int opened = 0;
        server.OnStream<WatchDecisionsRequest>(async (_, write, context) =>
        {
            await write(new WatchDecisionsResponse());
            await write(new WatchDecisionsResponse { Decision = Samples.Decision });
            if (Interlocked.Increment(ref opened) == 1)
            {
                throw new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.Unavailable, "Stopping."));
            }
            ScalingDecision next = Samples.Decision.Clone();
            next.Name = "decisions/18";
            await write(new WatchDecisionsResponse { Decision = next });
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        Task<int> run = program.RunAsync(["decisions", "--follow", "-o", "json", "--server", server.Address], enough.Token);
        await program.Out.SeenAsync("decisions/18");
        await enough.CancelAsync();
        Assert.Equal(0, await run);
        Assert.Equal(["decisions/17", "decisions/18"], program.Out.ToString().TrimEnd('\n').Split('\n').Select(line => JsonParser.Default.Parse<ScalingDecision>(line).Name));
    }

    [Fact]
    public async Task A_refused_stream_is_not_tried_again()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync();
        server.OnStream<StreamEventsRequest>((_, _, _) => throw new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.PermissionDenied, "No.")));
        CtlRun program = new();
        Assert.Equal(1, await program.RunAsync(server, "events", "--follow"));
        Assert.Equal("No (PermissionDenied)", program.Problem());
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Top_as_JSON_is_a_line_for_each_change()
    {
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using FakeControlPlane server = await FakeControlPlane.StartAsync();
        WatchEdgesResponse[] changes = [new() { Edge = Samples.Edge }, new() { Edge = Samples.Edge, Gone = true }];
        server.OnStream<WatchEdgesRequest>(async (_, write, context) =>
        {
            foreach (WatchEdgesResponse change in changes)
            {
                await write(change);
            }
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        CtlRun program = new();
        Task<int> run = program.RunAsync(["top", "--region", "eu-1", "-o", "json", "--server", server.Address], enough.Token);
        await program.Out.SeenAsync("\"gone\": true");
        await enough.CancelAsync();
        Assert.Equal(0, await run);
        Assert.Equal("eu-1", server.Single<WatchEdgesRequest>().Region);
        Assert.Equal(changes, program.Out.ToString().TrimEnd('\n').Split('\n').Select(JsonParser.Default.Parse<WatchEdgesResponse>));
    }

    [Fact]
    public async Task Top_draws_the_fleet_and_drops_who_is_gone()
    {
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using FakeControlPlane server = await FakeControlPlane.StartAsync();
        TaskCompletionSource drawn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.OnStream<WatchEdgesRequest>(async (_, write, context) =>
        {
            await write(new WatchEdgesResponse { Edge = Samples.Edge });
            await drawn.Task;
            await write(new WatchEdgesResponse { Edge = Samples.Edge, Gone = true });
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        CtlRun program = new() { Terminal = true };
        Task<int> run = program.RunAsync(["top", "--server", server.Address], enough.Token);
        await program.Out.SeenAsync("1 edges, 1 ready   5.00 k allocations");
        await program.Out.SeenAsync("edge-1-x7");
        drawn.SetResult();
        await program.Out.SeenAsync("0 edges, 0 ready   0 allocations");
        await enough.CancelAsync();
        Assert.Equal(0, await run);
    }
}
