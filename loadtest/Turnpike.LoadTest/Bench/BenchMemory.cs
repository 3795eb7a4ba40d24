using System.Globalization;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Bench;

/// <summary>
/// Freshly started servers, in turn, some times each: until the first answer, and their resident memory idle; the last ones' with 1000
/// allocations and with 10 000 too.
/// </summary>
internal static class BenchMemory
{
    public const int Few = 1000;
    public const int Many = 10_000;
    public const int Starts = 3;

    // What a server does right after its first answer is part of it: a runtime still loads and compiles then.
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    public static List<MemorySample> Run(
        BenchOptions options, BenchUser user, VethPair? veth, TimeProvider time, TextWriter progress, CancellationToken stop)
    {
        var starts = new List<(string Server, double Seconds, long Idle)>();
        var samples = new List<MemorySample>();
        for (int start = 1; start <= Starts; start++)
        {
            foreach (MeasuredServer server in options.CreateServers())
            {
                using (server)
                {
                    // The ones that were compared before are still there.
                    server.Number += options.Servers.Count;
                    long begun = time.GetTimestamp();
                    server.Start(options.ServerCpu, user, veth);
                    double seconds = time.GetElapsedTime(begun).TotalSeconds;
                    Task.Delay(Settling, time, stop).GetAwaiter().GetResult();
                    starts.Add((server.Name, seconds, ResidentMemory.BytesOf(server.ProcessId)));
                    progress.WriteLine(string.Create(
                        CultureInfo.InvariantCulture, $"memory, start {start}, {server.Name}: first answer after {seconds:0.00} s, {starts[^1].Idle / 1048576.0:0.0} MiB idle"));
                    if (start == Starts)
                    {
                        (long few, long many) = Hold(server, new TurnCredential(user.Name, user.Password), time, stop);
                        var own = starts.Where(each => each.Server == server.Name).ToList();
                        samples.Add(new MemorySample(
                            server.Name,
                            Spread.Of(own.Select(each => each.Seconds)).Median,
                            (long)Spread.Of(own.Select(each => (double)each.Idle)).Median,
                            few,
                            many));
                        progress.WriteLine(string.Create(
                            CultureInfo.InvariantCulture, $"memory, {server.Name}: {samples[^1].BytesPerAllocation:0} bytes an allocation"));
                    }
                }
            }
        }

        return samples;
    }

    private static (long WithFew, long WithMany) Hold(MeasuredServer server, TurnCredential credential, TimeProvider time, CancellationToken stop)
    {
        using var held = new HeldAllocations(server.Endpoint, credential, RelayRun.LocalAddressTowards(server.Endpoint), new MonotonicClock(time));
        held.Add(Few, stop);
        long few = ResidentMemory.BytesOf(server.ProcessId);
        held.Add(Many - Few, stop);
        return (few, ResidentMemory.BytesOf(server.ProcessId));
    }
}
