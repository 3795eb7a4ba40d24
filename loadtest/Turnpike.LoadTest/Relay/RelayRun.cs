using System.Net;
using System.Net.Sockets;
using Turnpike.LoadTest.Scenarios;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;

namespace Turnpike.LoadTest.Relay;

/// <summary>One run with a single kind of traffic over UDP and channels: a scenario of one stream.</summary>
internal sealed class RelayRun(RelayOptions options, TimeProvider time) : IDisposable
{
    private readonly ScenarioRun _run = new(ScenarioOf(options), time) { QuietAfter = (long)(options.QuietSeconds * 1e9) };

    /// <summary>Runs to the end, or to <paramref name="stop"/>, after which the result covers what was measured until then.</summary>
    /// <exception cref="TurnRefusedException">The server refuses or does not answer while the allocations are made.</exception>
    public RelayResult Execute(IWindowProbe? probe, CancellationToken stop)
    {
        ScenarioResult result = _run.Execute(observer: null, probe, stop);
        StreamResult stream = result.Streams[0];
        return new RelayResult(
            result.Server,
            stream.Allocations,
            stream.PayloadBytes,
            options.Rate,
            result.Seconds,
            options.Direction,
            options.Pacing,
            result.Interrupted,
            result.SetupSeconds,
            stream.Up,
            stream.Down,
            result.Unexpected,
            result.LostAllocations,
            result.FirstFailure,
            result.DeletionsUnconfirmed,
            result.Generator)
        {
            Redirected = result.Redirected,
            SilentSince = Silence.Since(result.Timeline),
        };
    }

    public void Dispose() => _run.Dispose();

    /// <exception cref="TurnRefusedException">There is no way to the server.</exception>
    public static IPAddress LocalAddressTowards(IPEndPoint server)
    {
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(server);
            return ((IPEndPoint)socket.LocalEndPoint!).Address;
        }
        catch (SocketException exception)
        {
            throw new TurnRefusedException($"there is no way to {server}: {exception.Message}");
        }
    }

    /// <summary>The first address of a name to which this host has a way, or else the first.</summary>
    public static IPAddress BestOf(IPAddress[] addresses)
    {
        const ushort AnyPort = 9; // nothing is sent there
        return Array.Find(addresses, address => HasWayTo(new IPEndPoint(address, AnyPort))) ?? addresses[0];
    }

    private static bool HasWayTo(IPEndPoint server)
    {
        try
        {
            LocalAddressTowards(server);
            return true;
        }
        catch (TurnRefusedException)
        {
            return false;
        }
    }

    private static ScenarioOptions ScenarioOf(RelayOptions options)
    {
        int directions = options.Direction == Direction.Both ? 2 : 1;
        var stream = new StreamPlan(
            "relay",
            options.Allocations,
            options.PayloadBytes,
            options.Rate / options.Allocations / directions,
            options.Burst,
            options.Direction);
        return new ScenarioOptions(
            "relay",
            new TurnTarget(options.Server.ToString(), options.Server),
            options.Credential,
            [stream],
            Churn: null,
            options.Seconds,
            options.WarmupSeconds,
            Framing.Channel,
            options.Pacing,
            TransportAddress.From(options.PeerAddress ?? options.Server.Address, 0).Family,
            options.PeerAddress);
    }
}
