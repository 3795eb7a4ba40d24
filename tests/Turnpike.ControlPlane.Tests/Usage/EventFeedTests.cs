using System.Globalization;
using System.Text.RegularExpressions;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Tests.Usage;

/// <summary>Many who follow one log.</summary>
public sealed partial class EventFeedTests : ControlPlaneTest
{
    private const int Followers = 60;

    [Fact]
    public async Task Those_who_have_come_to_the_end_ask_the_store_no_more_than_one_would()
    {
        List<AsyncServerStreamingCall<StreamEventsResponse>> calls = [];
        for (int i = 0; i < Followers; i++)
        {
            calls.Add(Plane.Usage().StreamEvents(new StreamEventsRequest { Parent = "realms/turnpike" }, cancellationToken: Cancellation));
            Assert.True(await calls[i].ResponseStream.MoveNext(Cancellation));
        }
        await using EventWriter writer = new(
            Plane.Store, "edge-1", new ClusterOptions { Redis = Plane.Redis.ConnectionString }, TimeProvider.System, NullLoggerFactory.Instance);
        // The first event makes the log, and shows that all have come to its end.
        await TellAsync(writer, calls, "first");
        long before = await ScriptsAsync();
        for (int i = 0; i < 3; i++)
        {
            await TellAsync(writer, calls, $"{i}");
        }
        // The appending, the feed, and what the process reads each second anyway.
        Assert.InRange(await ScriptsAsync() - before, 3, Followers / 2);
        calls.ForEach(call => call.Dispose());
    }

    private static async Task TellAsync(EventWriter writer, List<AsyncServerStreamingCall<StreamEventsResponse>> calls, string user)
    {
        writer.Add(new ClusterEvent { Kind = EventKind.AllocationStarted, Realm = "turnpike", User = user, Edge = "a-1", Allocation = 1, At = DateTimeOffset.UnixEpoch });
        await writer.FlushAsync();
        await Task.WhenAll(calls.Select(async call =>
        {
            do
            {
                Assert.True(await call.ResponseStream.MoveNext(Cancellation));
            }
            while (call.ResponseStream.Current.Event?.User != user);
        }));
    }

    private async Task<long> ScriptsAsync() => Calls().Matches(await Plane.Redis.CliAsync("INFO", "commandstats"))
        .Sum(match => long.Parse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"cmdstat_(?:eval|evalsha):calls=(\d+)")]
    private static partial Regex Calls();
}
