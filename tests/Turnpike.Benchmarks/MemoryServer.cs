using System.Text;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.Server;

namespace Turnpike.Benchmarks;

/// <summary>A server with allocations in memory, and the datagrams of their clients.</summary>
internal sealed class MemoryServer : IRelayedTransportAddressPool
{
    private static readonly TransportAddress ServerAddress = TransportAddress.IPv4(0x1400_0001, 3478);
    private static readonly byte[] User = Encoding.ASCII.GetBytes("bench");
    private static readonly byte[] Realm = Encoding.ASCII.GetBytes("turnpike");

    private readonly byte[] _key = new byte[LongTermKey.Md5Length];
    private ushort _nextPort = 49_152;
    private Relay? _last;

    public MemoryServer(int allocations, bool allocate = true)
    {
        LongTermKey.Md5(User, Realm, "password"u8, _key);
        Server = new TurnServer(
            new ServerPolicy
            {
                Realm = "turnpike",
                Credentials = new StaticUsers("turnpike", [new StaticUser("bench", _key, new byte[32])]),
                NonceKeys = [NonceKey.Create()],
                UnauthenticatedResponsesPerSecond = 0,
            },
            this,
            new LocalQuotaGate(0, 0, 0),
            new ReservationTable());
        Server.OnTick(0, 1_700_000_000_000);
        Relays = new Relay[allocations];
        for (int i = 0; allocate && i < allocations; i++)
        {
            Allocate(i);
        }
    }

    public TurnServer Server { get; }

    public Relay[] Relays { get; }

    public static TransportAddress Peer { get; } = TransportAddress.IPv4(0x0808_0808, 5000);

    public bool SupportsDontFragment => true;

    public static FiveTuple Client(int number) =>
        new(TransportAddress.IPv4(0x5DB8_0000 + (uint)(number / 1000), (ushort)(10_000 + (number % 1000))), ServerAddress, ClientTransport.Udp);

    public RelayOpening TryOpen(
        AddressFamily family, in TransportAddress server, PortParity parity, out Relay? relay, out Relay? reserved)
    {
        relay = _last = new MemoryRelay(ServerAddress.WithPort(_nextPort++));
        reserved = null;
        return RelayOpening.Opened;
    }

    public void Adopt(Relay relay)
    {
    }

    public void Close(Relay relay)
    {
    }

    /// <summary>A whole Allocate: the challenge, then the request that answers it.</summary>
    public void Allocate(int number)
    {
        FiveTuple client = Client(number);
        byte[] nonce = Challenge(client);
        Egress egress = Server.OnClientDatagram(client, Request(StunMethod.Allocate, nonce, number), 0);
        Expect(egress.Kind == EgressKind.ToClient);
        Relays[number] = _last!;
        Expect(Server.OnClientDatagram(client, Request(StunMethod.ChannelBind, nonce, number), 0).Kind == EgressKind.ToClient);
    }

    public byte[] Challenge(in FiveTuple client)
    {
        Egress egress = Server.OnClientDatagram(client, Request(StunMethod.Allocate, null, 0), 0);
        Expect(StunMessage.TryParse(egress.Datagram, out StunMessage challenge) == StunParseResult.Ok);
        Expect(Nonce.Read(challenge, out ReadOnlySpan<byte> nonce) == AttributeResult.Ok);
        return nonce.ToArray();
    }

    public byte[] Request(StunMethod method, byte[]? nonce, int transaction)
    {
        Span<byte> id = stackalloc byte[12];
        BitConverter.TryWriteBytes(id, transaction);
        var writer = new StunMessageWriter(new byte[512], StunClass.Request, method, TransactionId.From(id));
        if (method == StunMethod.Allocate)
        {
            RequestedTransport.Write(ref writer, 17);
        }
        else if (method == StunMethod.ChannelBind)
        {
            ChannelNumber.Write(ref writer, 0x4000);
            XorPeerAddress.Write(ref writer, Peer);
        }

        if (nonce is not null)
        {
            Username.Write(ref writer, User);
            Protocol.Attributes.Realm.Write(ref writer, Realm);
            Nonce.Write(ref writer, nonce);
            MessageIntegrity.Write(ref writer, _key);
        }

        return writer.Finish().ToArray();
    }

    private static void Expect(bool condition)
    {
        if (!condition)
        {
            throw new InvalidOperationException("The benchmark's own set-up has failed.");
        }
    }

    private sealed class MemoryRelay(TransportAddress address) : Relay(address, address);
}
