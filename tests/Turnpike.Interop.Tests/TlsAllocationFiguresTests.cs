using System.Diagnostics;
using System.Globalization;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>Two thousand allocations over TLS at once: that all of them work is asserted, what they cost is printed.</summary>
[Collection(Quiet.Name)]
public sealed class TlsAllocationFiguresTests : InteropTest
{
    private const int Allocations = 2_000;
    private const int AtOnce = 8;
    private const int WarmUp = 50;

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task Two_thousand_TLS_clients_hold_an_allocation_each()
    {
        var address = Loopback.NextAddress();
        var certificate = CertificateFor(address);
        var edge = await StartEdgeAsync(new ServerSettings { Address = address, Certificate = certificate });
        foreach (TurnClient client in await AllocateAsync(edge, certificate, WarmUp))
        {
            client.Dispose();
        }

        await Deadline.UntilAsync("the first ones are gone", TimeSpan.FromSeconds(10), async () => (await edge.MetricsAsync()).Allocations == 0);
        var before = await CostAsync(edge);
        long started = Stopwatch.GetTimestamp();

        TurnClient[] clients = await AllocateAsync(edge, certificate, Allocations);

        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        var after = await CostAsync(edge);
        var metrics = await edge.MetricsAsync();
        Assert.Equal((Allocations, Allocations), (metrics.Allocations, metrics.StreamConnections));
        Print(elapsed, before, after);

        Array.ForEach(clients, client => client.Dispose());
        await Deadline.UntilAsync("closed connections delete their allocations", TimeSpan.FromSeconds(30), async () =>
            await edge.MetricsAsync() is { Allocations: 0, StreamConnections: 0 });
    }

    private static async Task<TurnClient[]> AllocateAsync(EdgeServer edge, TestCertificate certificate, int count)
    {
        var clients = new TurnClient[count];
        await Parallel.ForAsync(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (i, _) =>
            {
                clients[i] = await TurnClient.ConnectAsync(edge.SecureEndPoint, certificate);
                var allocated = await clients[i].AllocateAsync();
                Assert.True(allocated.Succeeded, $"error {allocated.Code}");
            });
        return clients;
    }

    private static async Task<(double CpuSeconds, long Resident, double Heap)> CostAsync(EdgeServer edge)
    {
        var metrics = await edge.MetricsAsync();
        return (metrics.Value("process_cpu_seconds_total"), await edge.ResidentBytesAsync(), metrics.Value("dotnet_total_memory_bytes"));
    }

    private static void Print(
        TimeSpan elapsed, (double CpuSeconds, long Resident, double Heap) before, (double CpuSeconds, long Resident, double Heap) after)
    {
        double cpu = (after.CpuSeconds - before.CpuSeconds) * 1000 / Allocations;
        double resident = (after.Resident - before.Resident) / 1024.0 / Allocations;
        double heap = (after.Heap - before.Heap) / 1024.0 / Allocations;
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Allocations} TLS allocations in {elapsed.TotalSeconds:0.0} s: {cpu:0.00} ms of CPU each (handshake, challenge, Allocate), "
            + $"{resident:0.0} KiB resident each ({after.Resident / 1024 / 1024} MiB in all), {heap:0.0} KiB of it managed"));
    }
}
