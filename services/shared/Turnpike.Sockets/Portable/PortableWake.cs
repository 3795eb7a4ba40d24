using System.Net;
using System.Net.Sockets;

namespace Turnpike.Sockets.Portable;

/// <summary>A loopback socket that sends to itself: what every system can select on. Many sets coalesce into one datagram.</summary>
internal sealed class PortableWake : IDisposable
{
    private readonly byte[] _byte = new byte[1];
    private int _isSet;
    private volatile bool _isClosed;

    public PortableWake()
    {
        Receiver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        // Connected to itself, so that nobody else's datagram counts.
        Receiver.Connect(Receiver.LocalEndPoint!);
        Receiver.Blocking = false;
    }

    public Socket Receiver { get; } = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    public void Set()
    {
        if (_isClosed || Interlocked.Exchange(ref _isSet, 1) != 0)
        {
            return;
        }

        try
        {
            Receiver.Send(_byte);
        }
        catch (ObjectDisposedException)
        {
            // Disposed between the check and the send: nobody waits any more, which is what the caller wanted to end.
            _isClosed = true;
        }
    }

    /// <summary>Reads before it clears the mark, so that a set in between is not swallowed.</summary>
    public void Reset()
    {
        Receiver.Receive(_byte);
        Interlocked.Exchange(ref _isSet, 0);
    }

    public void Dispose()
    {
        _isClosed = true;
        Receiver.Dispose();
    }
}
