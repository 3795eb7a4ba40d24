using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.Tests.Streams;

/// <summary>A client over UDP and its peer, who notice at once when a datagram is lost.</summary>
internal sealed class UdpCall : IDisposable
{
    private readonly Socket _client = RunningRelay.Client();
    private readonly Socket _peer = RunningRelay.Client();
    private readonly IPEndPoint _server;
    private readonly TransportAddress _relayed;
    private readonly byte[] _buffer = new byte[100];

    public UdpCall(StreamHost host)
    {
        _server = host.Address(transport: "udp");
        (byte[] nonce, _relayed) = RunningRelay.Allocate(_client, _server);
        var peer = TransportAddress.From((IPEndPoint)_peer.LocalEndPoint!);
        void Bind(ref StunMessageWriter writer)
        {
            ChannelNumber.Write(ref writer, 0x4000);
            XorPeerAddress.Write(ref writer, peer);
        }

        Assert.Equal(0, RunningRelay.Code(RunningRelay.Ask(_client, _server, RunningRelay.Request(StunMethod.ChannelBind, nonce, Bind)).Answer));
    }

    public int Pings { get; private set; }

    /// <summary>There and back.</summary>
    public void Ping()
    {
        Pings++;
        _client.SendTo([0x40, 0, 0, 4, (byte)Pings, 2, 3, 4], _server);
        Assert.Equal(4, _peer.Receive(_buffer));
        Assert.Equal((byte)Pings, _buffer[0]);
        _peer.SendTo([(byte)Pings, 6], _relayed.ToIPEndPoint());
        Assert.Equal(6, _client.Receive(_buffer));
        Assert.Equal((byte)Pings, _buffer[4]);
    }

    public void Dispose()
    {
        _client.Dispose();
        _peer.Dispose();
    }
}
