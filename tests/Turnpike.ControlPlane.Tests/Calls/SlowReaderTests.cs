using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;

namespace Turnpike.ControlPlane.Tests.Calls;

/// <summary>Callers that open a stream and read nothing of it.</summary>
public sealed class SlowReaderTests : ControlPlaneTest
{
    // Most of a megabyte on the wire, of which a window of HTTP/2 and a buffer of Kestrel take 64 KiB each: the server has to wait.
    private const int Events = 4000;
    private const int Patience = 30;

    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task Whoever_reads_nothing_for_half_a_minute_is_cut_off_as_exhausted()
    {
        await using TestControlPlane plane = await StartAsync();
        using AsyncServerStreamingCall<StreamEventsResponse> call = Open(plane);
        await call.ResponseHeadersAsync;
        StreamGate gate = plane.Services.GetRequiredService<StreamGate>();
        await Until.TrueAsync("a stream", () => gate.Open == 1);
        int seconds = 0;
        await Until.TrueAsync("the end of the stream", () =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            seconds++;
            return gate.Open == 0;
        });
        Assert.True(seconds >= Patience, $"after {seconds} s");

        await Refused.WithAsync(StatusCode.ResourceExhausted, async () =>
        {
            while (await call.ResponseStream.MoveNext(Cancellation))
            {
                continue;
            }
        });
        // And others are served.
        using AsyncServerStreamingCall<StreamEventsResponse> other = Open(plane);
        Assert.True(await other.ResponseStream.MoveNext(Cancellation));
    }

    [Fact]
    public async Task A_process_that_stops_does_not_wait_for_whoever_reads_nothing()
    {
        TestControlPlane plane = await StartAsync();
        using AsyncServerStreamingCall<StreamEventsResponse> call = Open(plane);
        await call.ResponseHeadersAsync;
        await Until.TrueAsync("a stream", () => plane.Services.GetRequiredService<StreamGate>().Open == 1);
        long began = TimeProvider.System.GetTimestamp();
        plane.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await plane.DisposeAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(15), $"{TimeProvider.System.GetElapsedTime(began)}");
    }

    private static AsyncServerStreamingCall<StreamEventsResponse> Open(TestControlPlane plane) => plane.Usage().StreamEvents(
        new StreamEventsRequest { Parent = "realms/turnpike", ResumeToken = "begin" }, cancellationToken: Cancellation);

    private async Task<TestControlPlane> StartAsync()
    {
        await using EventWriter writer = new(
            Plane.Store, "edge-1", new ClusterOptions { Redis = Plane.Redis.ConnectionString }, TimeProvider.System, NullLoggerFactory.Instance);
        for (int i = 0; i < Events; i++)
        {
            writer.Add(new ClusterEvent
            {
                Kind = EventKind.AllocationStarted,
                Realm = "turnpike",
                User = $"user-{i}-{new string('x', 60)}",
                Edge = "north-1",
                Allocation = i + 1,
                At = DateTimeOffset.UnixEpoch.AddYears(55),
            });
        }
        await writer.FlushAsync();
        return await TestControlPlane.StartAsync(Plane.Redis, [], services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(_clock)));
    }
}
