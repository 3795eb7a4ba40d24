using System.Globalization;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Bench;

/// <summary>Resident memory of freshly started servers: idle, with 1000 allocations, and with 10 000.</summary>
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
                server.Start(options.ServerCpu, user, veth);
                samples.Add(Measure(server, new TurnCredential(user.Name, user.Password), time, stop));
                progress.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"memory, {server.Name}: {samples[^1].BytesPerAllocation:0} bytes an allocation"));
            }
        }

        return samples;
    }

    private static MemorySample Measure(MeasuredServer server, TurnCredential credential, TimeProvider time, CancellationToken stop)
    {
        long idle = ResidentBytes(server.ProcessId);
        using var held = new HeldAllocations(server.Endpoint, credential, RelayRun.LocalAddressTowards(server.Endpoint), new MonotonicClock(time));
        held.Add(Few, stop);
        long few = ResidentBytes(server.ProcessId);
        held.Add(Many - Few, stop);
        return new MemorySample(server.Name, idle, few, ResidentBytes(server.ProcessId));
    }

    private static long ResidentBytes(int processId)
    {
        string text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/statm"));
        return long.Parse(text.Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }
}
