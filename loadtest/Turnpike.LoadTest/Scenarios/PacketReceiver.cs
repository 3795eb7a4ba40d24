using System.Diagnostics.CodeAnalysis;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.Sockets;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>
/// Takes everything that comes, at clients and at the peer, and counts a packet only where it belongs: on its way, with its relayed address or channel,
/// undamaged.
/// </summary>
internal sealed class PacketReceiver(uint run, AllocationSet set, TrafficStream[] streams, Framing framing, MonotonicClock clock)
    : IDatagramHandler, IStreamHandler
{
    private readonly TrafficStream[] _streamByNumber = [.. streams.SelectMany(stream => Enumerable.Repeat(stream, stream.Plan.Allocations))];
    private Flow[] _flows = [];
    private Timeline? _timeline;
    private Churn? _churn;

    /// <summary>Packets that came, whenever they were due.</summary>
    public long Arrivals { get; private set; }

    /// <summary>Datagrams that belong to no flow or are damaged.</summary>
    public long Unexpected { get; private set; }

    /// <summary>When the last packet came.</summary>
    public long LastArrival { get; private set; }

    /// <summary>From now on packets are expected.</summary>
    public void Begin(Flow[] flows, Timeline timeline, Churn? churn)
    {
        _flows = flows;
        _timeline = timeline;
        _churn = churn;
    }

    public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram)
    {
        if (socket.State is Flow flow)
        {
            OnMessage(flow, datagram.Payload);
        }
        else if (TryTake(datagram.Payload, out PacketStamp stamp, out TrafficStream? stream)
            && stamp.IsUp
            && IsFrom(_flows[stream.FirstFlow + stamp.Flow - stream.FirstNumber], datagram.Source))
        {
            // The peer: whose packet it is shows in the stamp, and the source must be that flow's relayed address.
            Count(stream.Up, stream, stamp);
        }
        else if (_churn is null || !_churn.Packets.TryEcho(datagram.Payload, datagram.Source))
        {
            Unexpected++;
        }
    }

    public void OnMessage(Flow flow, ReadOnlySpan<byte> message)
    {
        if (ChannelData.TryParse(message, out ushort number, out ReadOnlySpan<byte> data))
        {
            bool isBound = framing == Framing.Channel && number == flow.Allocation.Channel;
            Unexpected += isBound && TryCountAtClient(flow, data) ? 0 : 1;
        }
        else if (StunMessage.TryParse(message, out StunMessage stun) != StunParseResult.Ok)
        {
            Unexpected++;
        }
        else if (stun.Class == StunClass.Indication)
        {
            bool isData = framing == Framing.Send // else every peer has a channel
                && stun.Method == StunMethod.Data
                && XorPeerAddress.Read(stun, out TransportAddress from) == AttributeResult.Ok
                && from == flow.Allocation.Peer
                && Data.Read(stun, out data) == AttributeResult.Ok;
            Unexpected += isData && TryCountAtClient(flow, data) ? 0 : 1;
        }
        else
        {
            flow.Allocation.OnMessage(stun, clock.Now);
            if (flow.Churn is { } client)
            {
                _churn!.OnAnswer(client, clock.Now);
            }
        }
    }

    public void OnIcmpError(DatagramSocket socket, in IcmpError error)
    {
        if (socket.State is Flow flow && error.Destination == flow.Route.Server)
        {
            set.Unreachable = flow.Route.Target.Endpoint;
        }
    }

    private static bool IsFrom(Flow flow, in SocketEndpoint source) =>
        source == flow.Relayed || (flow.Previous is { } previous && source == previous.Relayed);

    private bool TryTake(ReadOnlySpan<byte> payload, out PacketStamp stamp, [NotNullWhen(true)] out TrafficStream? stream)
    {
        stream = null;
        if (!PacketStamp.TryRead(payload, out stamp) || stamp.Run != run || stamp.Flow >= _streamByNumber.Length || _flows.Length == 0)
        {
            return false;
        }

        stream = _streamByNumber[stamp.Flow];
        return payload[PacketStamp.Length..].SequenceEqual(stream.Filler.AsSpan(PacketStamp.Length));
    }

    private bool TryCountAtClient(Flow flow, ReadOnlySpan<byte> data)
    {
        if (flow.Churn is { } client)
        {
            return _churn!.Packets.TryCount(client, data);
        }

        // Between clients, what one sends up comes to the other.
        if (!TryTake(data, out PacketStamp stamp, out TrafficStream? stream) || stamp.IsUp != stream.IsPairs)
        {
            return false;
        }

        int number = stamp.Flow - stream.FirstNumber;
        int receiver = stream.IsPairs ? AllocationSet.PartnerOf(number, stream.Plan.Allocations) : number;
        Flow expected = _flows[stream.FirstFlow + receiver];
        if (expected != flow && expected.Previous != flow)
        {
            return false;
        }

        Count(stream.IsPairs ? stream.Up : stream.Down, stream, stamp);
        return true;
    }

    private void Count(FlowTraffic traffic, TrafficStream stream, in PacketStamp stamp)
    {
        Arrivals++;
        LastArrival = clock.Now;
        bool isMeasured = stream.IsMeasured(stamp.DueAt);
        long latency = LastArrival - stamp.DueAt;
        long? jitter = traffic.OnReceive(stamp.Flow - stream.FirstNumber, stamp.Sequence, isMeasured, latency);
        if (isMeasured && jitter is long now)
        {
            _timeline!.OnReceived(stamp.DueAt, latency, now);
        }
    }
}
