using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.LoadTest.Relay;

/// <summary>
/// One run against one server: allocations, traffic on an open-loop schedule, deletion. All on the calling thread, over one
/// reactor, so that the generator costs as little as the server it measures.
/// <code>
///   client socket i ── ChannelData ──▶ server ── relayed address i ──▶ peer socket     up
///   client socket i ◀── ChannelData ── server ◀── relayed address i ── peer socket     down
/// </code>
/// </summary>
internal sealed class RelayRun : IDatagramHandler, IDisposable
{
    private const int PeerBuffer = 4 * 1024 * 1024;
    private const int Burst = 64;
    private const long QuietAfter = 200_000_000;
    private const long DrainPatience = 2_000_000_000;

    private readonly RelayOptions _options;
    private readonly MonotonicClock _clock;
    private readonly DatagramReactor _reactor = DatagramReactor.Create();
    private readonly SocketEndpoint _server;
    private readonly AllocationSet _set;
    private readonly FlowTraffic _up;
    private readonly FlowTraffic _down;
    private readonly uint _run = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
    private readonly byte[] _filler;
    private Schedule _schedule;
    private DatagramSocket? _peer;
    private long _arrivals;
    private long _unexpected;
    private long _lastArrival;
    private long _worstLateness;

    public RelayRun(RelayOptions options, TimeProvider time)
    {
        _options = options;
        _clock = new MonotonicClock(time);
        _server = SocketEndpoint.From(options.Server);
        _set = new AllocationSet(_reactor, _server, _clock);
        _up = new FlowTraffic(options.Allocations);
        _down = new FlowTraffic(options.Allocations);
        _filler = RandomNumberGenerator.GetBytes(options.PayloadBytes);
    }

    /// <summary>Runs to the end, or to <paramref name="stop"/>, after which the result covers what was measured until then.</summary>
    /// <exception cref="TurnRefusedException">The server refuses or does not answer while the allocations are made.</exception>
    public RelayResult Execute(IWindowProbe? probe, CancellationToken stop)
    {
        IPAddress local = LocalAddressTowards(_options.Server);
        _peer = OpenPeer(_options.PeerAddress ?? local);
        // Clients that are each other's peers learn their addresses when they have them.
        var peer = TransportAddress.From(_peer.Local.ToIPEndPoint());
        peer = _options.Direction == Direction.Pairs ? peer.WithPort(0) : peer;
        RelayResult result;
        int unconfirmed;
        try
        {
            long begun = _clock.Now;
            _set.Establish(_options.Allocations, local, _options.Credential, peer, this, stop);
            double setupSeconds = (_clock.Now - begun) / 1e9;
            (double seconds, double cpuPerPacket) = Offer(probe, stop);
            result = Result(setupSeconds, seconds, cpuPerPacket, stop.IsCancellationRequested);
        }
        finally
        {
            unconfirmed = _set.Delete(this);
        }

        return result with { DeletionsUnconfirmed = unconfirmed };
    }

    public void Dispose() => _reactor.Dispose();

    public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram)
    {
        ReadOnlySpan<byte> bytes = datagram.Payload;
        if (socket.State is not Flow flow)
        {
            // The peer: whose packet it is shows in the stamp, and the source must be that flow's relayed address.
            if (!TryTake(bytes, isUp: true, out PacketStamp up) || datagram.Source != _set.Flows[up.Flow].Relayed)
            {
                _unexpected++;
                return;
            }

            Count(_up, up);
        }
        else if (ChannelData.TryParse(bytes, out ushort number, out ReadOnlySpan<byte> data))
        {
            bool isPair = _options.Direction == Direction.Pairs;
            int sender = isPair ? _set.PartnerOf(flow.Index) : flow.Index;
            if (number != flow.Allocation.Channel || !TryTake(data, isUp: isPair, out PacketStamp down) || down.Flow != sender)
            {
                _unexpected++;
                return;
            }

            Count(isPair ? _up : _down, down);
        }
        else if (StunMessage.TryParse(bytes, out StunMessage message) == StunParseResult.Ok && message.Class != StunClass.Indication)
        {
            flow.Allocation.OnMessage(message, _clock.Now);
        }
        else
        {
            _unexpected++; // a Data indication too: every peer has a channel
        }
    }

    public void OnIcmpError(DatagramSocket socket, in IcmpError error) => _set.Unreachable |= error.Destination == _server;

    private (double Seconds, double CpuPerPacket) Offer(IWindowProbe? probe, CancellationToken stop)
    {
        _schedule = new Schedule(_clock.Now, _options.Rate, _options.WarmupSeconds, _options.Seconds, _options.Burst);
        TimeSpan? ownBefore = null;
        long opened = 0;
        long arrivedBefore = 0;
        long next = 0;
        long now;
        while ((now = _clock.Now) < _schedule.WindowEnd || next < _schedule.Packets)
        {
            if (ownBefore is null && now >= _schedule.WindowStart)
            {
                opened = now;
                arrivedBefore = _arrivals;
                probe?.Open();
                ownBefore = Environment.CpuUsage.TotalTime;
            }

            if (stop.IsCancellationRequested)
            {
                break;
            }

            next = SendDue(next, now);
            _set.Maintain();
            bool mayWait = _options.Pacing == Pacing.Sleep && (next == _schedule.Packets || _schedule.DueAt(next) > _clock.Now);
            _reactor.Poll(mayWait ? 1 : 0, this);
        }

        if (ownBefore is not TimeSpan ownStart)
        {
            return (0, 0);
        }

        double ownMicroseconds = (Environment.CpuUsage.TotalTime - ownStart).TotalMicroseconds;
        double seconds = (_clock.Now - opened) / 1e9;
        long handled = _up.Sent + _down.Sent + _up.Received + _down.Received;
        Drain();
        probe?.Close(_arrivals - arrivedBefore);
        return (seconds, handled == 0 ? 0 : ownMicroseconds / handled);
    }

    private long SendDue(long next, long now)
    {
        long end = Math.Min(next + Burst, _schedule.Packets);
        for (; next < end; next++)
        {
            long dueAt = _schedule.DueAt(next);
            if (dueAt > now)
            {
                break;
            }

            if (_schedule.IsMeasured(dueAt))
            {
                _worstLateness = Math.Max(_worstLateness, now - dueAt);
            }

            SendOne(next, dueAt);
        }

        _reactor.Flush();
        return next;
    }

    private void SendOne(long packet, long dueAt)
    {
        bool both = _options.Direction == Direction.Both;
        long burst = packet / _options.Burst;
        bool isUp = both ? (burst & 1) == 0 : _options.Direction != Direction.Down;
        int index = (int)((both ? burst >> 1 : burst) % _set.Flows.Count);
        Flow flow = _set.Flows[index];
        long sequence = (isUp ? _up : _down).OnSend(index, _schedule.IsMeasured(dueAt));
        int header = isUp ? ChannelData.HeaderLength : 0;
        Span<byte> datagram = _reactor.Rent(header + _filler.Length);
        if (isUp)
        {
            ChannelData.WriteHeader(datagram, flow.Allocation.Channel, _filler.Length);
        }

        _filler.CopyTo(datagram[header..]);
        new PacketStamp(_run, index, isUp, sequence, dueAt).Write(datagram[header..]);
        if (isUp)
        {
            _reactor.Send(flow.Socket, datagram, _server, default);
        }
        else
        {
            _reactor.Send(_peer!, datagram, flow.Relayed, default);
        }
    }

    private bool TryTake(ReadOnlySpan<byte> payload, bool isUp, out PacketStamp stamp) =>
        PacketStamp.TryRead(payload, out stamp)
        && stamp.Run == _run
        && stamp.IsUp == isUp
        && stamp.Flow < _set.Flows.Count
        && payload[PacketStamp.Length..].SequenceEqual(_filler.AsSpan(PacketStamp.Length));

    private void Count(FlowTraffic traffic, in PacketStamp stamp)
    {
        _arrivals++;
        _lastArrival = _clock.Now;
        traffic.OnReceive(stamp.Flow, stamp.Sequence, _schedule.IsMeasured(stamp.DueAt), _lastArrival - stamp.DueAt);
    }

    /// <summary>Takes what is still under way, until everything came or nothing came for a while.</summary>
    private void Drain()
    {
        long begun = _clock.Now;
        while (_up.Received + _down.Received < _up.Sent + _down.Sent
            && _clock.Now - Math.Max(_lastArrival, begun) < QuietAfter
            && _clock.Now - begun < DrainPatience)
        {
            _reactor.Poll(1, this);
        }
    }

    private RelayResult Result(double setupSeconds, double seconds, double cpuPerPacket, bool interrupted)
    {
        ReactorCounters counters = _reactor.Counters;
        long sendDrops = counters.SendDroppedWouldBlock + counters.SendDroppedNoBuffers + counters.SendDroppedTooBig + counters.SendDroppedOther;
        return new RelayResult(
            _options.Server.ToString(),
            _options.Allocations,
            _options.PayloadBytes,
            _options.Rate,
            seconds,
            _options.Direction,
            _options.Pacing,
            interrupted,
            setupSeconds,
            _options.Direction == Direction.Down ? null : _up.ToResult(_options.PayloadBytes, seconds),
            _options.Direction is Direction.Up or Direction.Pairs ? null : _down.ToResult(_options.PayloadBytes, seconds),
            _unexpected,
            _set.Lost,
            _set.FirstFailure,
            DeletionsUnconfirmed: 0,
            new GeneratorResult(cpuPerPacket, _worstLateness / 1e6, sendDrops, counters.KernelReceiveDrops));
    }

    private DatagramSocket OpenPeer(IPAddress address)
    {
        var local = SocketEndpoint.From(new IPEndPoint(address, 0));
        var options = new DatagramSocketOptions { ReceiveBuffer = PeerBuffer, SendBuffer = PeerBuffer };
        return _reactor.TryOpen(local, options, null, out DatagramSocket? socket, out SocketError error)
            ? socket
            : throw new TurnRefusedException($"the peer socket on {address} cannot be opened: {error}");
    }

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
}
