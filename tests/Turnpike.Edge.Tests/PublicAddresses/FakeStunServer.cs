using System.Net;
using System.Net.Sockets;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.Tests.PublicAddresses;

/// <summary>A STUN server on loopback that says what the test wants.</summary>
internal sealed class FakeStunServer : IDisposable
{
    private readonly Socket _socket = new(System.Net.Sockets.AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    public FakeStunServer()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _ = AnswerAsync();
    }

    /// <summary>What it says that it sees.</summary>
    public IPEndPoint Mapped { get; set; } = new(IPAddress.Parse("198.51.100.9"), 40_000);

    /// <summary>Requests that it leaves without an answer first.</summary>
    public int Lost { get; set; }

    public int Asked { get; private set; }

    public string Address => _socket.LocalEndPoint!.ToString()!;

    public void Dispose() => _socket.Dispose();

    private async Task AnswerAsync()
    {
        byte[] buffer = new byte[1500];
        while (true)
        {
            SocketReceiveFromResult received;
            try
            {
                received = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
            }
            catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
            {
                return;
            }
            if (++Asked > Lost)
            {
                // Something else first, which is not the answer.
                await _socket.SendToAsync(Answer(buffer.AsSpan(0, received.ReceivedBytes), foreign: true), received.RemoteEndPoint);
                await _socket.SendToAsync(Answer(buffer.AsSpan(0, received.ReceivedBytes), foreign: false), received.RemoteEndPoint);
            }
        }
    }

    private byte[] Answer(ReadOnlySpan<byte> datagram, bool foreign)
    {
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(datagram, out StunMessage request));
        StunMessageWriter writer = new(
            new byte[100], StunClass.SuccessResponse, StunMethod.Binding, foreign ? TransactionId.From(new byte[12]) : request.TransactionId);
        XorMappedAddress.Write(ref writer, TransportAddress.From(foreign ? new IPEndPoint(IPAddress.Parse("203.0.113.66"), 1) : Mapped));
        return writer.Finish().ToArray();
    }
}
