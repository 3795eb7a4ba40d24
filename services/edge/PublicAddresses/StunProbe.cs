using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Turnpike.Edge.Options;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.PublicAddresses;

/// <summary>Asks STUN servers, from a relay address, under which address that is seen outside (RFC 8489).</summary>
internal sealed class StunProbe(IReadOnlyList<StunServer> servers, TimeProvider time)
{
    private const int LargestAnswer = 1500;

    // Section 6.2.1: doubled each time.
    private static readonly TimeSpan FirstTimeout = TimeSpan.FromMilliseconds(500);
    private const int Attempts = 3;

    /// <summary>The address outside; null when no server of the family answers.</summary>
    /// <param name="local">The address to ask from.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<IPAddress?> FindAsync(IPAddress local, CancellationToken cancellation)
    {
        foreach (StunServer server in servers)
        {
            try
            {
                IPAddress[] addresses = IPAddress.TryParse(server.Host, out IPAddress? literal) ? [literal] : await Dns.GetHostAddressesAsync(server.Host, cancellation);
                IPAddress? address = addresses.FirstOrDefault(candidate => candidate.AddressFamily == local.AddressFamily);
                if (address is not null && await AskAsync(local, new IPEndPoint(address, server.Port), cancellation) is { } found)
                {
                    return found;
                }
            }
            catch (SocketException)
            {
                // No such name, or no way there: the next one may know.
            }
        }
        return null;
    }

    private async Task<IPAddress?> AskAsync(IPAddress local, IPEndPoint server, CancellationToken cancellation)
    {
        using Socket socket = new(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(local, 0));
        // Only the server's datagrams come in then.
        await socket.ConnectAsync(server, cancellation);
        byte[] id = RandomNumberGenerator.GetBytes(12);
        byte[] request = Request(id);
        TimeSpan timeout = FirstTimeout;
        for (int attempt = 0; attempt < Attempts; attempt++, timeout *= 2)
        {
            await socket.SendAsync(request, cancellation);
            using CancellationTokenSource late = new(timeout, time);
            using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
            try
            {
                if (await ReceiveAsync(socket, id, end.Token) is { } found)
                {
                    return found;
                }
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // Lost on the way, there or back.
            }
        }
        return null;
    }

    private static byte[] Request(byte[] id)
    {
        StunMessageWriter writer = new(new byte[64], StunClass.Request, StunMethod.Binding, TransactionId.From(id));
        Fingerprint.Write(ref writer);
        return writer.Finish().ToArray();
    }

    private static async Task<IPAddress?> ReceiveAsync(Socket socket, byte[] id, CancellationToken cancellation)
    {
        byte[] buffer = new byte[LargestAnswer];
        while (true)
        {
            int length = await socket.ReceiveAsync(buffer, cancellation);
            if (TryRead(buffer.AsSpan(0, length), id, out IPAddress? address))
            {
                return address;
            }
        }
    }

    // An error response has no address, and ends the asking.
    private static bool TryRead(ReadOnlySpan<byte> datagram, byte[] id, out IPAddress? address)
    {
        address = null;
        if (StunMessage.TryParse(datagram, out StunMessage message) != StunParseResult.Ok
            || message.Method != StunMethod.Binding
            || message.Class is StunClass.Request or StunClass.Indication
            || !message.TransactionId.Equals(TransactionId.From(id)))
        {
            return false;
        }
        if (message.Class == StunClass.SuccessResponse && XorMappedAddress.Read(message, out TransportAddress mapped) == AttributeResult.Ok)
        {
            address = mapped.ToIPEndPoint().Address;
        }
        return true;
    }
}
