using System.Runtime.InteropServices;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.Sockets;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>Sends the packets of the streams, from clients and from the peer.</summary>
/// <param name="run">Tells this run's packets from those of others.</param>
/// <param name="reactor">The peer's.</param>
/// <param name="peer">The socket that all peers share.</param>
/// <param name="clients">Sends for the clients.</param>
/// <param name="flows">All allocations.</param>
/// <param name="timeline">Told of every measured packet.</param>
internal sealed class PacketSender(
    uint run, DatagramReactor reactor, DatagramSocket peer, Clients clients, Flow[] flows, Timeline timeline)
{
    private const int AttributeHeader = 4;
    private const int LongestPadding = 3;

    private readonly bool _asChannelData = clients.Framing == Framing.Channel;
    private ulong _indications = BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(sizeof(ulong)));

    /// <param name="stream">Whose packet it is.</param>
    /// <param name="number">The flow within the stream.</param>
    /// <param name="isUp">From the client.</param>
    /// <param name="dueAt">When it was due.</param>
    /// <param name="isMeasured">Whether that is in the measured time.</param>
    public void Send(TrafficStream stream, int number, bool isUp, long dueAt, bool isMeasured)
    {
        Flow flow = flows[stream.FirstFlow + number];
        long sequence = (isUp ? stream.Up : stream.Down).OnSend(number, isMeasured);
        if (isMeasured)
        {
            timeline.OnSent(dueAt);
        }

        var stamp = new PacketStamp(run, stream.FirstNumber + number, isUp, sequence, dueAt);
        if (isUp)
        {
            SendFromClient(flow, stream.Filler, stamp);
        }
        else
        {
            SendFromPeer(flow.Relayed, stream.Filler, stamp);
        }
    }

    /// <param name="to">A relayed address.</param>
    /// <param name="filler">The payload but for its stamp.</param>
    /// <param name="stamp">Its first bytes.</param>
    public void SendFromPeer(in SocketEndpoint to, byte[] filler, in PacketStamp stamp)
    {
        Span<byte> datagram = reactor.Rent(filler.Length);
        Fill(datagram, filler, stamp);
        reactor.Send(peer, datagram, to, default);
    }

    /// <param name="flow">Whose client sends it, to its peer.</param>
    /// <param name="filler">The payload but for its stamp.</param>
    /// <param name="stamp">Its first bytes.</param>
    public void SendFromClient(Flow flow, byte[] filler, in PacketStamp stamp)
    {
        if (_asChannelData)
        {
            Span<byte> datagram = clients.Rent(flow, ChannelData.HeaderLength + filler.Length);
            ChannelData.WriteHeader(datagram, flow.Allocation.Channel, filler.Length);
            Fill(datagram[ChannelData.HeaderLength..], filler, stamp);
            clients.Send(flow, datagram);
        }
        else
        {
            SendIndication(flow, filler, stamp);
        }
    }

    private void SendIndication(Flow flow, byte[] filler, in PacketStamp stamp)
    {
        TransportAddress to = flow.Allocation.Peer;
        int address = AttributeHeader + (to.Family == AddressFamily.IPv4 ? 8 : 20);
        int header = StunMessage.HeaderLength + address + AttributeHeader;
        Span<byte> datagram = clients.Rent(flow, header + filler.Length + LongestPadding);
        Span<byte> payload = datagram.Slice(header, filler.Length);
        Fill(payload, filler, stamp);
        var writer = new StunMessageWriter(datagram, StunClass.Indication, StunMethod.Send, NextId());
        XorPeerAddress.Write(ref writer, to);
        Data.Write(ref writer, payload); // in its place already
        clients.Send(flow, writer.Finish());
    }

    // Unique: nobody answers an indication, so nobody has to be kept from guessing it.
    private TransactionId NextId()
    {
        Span<ulong> words = [_indications++, run];
        return TransactionId.From(MemoryMarshal.AsBytes(words));
    }

    private static void Fill(Span<byte> payload, byte[] filler, in PacketStamp stamp)
    {
        filler.CopyTo(payload);
        stamp.Write(payload);
    }
}
