using System.Net;
using System.Net.Sockets;
using System.Text;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.Tests.Cluster;

/// <summary>
/// A client whose datagrams a load balancer sends now to one edge and now to another: one address, one nonce, two servers.
/// </summary>
internal sealed class TwoEdgeCaller(string username, string password, int onePort, int otherPort) : IDisposable
{
    private readonly Socket _socket = RunningRelay.Client();

    public int StaleNonces { get; private set; }

    /// <summary>Asks the one for a nonce and allocates at the other with it, and then at the one; 0, or the first error.</summary>
    public int AllocateAtBoth()
    {
        byte[] challenge = Ask(onePort, null);
        StunMessage.TryParse(challenge, out StunMessage refused);
        Nonce.Read(refused, out ReadOnlySpan<byte> nonce);
        byte[] kept = nonce.ToArray();
        int there = Count(Ask(otherPort, kept));
        return there != 0 ? there : Count(Ask(onePort, kept));
    }

    public void Dispose() => _socket.Dispose();

    private int Count(byte[] answer)
    {
        int code = RunningRelay.Code(answer);
        StaleNonces += code == StunErrorCode.StaleNonce ? 1 : 0;
        return code;
    }

    private byte[] Ask(int port, byte[]? nonce)
    {
        StunMessageWriter writer = new(
            new byte[1500], StunClass.Request, StunMethod.Allocate, TransactionId.From(Guid.NewGuid().ToByteArray().AsSpan(0, 12)));
        RequestedTransport.Write(ref writer, 17);
        if (nonce is not null)
        {
            byte[] name = Encoding.UTF8.GetBytes(username);
            byte[] key = new byte[LongTermKey.Md5Length];
            LongTermKey.Md5(name, "turnpike"u8, Encoding.UTF8.GetBytes(password), key);
            Username.Write(ref writer, name);
            Realm.Write(ref writer, "turnpike"u8);
            Nonce.Write(ref writer, nonce);
            MessageIntegrity.Write(ref writer, key);
        }
        return RunningRelay.Ask(_socket, new IPEndPoint(IPAddress.Loopback, port), writer.Finish().ToArray()).Answer;
    }
}
