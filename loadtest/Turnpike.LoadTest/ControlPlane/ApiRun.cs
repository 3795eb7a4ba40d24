using System.Globalization;
using Grpc.Core;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.ControlPlane;

/// <summary>Takes one figure after the other from one control plane.</summary>
internal sealed class ApiRun(ApiOptions options, TimeProvider time, TextWriter progress)
{
    // The realm that a control plane has unless it is told otherwise.
    private const string Realm = "turnpike";
    private const int WarmWatchers = 100;
    private static readonly TimeSpan FirstEdge = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Telling = TimeSpan.FromSeconds(60);

    public async Task<ApiFigures> ExecuteAsync(CancellationToken stop)
    {
        await using StartedControlPlane? started = options.Server is null ? await StartedControlPlane.StartAsync(options, time) : null;
        Uri server = started?.Grpc ?? options.Server!;
        string token = started?.Token ?? options.Token;
        MeasuredProcess? process = (started?.ProcessId ?? options.ProcessId) is { } id ? MeasuredProcess.Of(id) : null;
        using IssueLoad load = new(server, token, options.Connections, process, time);
        await FirstAsync(load, stop);
        // Before the process has grown by anything else.
        WatcherFigure? watchers = options.Watchers > 0 ? await WatchAsync(server, token, process, started, stop) : null;
        Say($"Issuing for {options.WarmUpSeconds} s to warm up");
        await load.ClosedAsync(options.Concurrent, options.WarmUpSeconds, stop);
        List<IssueRound> rounds = [];
        for (int round = 1; round <= options.Rounds; round++)
        {
            Say($"Issuing, {options.Concurrent} at a time, round {round} of {options.Rounds}");
            rounds.Add(await load.ClosedAsync(options.Concurrent, options.Seconds, stop));
        }

        Say($"Issuing, {options.Rate} a second");
        return new ApiFigures(rounds, await load.OpenAsync(options.Rate, options.Seconds, stop), watchers);
    }

    /// <summary>Until there is an edge to issue URLs of.</summary>
    private async Task FirstAsync(IssueLoad load, CancellationToken stop)
    {
        for (long begun = time.GetTimestamp(); ;)
        {
            try
            {
                await load.ClosedAsync(1, 0.1, stop);
                return;
            }
            catch (TurnRefusedException problem) when (
                problem.Message.Contains(nameof(StatusCode.Unavailable), StringComparison.Ordinal) && time.GetElapsedTime(begun) < FirstEdge)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), time, stop);
            }
        }
    }

    private async Task<WatcherFigure> WatchAsync(
        Uri server, string token, MeasuredProcess? process, StartedControlPlane? started, CancellationToken stop)
    {
        Say($"{options.Watchers} watchers of events, {options.WatchersPerConnection} on a connection");
        await using (EventWatchers warm = new())
        {
            await warm.OpenAsync(server, token, Realm, Math.Min(WarmWatchers, options.Watchers), options.WatchersPerConnection, stop);
            warm.Follow();
        }

        await Task.Delay(Settling, time, stop);
        long? before = process?.ResidentBytes();
        await using EventWatchers watchers = new();
        await watchers.OpenAsync(server, token, Realm, options.Watchers, options.WatchersPerConnection, stop);
        watchers.Follow();
        double? told = null;
        if (started is not null)
        {
            long written = time.GetTimestamp();
            await started.WriteEventAsync(Realm);
            await watchers.EverybodyTold.WaitAsync(Telling, time, stop);
            told = time.GetElapsedTime(written).TotalMilliseconds;
        }

        await Task.Delay(Settling, time, stop);
        long? after = process?.ResidentBytes();
        return new WatcherFigure(watchers.Count, options.WatchersPerConnection, (after - before) / 1024.0 / watchers.Count, after / 1048576.0, told);
    }

    private void Say(FormattableString text) => progress.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
