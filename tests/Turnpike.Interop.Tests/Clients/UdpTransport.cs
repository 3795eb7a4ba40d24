using System.Net;
using System.Net.Sockets;

namespace Turnpike.Interop.Clients;

/// <summary>A UDP socket that is connected to the server.</summary>
internal sealed class UdpTransport : IClientTransport
{
    private const int MaxDatagram = 65535;

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[MaxDatagram];

    public UdpTransport(IPEndPoint server, IPEndPoint? source)
    {
        _socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (source is not null)
        {
            _socket.Bind(source);
        }

        _socket.Connect(server);
    }

    public IPEndPoint LocalEndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    public bool IsReliable => false;

    public void Dispose() => _socket.Dispose();

    public void Send(ReadOnlySpan<byte> message)
    {
        try
        {
            _socket.Send(message);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // An ICMP error about an earlier datagram: nothing listens yet, or any more. The missing response tells.
        }
    }

    public async Task<byte[]> ReceiveAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                int length = await _socket.ReceiveAsync(_buffer, SocketFlags.None, cancellation);
                return _buffer[..length];
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                // As above: the error belongs to a datagram sent earlier, and the wait goes on.
            }
        }
    }
}
