using System.Buffers.Binary;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.Server;

namespace Turnpike.Fuzz.Targets;

/// <summary>
/// A whole server: the input is a list of steps, each a kind, a length and that many bytes. Datagrams from two clients come as
/// they are or with valid credentials put to whatever attributes the input gives, so that the code behind the authentication is
/// reached; datagrams come from peers, and time passes.
/// </summary>
public static class TurnServerTarget
{
    private const int MaxSteps = 64;
    private const int Headroom = 64;

    private static readonly byte[] Username = "fuzz"u8.ToArray();
    private static readonly byte[] RealmName = "turnpike"u8.ToArray();
    private static readonly byte[] Md5Key = MakeKey();
    private static readonly NonceKey NonceKey = new(1, new byte[32]);

    private enum Step : byte
    {
        RawDatagram,
        SignedRequest,
        PeerDatagram,
        Wait,
        Count,
    }

    /// <summary>Takes one list of steps.</summary>
    public static void Run(ReadOnlySpan<byte> input)
    {
        var relays = new FuzzRelays();
        var quota = new LocalQuotaGate(perUser: 6, perRealm: 0, total: 0);
        var server = new TurnServer(Policy(), relays, quota, new ReservationTable());
        var run = new ServerRun(server, relays);
        run.Tick();
        for (int step = 0; step < MaxSteps && input.Length >= 4; step++)
        {
            int length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(input[2..]), input.Length - 4);
            run.Take((Step)(input[0] % (byte)Step.Count), input[1], input.Slice(4, length));
            input = input[(4 + length)..];
        }

        run.End();
    }

    private static ServerPolicy Policy() => new()
    {
        Realm = "turnpike",
        Credentials = new StaticUsers("turnpike", [new StaticUser("fuzz", Md5Key, new byte[32])]),
        NonceKeys = [NonceKey],
        Software = "fuzz",
        Limits = new AllocationLimits { Permissions = 4, Channels = 4, PacketsPerSecond = 20, BitsPerSecond = 100_000 },
    };

    private static byte[] MakeKey()
    {
        byte[] key = new byte[LongTermKey.Md5Length];
        LongTermKey.Md5(Username, RealmName, "secret"u8, key);
        return key;
    }

    private sealed class ServerRun(TurnServer server, FuzzRelays relays)
    {
        private static readonly TransportAddress ServerAddress = TransportAddress.IPv4(0x1400_0001, 3478);

        private readonly byte[] _datagram = new byte[Headroom + 65_535 + 8];
        private readonly byte[]?[] _nonces = new byte[]?[2];
        private long _now = 1_000_000;

        public void Take(Step step, byte which, ReadOnlySpan<byte> bytes)
        {
            switch (step)
            {
                case Step.RawDatagram:
                    Check(server.OnClientDatagram(Client(which % 2), bytes, _now));
                    break;
                case Step.SignedRequest when bytes.Length >= 1:
                    Signed(which % 2, bytes);
                    break;
                case Step.PeerDatagram when relays.Open.Count > 0:
                    bytes.CopyTo(_datagram.AsSpan(Headroom));
                    Check(server.OnPeerDatagram(
                        relays.Open[which % relays.Open.Count],
                        TransportAddress.IPv4(0x0808_0800 + (uint)(which % 4), 5000),
                        _datagram.AsSpan(0, Headroom + bytes.Length + 8),
                        Headroom,
                        bytes.Length,
                        _now));
                    break;
                case Step.Wait:
                    _now += which * (bytes.IsEmpty ? 1L : 10_000L);
                    Tick();
                    break;
                default:
                    break;
            }
        }

        public void Tick()
        {
            while (server.OnTick(_now, _now + 1_700_000_000_000) is { Kind: not EgressKind.None } egress)
            {
                Check(egress);
            }
        }

        /// <summary>When everything has ended, nothing may be left open.</summary>
        public void End()
        {
            server.EndAllAllocations();
            _now += 3_600_000;
            Tick();
            FuzzException.Unless(server.AllocationCount == 0, "An allocation outlives its end.");
            FuzzException.Unless(relays.Open.Count == 0, "A port outlives its allocation.");
        }

        private static FiveTuple Client(int index) =>
            new(TransportAddress.IPv4(0x5DB8_D822, (ushort)(40_000 + index)), ServerAddress, ClientTransport.Udp);

        /// <summary>A request with the method and the attributes of the input, and everything that makes it authentic.</summary>
        private void Signed(int client, ReadOnlySpan<byte> bytes)
        {
            Span<byte> buffer = new byte[65_535];
            var writer = new StunMessageWriter(buffer, StunClass.Request, (StunMethod)(bytes[0] % 16), TransactionId.From(new byte[12]));
            ReadOnlySpan<byte> attributes = bytes[1..];
            while (attributes.Length >= 4)
            {
                int length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(attributes[2..]), attributes.Length - 4);
                writer.Append((StunAttributeType)BinaryPrimitives.ReadUInt16BigEndian(attributes), attributes.Slice(4, length));
                attributes = attributes[(4 + length)..];
            }

            Protocol.Attributes.Username.Write(ref writer, Username);
            Realm.Write(ref writer, RealmName);
            Nonce.Write(ref writer, _nonces[client] ??= Challenge(client));
            MessageIntegrity.Write(ref writer, Md5Key);
            Check(server.OnClientDatagram(Client(client), writer.Finish(), _now));
        }

        private byte[] Challenge(int client)
        {
            var writer = new StunMessageWriter(new byte[64], StunClass.Request, StunMethod.Allocate, TransactionId.From(new byte[12]));
            Egress egress = server.OnClientDatagram(Client(client), writer.Finish(), _now);
            bool read = StunMessage.TryParse(egress.Datagram, out StunMessage answer) == StunParseResult.Ok
                && Nonce.Read(answer, out _) == AttributeResult.Ok;
            if (!read)
            {
                return []; // limited, after too many strange requests
            }

            _ = Nonce.Read(answer, out ReadOnlySpan<byte> nonce);
            return nonce.ToArray();
        }

        private static void Check(scoped Egress egress)
        {
            switch (egress.Kind)
            {
                case EgressKind.Drop:
                    FuzzException.Unless(egress.Reason != DropReason.None, "A drop without a reason.");
                    break;
                case EgressKind.ToClient:
                    bool wellFormed = StunMessage.TryParse(egress.Datagram, out _) == StunParseResult.Ok
                        || ChannelData.TryParse(egress.Datagram, out _, out _);
                    FuzzException.Unless(wellFormed, "What goes to a client is neither STUN nor ChannelData.");
                    break;
                case EgressKind.ToPeer:
                    FuzzException.Unless(PeerPolicy.Default.Allows(egress.Peer), "A datagram goes to a denied peer.");
                    FuzzException.Unless(egress.Relay!.Allocation is not null, "A datagram leaves a relay without an allocation.");
                    break;
                default:
                    break;
            }
        }
    }
}
