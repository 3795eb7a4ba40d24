using System.Globalization;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Bench;

/// <summary>Freshly started servers: until the first answer, and their resident memory idle, with 1000 allocations, and with 10 000.</summary>
internal static class BenchMemory
{
    public const int Few = 1000;
    public const int Many = 10_000;

    public static List<MemorySample> Run(
        BenchOptions options, BenchUser user, VethPair? veth, TimeProvider time, TextWriter progress, CancellationToken stop)
    {
        var samples = new List<MemorySample>();
        foreach (MeasuredServer server in options.CreateServers())
        {
            using (server)
            {
                // The ones that were compared before are still there.
                server.Number += options.Servers.Count;
                long begun = time.GetTimestamp();
                server.Start(options.ServerCpu, user, veth);
                double startSeconds = time.GetElapsedTime(begun).TotalSeconds;
                samples.Add(Measure(server, startSeconds, new TurnCredential(user.Name, user.Password), time, stop));
                progress.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"memory, {server.Name}: {samples[^1].BytesPerAllocation:0} bytes an allocation, first answer after {startSeconds:0.00} s"));
            }
        }

        return samples;
    }

    private static MemorySample Measure(MeasuredServer server, double startSeconds, TurnCredential credential, TimeProvider time, CancellationToken stop)
    {
        long idle = ResidentMemory.BytesOf(server.ProcessId);
        using var held = new HeldAllocations(server.Endpoint, credential, RelayRun.LocalAddressTowards(server.Endpoint), new MonotonicClock(time));
        held.Add(Few, stop);
        long few = ResidentMemory.BytesOf(server.ProcessId);
        held.Add(Many - Few, stop);
        return new MemorySample(server.Name, startSeconds, idle, few, ResidentMemory.BytesOf(server.ProcessId));
    }
}
