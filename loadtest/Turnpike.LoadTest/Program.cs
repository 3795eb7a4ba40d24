using System.Runtime.InteropServices;
using Turnpike.LoadTest;
using Turnpike.LoadTest.Bench;
using Turnpike.LoadTest.Cluster;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.ControlPlane;
using Turnpike.LoadTest.Planning;
using Turnpike.LoadTest.Probe;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Reports;
using Turnpike.LoadTest.Scenarios;
using Turnpike.LoadTest.Simulation;
using Turnpike.LoadTest.Store;
using Turnpike.LoadTest.Turn;

const string Help = """
    turnpike-loadtest drives TURN servers with relayed traffic, and their control plane with calls.

      turnpike-loadtest run     a scenario (voice, video, screen, churn, ramp, soak, mixed) at any TURN server over UDP, TCP or TLS
      turnpike-loadtest compare results of such runs: figure by figure, as a table or a page
      turnpike-loadtest relay   traffic through any TURN server: loss, order, latency
      turnpike-loadtest probe   one call through a Turnpike: a credential of its API, two allocations, an echo through both relays
      turnpike-loadtest bench   CPU-microseconds per relayed packet of the edge and of its peers
      turnpike-loadtest cluster what being one cluster costs: Allocates, the store, many edges, credentials
      turnpike-loadtest store   what each kind of call costs the store: its time, its CPU, the memory that it leaves
      turnpike-loadtest plan    what so many allocations need, and which limit binds: edges, the store, the control plane, money
      turnpike-loadtest simulate days of load under the scaler, with a clock of its own: calls refused and dropped, edge-hours
      turnpike-loadtest control-plane
                                credentials a second and core, time of an answer, memory of watchers

    Each command explains its options with --help.

    """;

using var stop = new StopSignals(TimeProvider.System);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, stop.OnSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, stop.OnSignal);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, stop.OnSignal); // the terminal is closed

try
{
    switch (args)
    {
        case ["run", .. string[] rest]:
            return await RunCommand.RunAsync(rest, stop.Token);
        case ["compare", .. string[] rest]:
            return CompareCommand.Run(rest);
        case ["relay", .. string[] rest]:
            return RelayCommand.Run(rest, stop.Token);
        case ["probe", .. string[] rest]:
            return await ProbeCommand.RunAsync(rest, stop.Token);
        case ["bench", .. string[] rest]:
            return BenchCommand.Run(rest, stop.Token);
        case ["cluster", .. string[] rest]:
            return await ClusterCommand.RunAsync(rest, stop.Token);
        case ["store", .. string[] rest]:
            return await StoreCommand.RunAsync(rest, stop.Token);
        case ["plan", .. string[] rest]:
            return PlanCommand.Run(rest);
        case ["simulate", .. string[] rest]:
            return SimulateCommand.Run(rest, stop.Token);
        case ["control-plane", .. string[] rest]:
            return await ControlPlaneCommand.RunAsync(rest, stop.Token);
        case ["--help"]:
            Console.Out.Write(Help);
            return ExitCode.Success;
        default:
            Console.Error.Write(Help);
            return ExitCode.Usage;
    }
}
catch (UsageException exception)
{
    Console.Error.WriteLine($"turnpike-loadtest: {exception.Message}");
    return ExitCode.Usage;
}
catch (TurnRefusedException exception) when (!stop.Token.IsCancellationRequested)
{
    Console.Error.WriteLine($"turnpike-loadtest: {exception.Message}");
    return ExitCode.Failure;
}
catch (Exception exception) when (exception is OperationCanceledException or TurnRefusedException)
{
    // The signal may have ended servers of the same group too, which then answer no more.
    Console.Error.WriteLine("turnpike-loadtest: interrupted");
    return ExitCode.Failure;
}
