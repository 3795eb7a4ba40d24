using System.Net;
using System.Net.Sockets;
using Org.BouncyCastle.Tls;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>What becomes of a datagram on its way: nothing, one, or several.</summary>
internal delegate IEnumerable<byte[]> Fate(byte[] datagram);

/// <summary>A UDP socket as BouncyCastle wants it, over a network that a test can spoil.</summary>
internal sealed class LossyTransport(Socket socket, IPEndPoint server) : DatagramTransport
{
    private readonly Queue<byte[]> _arrived = new();

    public Fate Outgoing { get; set; } = static datagram => [datagram];

    public Fate Incoming { get; set; } = static datagram => [datagram];

    public int GetReceiveLimit() => 2048;

    public int GetSendLimit() => 1200;

    public int Receive(byte[] buf, int off, int len, int waitMillis) => Receive(buf.AsSpan(off, len), waitMillis);

    public int Receive(Span<byte> buffer, int waitMillis)
    {
        if (_arrived.Count == 0 && socket.Poll(TimeSpan.FromMilliseconds(waitMillis), SelectMode.SelectRead))
        {
            byte[] bytes = new byte[2048];
            int length = socket.Receive(bytes);
            foreach (byte[] one in Incoming(bytes[..length]))
            {
                _arrived.Enqueue(one);
            }
        }

        if (!_arrived.TryDequeue(out byte[]? datagram))
        {
            return -1;
        }

        datagram.CopyTo(buffer);
        return datagram.Length;
    }

    public void Send(byte[] buf, int off, int len) => Send(buf.AsSpan(off, len));

    public void Send(ReadOnlySpan<byte> buffer)
    {
        foreach (byte[] datagram in Outgoing(buffer.ToArray()))
        {
            socket.SendTo(datagram, server);
        }
    }

    public void Close()
    {
    }
}
