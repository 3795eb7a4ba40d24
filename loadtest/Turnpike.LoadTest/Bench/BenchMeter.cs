using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Bench;

/// <summary>Offers one case's traffic to one server and says what came through, and what that cost the server.</summary>
/// <param name="options">Rate and allocations of a case that does not say its own.</param>
/// <param name="user">Whom the servers know.</param>
/// <param name="kernelThreads">The kernel's that work for the servers.</param>
/// <param name="time">The machine's.</param>
internal sealed class BenchMeter(BenchOptions options, BenchUser user, IReadOnlyList<int> kernelThreads, TimeProvider time)
{
    // On one machine nothing is under way for longer, and a search has many steps with lost packets.
    private const double QuietSeconds = 0.2;

    public IReadOnlyList<int> KernelThreads => kernelThreads;

    public TurnCredential Credential { get; } = new(user.Name, user.Password);

    /// <summary>Whether the loss is the generator's own.</summary>
    public static bool IsGenerators(RelayResult result) =>
        result.Generator.ExplainsLoss(result.Sent, result.Received, SaturationSearch.ToleratedLossPercent);

    /// <exception cref="TurnRefusedException">The server refuses, or nothing came through.</exception>
    public (RelayResult Result, ServerCpuProbe Cpu) Measure(
        MeasuredServer server, BenchCase which, double rate, double warmup, double seconds, CancellationToken stop)
    {
        var probe = new ServerCpuProbe(server.ProcessId, kernelThreads, time);
        using var run = new RelayRun(
            new RelayOptions(
                server.Endpoint,
                Credential,
                which.Allocations ?? options.Allocations,
                which.PayloadBytes,
                rate,
                seconds,
                warmup,
                which.Direction,
                Pacing.Spin,
                Burst: which.Burst,
                QuietSeconds: QuietSeconds),
            time);
        RelayResult result = run.Execute(probe, stop);
        stop.ThrowIfCancellationRequested();
        return result.Received == 0
            ? throw new TurnRefusedException($"{server.Name} relayed nothing ({which}, {rate:0} packets/s)")
            : (result, probe);
    }
}
