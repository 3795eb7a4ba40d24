using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Sockets;
using AddressFamily = Turnpike.Protocol.AddressFamily;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>
/// One run of a scenario against one server: allocations, the traffic of all streams and the churn on open-loop schedules, deletion. All on the calling
/// thread, over one reactor, so that the generator costs as little as the server it measures; only connections have tasks of their own.
/// <code>
///   client i ── ChannelData or Send ──▶ server ── relayed address i ──▶ peer socket     up
///   client i ◀── ChannelData or Data ── server ◀── relayed address i ── peer socket     down
/// </code>
/// </summary>
internal sealed class ScenarioRun : IDisposable
{
    private const int PeerBuffer = 4 * 1024 * 1024;
    private const long DrainPatience = 2_000_000_000;

    private readonly ScenarioOptions _options;
    private readonly TimeProvider _time;
    private readonly MonotonicClock _clock;
    private readonly DatagramReactor _reactor = DatagramReactor.Create();
    private readonly IPAddress _local;
    private readonly Clients _clients;
    private readonly AllocationSet _set;
    private readonly TrafficStream[] _streams;
    private readonly PacketReceiver _receiver;
    private readonly uint _run = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
    private Churn? _churn;

    /// <exception cref="TurnRefusedException">There is no way to the server.</exception>
    public ScenarioRun(ScenarioOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _clock = new MonotonicClock(time);
        _local = RelayRun.LocalAddressTowards(options.Target.Endpoint);
        _clients = new Clients(_reactor, options.Target, _local, options.Credentials) { Framing = options.Framing };
        _set = new AllocationSet(_clients, _clock);
        _streams = Arrange(options.Streams);
        _receiver = new PacketReceiver(_run, _set, _streams, options.Framing, _clock);
        _clients.Handler = _receiver;
    }

    /// <summary>Nanoseconds without a packet after which those that are missing are lost. Shorter than a server may stall, a delay becomes a loss.</summary>
    public long QuietAfter { get; init; } = (long)(RelayOptions.DefaultQuietSeconds * 1e9);

    /// <summary>Allocations that were made anew, because their credential was about to end.</summary>
    public int Replaced => _set.Replaced;

    private long Sent
    {
        get
        {
            long sent = 0;
            foreach (TrafficStream stream in _streams)
            {
                sent += stream.Up.Sent + stream.Down.Sent;
            }

            return sent;
        }
    }

    private long Received
    {
        get
        {
            long received = 0;
            foreach (TrafficStream stream in _streams)
            {
                received += stream.Up.Received + stream.Down.Received;
            }

            return received;
        }
    }

    private (long Sent, long Answered, long LastAnswer) PacketsOfChurn =>
        _churn?.Packets is { } packets ? (packets.Sent, packets.Answered, packets.LastAnswer) : default;

    /// <summary>Runs to the end, or to <paramref name="stop"/>, after which the result covers what was measured until then.</summary>
    /// <exception cref="TurnRefusedException">The server refuses or does not answer while the first allocations are made.</exception>
    public ScenarioResult Execute(IScenarioObserver? observer, CancellationToken stop) => Execute(observer, null, stop);

    /// <inheritdoc cref="Execute(IScenarioObserver?, CancellationToken)"/>
    public ScenarioResult Execute(IScenarioObserver? observer, IWindowProbe? probe, CancellationToken stop)
    {
        DatagramSocket peer = OpenPeer(_options.PeerAddress ?? DefaultPeerAddress());
        var peerAddress = TransportAddress.From(peer.Local.ToIPEndPoint());
        ScenarioResult result;
        int unconfirmed;
        try
        {
            observer?.OnPhase("making allocations");
            long begun = _clock.Now;
            foreach (TrafficStream stream in _streams.Where(stream => stream.Plan.SharedWith is null))
            {
                // Clients that are each other's peers learn their addresses when they have them.
                _set.Add(stream.Plan.Allocations, stream.IsPairs ? peerAddress.WithPort(0) : peerAddress);
            }

            _set.Establish(_receiver, stop);
            double setupSeconds = (_clock.Now - begun) / 1e9;
            observer?.OnPhase("traffic");
            result = Offer(peer, peerAddress, observer, probe, stop) with { SetupSeconds = setupSeconds };
        }
        finally
        {
            observer?.OnPhase("deleting");
            unconfirmed = _set.Delete(_churn?.Flows ?? [], _receiver);
        }

        return result with { DeletionsUnconfirmed = unconfirmed + (_churn?.DeletionsUnconfirmed ?? 0) };
    }

    public void Dispose()
    {
        _clients.Dispose();
        _reactor.Dispose();
    }

    private static TrafficStream[] Arrange(IReadOnlyList<StreamPlan> plans)
    {
        var streams = new List<TrafficStream>();
        int number = 0;
        int flow = 0;
        foreach (StreamPlan plan in plans)
        {
            TrafficStream? owner = streams.Find(stream => stream.Plan.Name == plan.SharedWith);
            streams.Add(new TrafficStream(plan, number, owner?.FirstFlow ?? flow));
            number += plan.Allocations;
            flow += owner is null ? plan.Allocations : 0;
        }

        return [.. streams];
    }

    private ScenarioResult Offer(
        DatagramSocket peer, TransportAddress peerAddress, IScenarioObserver? observer, IWindowProbe? probe, CancellationToken stop)
    {
        DateTimeOffset startedAt = _time.GetUtcNow();
        var window = new Schedule(_clock.Now, 1, _options.WarmupSeconds, _options.Seconds);
        Flow[] flows = _set.Flows;
        var timeline = new Timeline(window.WindowStart, window.WindowEnd, () => _set.InUse + (_churn?.Held ?? 0), observer);
        var sender = new PacketSender(_run, _reactor, peer, _clients, flows, timeline);
        int streamNumbers = _options.Streams.Sum(stream => stream.Allocations);
        _churn = _options.Churn is { } plan
            ? new Churn(plan, _clients, peerAddress, timeline, new ChurnPackets(plan, _run, streamNumbers, sender, _clock))
            : null;
        _churn?.Begin(window.Start, _options.WarmupSeconds, _options.Seconds);
        _receiver.Begin(flows, timeline, _churn);
        foreach (TrafficStream stream in _streams)
        {
            stream.Begin(window.Start, _options.WarmupSeconds, _options.Seconds);
        }

        TimeSpan? ownBefore = null;
        long arrivedBefore = 0;
        OwnTroubles before = default;
        long now;
        while (((now = _clock.Now) < window.WindowEnd || NextDue() != long.MaxValue) && !stop.IsCancellationRequested)
        {
            if (ownBefore is null && now >= window.WindowStart)
            {
                arrivedBefore = _receiver.Arrivals;
                before = Troubles();
                probe?.Open();
                ownBefore = Environment.CpuUsage.TotalTime;
            }

            Continue(now, sender);
            timeline.Advance(now);
        }

        if (ownBefore is not TimeSpan ownStart)
        {
            return Result(startedAt, 0, 0, [], interrupted: true, default);
        }

        double ownMicroseconds = (Environment.CpuUsage.TotalTime - ownStart).TotalMicroseconds;
        double seconds = (Math.Min(now, window.WindowEnd) - window.WindowStart) / 1e9; // in which the counted packets were due
        _churn?.Packets.End();
        long handled = Sent + Received + (2 * (PacketsOfChurn.Sent + PacketsOfChurn.Answered)); // which go both ways
        Drain();
        probe?.Close(_receiver.Arrivals - arrivedBefore);
        return Result(startedAt, seconds, handled == 0 ? 0 : ownMicroseconds / handled, timeline.Finish(now), stop.IsCancellationRequested, Troubles() - before);
    }

    private void Continue(long now, PacketSender sender)
    {
        foreach (TrafficStream stream in _streams)
        {
            stream.SendDue(now, sender);
        }

        _clients.Flush();
        _churn?.Advance(now);
        _set.Maintain();
        bool mayWait = _options.Pacing == Pacing.Sleep && NextDue() > _clock.Now;
        _clients.Poll(mayWait ? 1 : 0, _receiver);
    }

    private long NextDue()
    {
        long next = _churn?.NextDue ?? long.MaxValue;
        foreach (TrafficStream stream in _streams)
        {
            next = Math.Min(next, stream.NextDue);
        }

        return next;
    }

    /// <summary>Takes what is still under way, until everything came or nothing came for a while.</summary>
    private void Drain()
    {
        long begun = _clock.Now;
        while (_clock.Now - begun < Math.Max(DrainPatience, QuietAfter))
        {
            (long sent, long answered, long lastAnswer) = PacketsOfChurn;
            bool isQuiet = Received + answered >= Sent + sent
                || _clock.Now - Math.Max(Math.Max(_receiver.LastArrival, lastAnswer), begun) >= QuietAfter;
            if (isQuiet && _churn is not { IsSettled: false })
            {
                break;
            }

            _churn?.Advance(_clock.Now);
            _clients.Poll(1, _receiver);
        }
    }

    private ScenarioResult Result(
        DateTimeOffset startedAt, double seconds, double cpuPerPacket, IReadOnlyList<Interval> timeline, bool interrupted, OwnTroubles own)
    {
        long begun = Sent + PacketsOfChurn.Sent + (_churn?.Started ?? 0);
        long late = (_churn?.Late ?? 0) + (_churn?.Packets.Late ?? 0);
        foreach (TrafficStream stream in _streams)
        {
            late += stream.Late;
        }

        long worstLateness = _streams.Select(stream => stream.WorstLateness).Append(_churn?.WorstLateness ?? 0).Append(_churn?.Packets.WorstLateness ?? 0).Max();
        return new ScenarioResult(
            ScenarioResult.CurrentFormat,
            _options.Scenario,
            _options.Target.Name,
            _options.Target.Transport.ToString().ToLowerInvariant(),
            _options.Framing.ToString().ToLowerInvariant(),
            _options.Pacing,
            _options.WarmupSeconds,
            startedAt,
            seconds,
            interrupted,
            SetupSeconds: 0,
            [.. _streams.Select(stream => stream.ToResult(seconds))],
            _churn?.ToResult(),
            timeline,
            Highest: null,
            own.Unexpected,
            _set.Lost + (_churn?.Lost ?? 0),
            _set.FirstFailure ?? _churn?.FirstFailure,
            DeletionsUnconfirmed: 0,
            new GeneratorResult(cpuPerPacket, worstLateness / 1e6, own.SendDrops, own.ReceiveDrops) { LatePercent = begun == 0 ? 0 : 100.0 * late / begun })
        {
            Redirected = _clients.Redirections.ToResult(),
        };
    }

    /// <summary>Of the whole run: what comes before the measured time is to be subtracted.</summary>
    private OwnTroubles Troubles()
    {
        ReactorCounters counters = _reactor.Counters;
        long notSent = counters.SendDroppedWouldBlock + counters.SendDroppedNoBuffers + counters.SendDroppedTooBig + counters.SendDroppedOther;
        return new OwnTroubles(notSent + _clients.SendDrops, counters.KernelReceiveDrops + _clients.ReceiveDrops, _receiver.Unexpected);
    }

    /// <summary>A server of the other family is reached from an address that says nothing of where peers could be, but on loopback.</summary>
    private IPAddress DefaultPeerAddress()
    {
        IPAddress ofFamily = _options.Family == AddressFamily.IPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        return ofFamily.AddressFamily == _local.AddressFamily ? _local
            : IPAddress.IsLoopback(_local) ? ofFamily
            : throw new TurnRefusedException($"no peer address of family {_options.Family} is known: give --peer-address");
    }

    private DatagramSocket OpenPeer(IPAddress address)
    {
        var local = SocketEndpoint.From(new IPEndPoint(address, 0));
        var options = new DatagramSocketOptions { ReceiveBuffer = PeerBuffer, SendBuffer = PeerBuffer };
        return _reactor.TryOpen(local, options, null, out DatagramSocket? socket, out SocketError error)
            ? socket
            : throw new TurnRefusedException($"the peer socket on {address} cannot be opened: {error}");
    }

    private readonly record struct OwnTroubles(long SendDrops, long ReceiveDrops, long Unexpected)
    {
        public static OwnTroubles operator -(OwnTroubles all, OwnTroubles before) =>
            new(all.SendDrops - before.SendDrops, all.ReceiveDrops - before.ReceiveDrops, all.Unexpected - before.Unexpected);
    }
}
