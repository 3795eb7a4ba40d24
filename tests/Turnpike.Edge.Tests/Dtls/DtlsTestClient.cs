using System.Net;
using System.Net.Sockets;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>A TURN client over DTLS: BouncyCastle's handshake and record layer, which share no code with the edge's record layer.</summary>
internal sealed class DtlsTestClient : IDisposable
{
    private const int WaitMilliseconds = 10_000;

    private readonly bool _ownsSocket;
    private DtlsTransport? _session;

    public DtlsTestClient(int port, Socket? socket = null, IPAddress? from = null)
    {
        _ownsSocket = socket is null;
        Socket = socket ?? RunningRelay.Client(from);
        Server = new IPEndPoint(Socket.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, port);
        Transport = new LossyTransport(Socket, Server);
    }

    public Socket Socket { get; }

    public IPEndPoint Server { get; }

    public LossyTransport Transport { get; }

    /// <summary>The cipher suites to offer; null is the library's choice.</summary>
    public int[]? CipherSuites { get; init; }

    /// <summary>The name in the certificate that the server showed.</summary>
    public string ServerName { get; private set; } = "";

    /// <summary>Connects; throws what the library throws.</summary>
    public DtlsTestClient Connect()
    {
        _session = new DtlsClientProtocol().Connect(new Client(this), Transport);
        return this;
    }

    /// <summary>Connects in the background, for a test that has something else to do meanwhile.</summary>
    public Task<DtlsTestClient> ConnectAsync() =>
        Task.Factory.StartNew(Connect, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public void Send(ReadOnlySpan<byte> data) => _session!.Send(data);

    /// <summary>The next application data; null when none comes in time.</summary>
    public byte[]? TryReceive(int waitMilliseconds)
    {
        byte[] buffer = new byte[2048];
        int length = _session!.Receive(buffer, waitMilliseconds);
        return length < 0 ? null : buffer[..length];
    }

    public byte[] Receive()
    {
        byte[]? data = TryReceive(WaitMilliseconds);
        Assert.NotNull(data);
        return data;
    }

    public byte[] Ask(byte[] request)
    {
        Send(request);
        return Receive();
    }

    /// <summary>An allocation: the nonce to go on with, and the relayed transport address.</summary>
    public (byte[] Nonce, TransportAddress Relayed) Allocate()
    {
        static void Udp(ref StunMessageWriter writer) => RequestedTransport.Write(ref writer, 17);
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(Ask(RunningRelay.Request(StunMethod.Allocate, attributes: Udp)), out StunMessage refused));
        Assert.Equal(AttributeResult.Ok, Nonce.Read(refused, out ReadOnlySpan<byte> nonce));
        byte[] answer = Ask(RunningRelay.Request(StunMethod.Allocate, nonce.ToArray(), Udp));
        Assert.Equal(0, RunningRelay.Code(answer));
        StunMessage.TryParse(answer, out StunMessage granted);
        Assert.Equal(AttributeResult.Ok, XorRelayedAddress.Read(granted, out TransportAddress relayed));
        return (nonce.ToArray(), relayed);
    }

    /// <summary>Asks for a nonce first, which is the client's address's own.</summary>
    public byte[] Authenticated(StunMethod method, RunningRelay.Writer attributes, string user = RunningRelay.User, string password = RunningRelay.Password)
    {
        byte[] challenge = Ask(RunningRelay.Request(method, attributes: attributes));
        Assert.Equal(401, RunningRelay.Code(challenge));
        StunMessage.TryParse(challenge, out StunMessage refused);
        Assert.Equal(AttributeResult.Ok, Nonce.Read(refused, out ReadOnlySpan<byte> nonce));
        return Ask(RunningRelay.Request(method, nonce.ToArray(), attributes, user, password));
    }

    /// <summary>An allocation that can move (RFC 8016), with channel 0x4000 for a peer.</summary>
    public (byte[] Ticket, TransportAddress Relayed) AllocateMobile(Socket peer)
    {
        byte[] answer = Authenticated(StunMethod.Allocate, (ref StunMessageWriter writer) =>
        {
            RequestedTransport.Write(ref writer, 17);
            MobilityTicket.Write(ref writer, []);
        });
        byte[] ticket = TicketOf(answer);
        StunMessage.TryParse(answer, out StunMessage granted);
        Assert.Equal(AttributeResult.Ok, XorRelayedAddress.Read(granted, out TransportAddress relayed));
        TransportAddress address = TransportAddress.From((IPEndPoint)peer.LocalEndPoint!);
        Assert.Equal(0, RunningRelay.Code(Authenticated(StunMethod.ChannelBind, (ref StunMessageWriter writer) =>
        {
            ChannelNumber.Write(ref writer, 0x4000);
            XorPeerAddress.Write(ref writer, address);
        })));
        return (ticket, relayed);
    }

    /// <summary>A Refresh with a ticket, whatever its answer.</summary>
    public byte[] Move(byte[] ticket) =>
        Authenticated(StunMethod.Refresh, (ref StunMessageWriter writer) => MobilityTicket.Write(ref writer, ticket));

    public static byte[] TicketOf(byte[] answer)
    {
        Assert.Equal(0, RunningRelay.Code(answer));
        StunMessage.TryParse(answer, out StunMessage message);
        Assert.Equal(AttributeResult.Ok, MobilityTicket.Read(message, out ReadOnlySpan<byte> ticket));
        return ticket.ToArray();
    }

    /// <summary>Sends to the peer of channel 0x4000, which answers.</summary>
    public void Exchange(Socket peer, TransportAddress relayed)
    {
        Send([0x40, 0, 0, 4, .. "ping"u8]);
        byte[] buffer = new byte[100];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        Assert.Equal(4, peer.ReceiveFrom(buffer, ref from));
        Assert.Equal(relayed.ToIPEndPoint(), from);
        peer.SendTo("pong!"u8, from);
        Assert.Equal([0x40, 0, 0, 5, .. "pong!"u8], Receive());
    }

    /// <summary>Binds channel 0x4000 to a peer.</summary>
    public void Bind(byte[] nonce, Socket peer)
    {
        TransportAddress address = TransportAddress.From((IPEndPoint)peer.LocalEndPoint!);
        void Write(ref StunMessageWriter writer)
        {
            ChannelNumber.Write(ref writer, 0x4000);
            XorPeerAddress.Write(ref writer, address);
        }

        Assert.Equal(0, RunningRelay.Code(Ask(RunningRelay.Request(StunMethod.ChannelBind, nonce, Write))));
    }

    /// <summary>Ends the session with close_notify.</summary>
    public void Close() => _session!.Close();

    public void Dispose()
    {
        if (_ownsSocket)
        {
            Socket.Dispose();
        }
    }

    private sealed class Client(DtlsTestClient owner) : DefaultTlsClient(new BcTlsCrypto(new SecureRandom()))
    {
        public override int GetHandshakeTimeoutMillis() => WaitMilliseconds;

        public override TlsAuthentication GetAuthentication() => new Authentication(owner);

        protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.DTLSv12.Only();

        protected override int[] GetSupportedCipherSuites() => owner.CipherSuites ?? base.GetSupportedCipherSuites();
    }

    private sealed class Authentication(DtlsTestClient owner) : TlsAuthentication
    {
        public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
        {
            byte[] encoded = serverCertificate.Certificate.GetCertificateAt(0).GetEncoded();
            using var certificate = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(encoded);
            owner.ServerName = certificate.Subject;
        }

        public TlsCredentials? GetClientCredentials(Org.BouncyCastle.Tls.CertificateRequest certificateRequest) => null;
    }
}
