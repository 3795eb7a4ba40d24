using System.Net;
using System.Net.Sockets;
using Turnpike.LoadTest.Bench;
using Turnpike.LoadTest.Cluster;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Tests;

/// <summary>Whole runs against a real server: Debian's coturn, which must be installed.</summary>
public sealed class RelayRunTests : IDisposable
{
    private static readonly BenchUser User = new("alice", "secret");

    private readonly CoturnServer _coturn = new();

    public void Dispose() => _coturn.Dispose();

    [Theory]
    [InlineData("sleep")]
    [InlineData("spin")]
    public void Packets_of_every_flow_come_through_both_ways_unharmed(string pacing)
    {
        _coturn.Start(CpuAffinity.Allowed()[0], User);
        var probe = new ServerCpuProbe(_coturn.ProcessId, kernelThreads: [], TimeProvider.System);
        RelayResult result = Run(Options() with { Pacing = Enum.Parse<Pacing>(pacing, ignoreCase: true) }, probe);

        Assert.Equal(1000, result.Sent);
        Assert.Equal((0, 0, 0, 0), (result.LostAllocations, result.Unexpected, result.Up!.Duplicates, result.Down!.Duplicates));
        Assert.InRange(result.Up.Received, 250, 500); // a machine that is busy elsewhere drops what finds no room in a buffer
        Assert.InRange(result.Down.Received, 250, 500);
        Assert.True(probe.MicrosecondsPerPacket > 0);
    }

    [Theory]
    [InlineData(8, 1)]
    [InlineData(3, 16)] // the odd one is its own peer
    public void Clients_that_are_each_others_peers_get_each_others_packets(int allocations, int burst)
    {
        _coturn.Start(CpuAffinity.Allowed()[0], User);
        RelayResult result = Run(Options() with { Direction = Direction.Pairs, Allocations = allocations, Burst = burst });

        Assert.InRange(result.Sent, 1000 - burst, 1000 + burst);
        Assert.InRange(result.Up!.Received, result.Sent / 2, result.Sent);
        Assert.Equal((0, 0), (result.Up.Duplicates, result.Unexpected));
        Assert.Null(result.Down);
    }

    [Fact]
    public void Allocations_are_made_and_deleted_by_one_new_client_after_the_other()
    {
        _coturn.Start(CpuAffinity.Allowed()[0], User);
        using var load = new AllocateLoad(_coturn.Endpoint, new TurnCredential(User.Name, User.Password), 4, TimeProvider.System, new ClientPorts());
        bool begun = false;

        (long count, double seconds, LatencyResult latency) = load.Run(0.4, () => begun = true, CancellationToken.None);

        Assert.True(begun && count > 8 && seconds >= 0.4 && latency.P50 > 0, $"{count} in {seconds} s, p50 {latency.P50} us");
        Assert.Equal(0, load.Taken);
    }

    [Fact]
    public void Allocations_are_held_open()
    {
        _coturn.Start(CpuAffinity.Allowed()[0], User);
        using var held = new HeldAllocations(
            _coturn.Endpoint, new TurnCredential(User.Name, "wrong"), IPAddress.Loopback, new MonotonicClock(TimeProvider.System));
        Assert.Throws<TurnRefusedException>(() => held.Add(1, CancellationToken.None));
        using var right = new HeldAllocations(
            _coturn.Endpoint, new TurnCredential(User.Name, User.Password), IPAddress.Loopback, new MonotonicClock(TimeProvider.System));
        right.Add(40, CancellationToken.None);
        right.Add(2, CancellationToken.None);
    }

    [Fact]
    public void A_wrong_password_is_a_clear_refusal()
    {
        _coturn.Start(CpuAffinity.Allowed()[0], User);
        RelayOptions options = Options() with { Credential = new TurnCredential(User.Name, "wrong") };
        Assert.Contains("the server refused Allocate: 401", Assert.Throws<TurnRefusedException>(() => Run(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_where_nobody_listens_is_named_at_once()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        // Connected elsewhere it hears nobody, and keeps others from the port.
        silent.Connect(new IPEndPoint(IPAddress.Loopback, 9));
        RelayOptions options = Options() with { Server = (IPEndPoint)silent.LocalEndPoint! };
        Assert.Contains("nobody listens at", Assert.Throws<TurnRefusedException>(() => Run(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupted_run_ends_and_says_so()
    {
        _coturn.Start(CpuAffinity.Allowed()[0], User);
        using var stop = new CancellationTokenSource();
        var interrupter = new StopAtOpen(stop);
        using var run = new RelayRun(Options() with { Seconds = 3600 }, TimeProvider.System);
        Assert.True(run.Execute(interrupter, stop.Token).Interrupted);
    }

    private RelayOptions Options() => new(
        _coturn.Endpoint,
        new TurnCredential(User.Name, User.Password),
        Allocations: 8,
        PayloadBytes: 160,
        Rate: 5000,
        Seconds: 0.2,
        WarmupSeconds: 0.1,
        Direction.Both,
        Pacing.Sleep,
        QuietSeconds: 10);

    private static RelayResult Run(RelayOptions options, IWindowProbe? probe = null)
    {
        using var run = new RelayRun(options, TimeProvider.System);
        return run.Execute(probe, CancellationToken.None);
    }

    private sealed class StopAtOpen(CancellationTokenSource stop) : IWindowProbe
    {
        public void Open() => stop.Cancel();

        public void Close(long relayed)
        {
        }
    }
}
