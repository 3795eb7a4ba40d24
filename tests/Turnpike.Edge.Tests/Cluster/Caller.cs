using System.Net;
using System.Net.Sockets;
using System.Text;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.Tests.Cluster;

/// <summary>A client with a credential, which does what it is told and says what it was answered.</summary>
internal sealed class Caller : IDisposable
{
    private readonly Socket _socket = RunningRelay.Client();
    private readonly IPEndPoint _server;
    private readonly byte[] _username;
    private readonly byte[] _key = new byte[LongTermKey.Md5Length];

    public Caller(ClusterEdge edge, string username, string password)
        : this(edge.Relay.Port, username, password)
    {
    }

    public Caller(int port, string username, string password)
    {
        _server = new IPEndPoint(IPAddress.Loopback, port);
        _username = Encoding.UTF8.GetBytes(username);
        LongTermKey.Md5(_username, "turnpike"u8, Encoding.UTF8.GetBytes(password), _key);
    }

    /// <summary>What it was told last; may be given to another caller.</summary>
    public byte[]? Nonce { get; set; }

    /// <summary>How often it heard that its nonce is old (438).</summary>
    public int StaleNonces { get; private set; }

    public TransportAddress Relayed { get; private set; }

    public TransportAddress Mapped { get; private set; }

    /// <summary>Where it was sent when it was answered 300.</summary>
    public TransportAddress Alternate { get; private set; }

    /// <summary>The lifetime that it was last granted, seconds.</summary>
    public uint Granted { get; private set; }

    /// <summary>0 for a success, else the error's code.</summary>
    public int Allocate()
    {
        int code = Ask(StunMethod.Allocate, static (ref writer) => RequestedTransport.Write(ref writer, 17), out byte[] answer);
        if (code == 0)
        {
            StunMessage.TryParse(answer, out StunMessage granted);
            XorRelayedAddress.Read(granted, out TransportAddress relayed);
            XorMappedAddress.Read(granted, out TransportAddress mapped);
            (Relayed, Mapped) = (relayed, mapped);
        }
        else if (code == StunErrorCode.TryAlternate)
        {
            StunMessage.TryParse(answer, out StunMessage sent);
            AlternateServer.Read(sent, out TransportAddress alternate);
            Alternate = alternate;
        }
        return code;
    }

    /// <summary>0 for a success, else the error's code.</summary>
    public int Refresh(uint lifetime = 600)
    {
        int code = Ask(StunMethod.Refresh, (ref writer) => Lifetime.Write(ref writer, lifetime), out byte[] answer);
        if (code == 0)
        {
            StunMessage.TryParse(answer, out StunMessage message);
            Lifetime.Read(message, out uint granted);
            Granted = granted;
        }
        return code;
    }

    public int Permit(TransportAddress peer) =>
        Ask(StunMethod.CreatePermission, (ref writer) => XorPeerAddress.Write(ref writer, peer), out _);

    /// <summary>Sends data to a peer through the relay.</summary>
    public void Send(TransportAddress peer, byte[] data)
    {
        StunMessageWriter writer = new(
            new byte[data.Length + 100], StunClass.Indication, StunMethod.Send, TransactionId.From(Guid.NewGuid().ToByteArray().AsSpan(0, 12)));
        XorPeerAddress.Write(ref writer, peer);
        Data.Write(ref writer, data);
        _socket.SendTo(writer.Finish(), _server);
    }

    public void Dispose() => _socket.Dispose();

    private int Ask(StunMethod method, RunningRelay.Writer attributes, out byte[] answer)
    {
        for (int attempt = 0; ; attempt++)
        {
            answer = Exchange(method, attributes);
            int code = RunningRelay.Code(answer);
            bool challenged = code == StunErrorCode.StaleNonce || (code == StunErrorCode.Unauthorized && Nonce is null);
            if (!challenged || attempt == 2)
            {
                return code;
            }
            StaleNonces += code == StunErrorCode.StaleNonce ? 1 : 0;
            StunMessage.TryParse(answer, out StunMessage refused);
            Turnpike.Protocol.Attributes.Nonce.Read(refused, out ReadOnlySpan<byte> nonce);
            Nonce = nonce.ToArray();
        }
    }

    private byte[] Exchange(StunMethod method, RunningRelay.Writer attributes)
    {
        byte[] id = Guid.NewGuid().ToByteArray()[..12];
        StunMessageWriter writer = new(new byte[1500], StunClass.Request, method, TransactionId.From(id));
        attributes(ref writer);
        if (Nonce is not null)
        {
            Username.Write(ref writer, _username);
            Realm.Write(ref writer, "turnpike"u8);
            Turnpike.Protocol.Attributes.Nonce.Write(ref writer, Nonce);
            MessageIntegrity.Write(ref writer, _key);
        }
        _socket.SendTo(writer.Finish(), _server);
        byte[] buffer = new byte[2048];
        while (true)
        {
            int length = _socket.Receive(buffer);
            // Data of peers may come in between.
            if (length >= 20 && buffer.AsSpan(8, 12).SequenceEqual(id))
            {
                return buffer[..length];
            }
        }
    }
}
