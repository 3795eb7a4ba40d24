using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Turnpike.Protocol;
using AddressFamily = System.Net.Sockets.AddressFamily;

namespace Turnpike.LoadTest.Bench;

/// <summary>Finds a free port, and waits for a server by asking it Binding requests.</summary>
internal static class StunProbe
{
    private const int RoundMilliseconds = 50;

    /// <summary>A UDP port that was free a moment ago.</summary>
    public static IPEndPoint FreeEndpoint(IPAddress address)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    /// <summary>True once the server answers; false when the time is over or <paramref name="ended"/> says that it never will.</summary>
    public static bool WaitForAnswer(IPEndPoint server, TimeSpan patience, Func<bool> ended)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = RoundMilliseconds };
        byte[] answer = new byte[1024];
        byte[] request = new byte[32];
        TransactionId id = TransactionId.From(RandomNumberGenerator.GetBytes(12));
        int length = new StunMessageWriter(request, StunClass.Request, StunMethod.Binding, id).Finish().Length;
        long begun = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begun) < patience && !ended())
        {
            try
            {
                socket.SendTo(request.AsSpan(0, length), server);
                int received = socket.Receive(answer);
                if (StunMessage.TryParse(answer.AsSpan(0, received), out StunMessage message) == StunParseResult.Ok && message.TransactionId.Equals(id))
                {
                    return true;
                }
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                continue; // not up yet: ask again
            }
        }

        return false;
    }
}
