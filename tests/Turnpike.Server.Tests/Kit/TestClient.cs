using System.Security.Cryptography;
using System.Text;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>Adds attributes to a message under construction.</summary>
internal delegate void Fill(ref StunMessageWriter writer);

/// <summary>A TURN client. By default one of RFC 5389: MD5 key, MESSAGE-INTEGRITY, no password algorithm attributes.</summary>
internal sealed class TestClient(
    TestServer server,
    string username = "alice",
    string password = "alice-password",
    TransportAddress? address = null,
    ClientTransport transport = ClientTransport.Udp)
{
    private readonly byte[] _buffer = new byte[70_000];

    public FiveTuple FiveTuple { get; } = Addresses.TupleOf(address ?? Addresses.Client, transport);

    public string Username { get; set; } = username;

    public string Password { get; set; } = password;

    public string Realm { get; set; } = Users.Realm;

    public byte[]? Nonce { get; set; }

    /// <summary>What the last challenge offered.</summary>
    public byte[]? Offered { get; set; }

    /// <summary>PASSWORD-ALGORITHM to send beside the offered list; null for a client of RFC 5389.</summary>
    public PasswordAlgorithmId? Algorithm { get; set; }

    public IntegrityKind Integrity { get; set; } = IntegrityKind.Sha1;

    public int Sha256Length { get; set; } = 32;

    public bool SendsUserHash { get; set; }

    public bool SendsFingerprint { get; set; }

    /// <summary>Replaces USERNAME, REALM, NONCE and the rest, for requests that are wrong on purpose.</summary>
    public Fill? CredentialAttributes { get; set; }

    public byte[] LastRequest { get; private set; } = [];

    public byte[] Key => Users.Key(Username, Password, Realm, Algorithm ?? PasswordAlgorithmId.Md5);

    public static TransactionId NewTransactionId() => TransactionId.From(RandomNumberGenerator.GetBytes(12));

    /// <summary>A client of RFC 8489: SHA-256 everywhere.</summary>
    public TestClient Modern()
    {
        Algorithm = PasswordAlgorithmId.Sha256;
        Integrity = IntegrityKind.Sha256;
        return this;
    }

    /// <summary>Asks without credentials, and remembers what the 401 says.</summary>
    public Reply Challenge()
    {
        Nonce = null;
        Reply reply = Exchange(Build(StunMethod.Allocate, Udp)).IsError(StunErrorCode.Unauthorized);
        Learn(reply);
        return reply;
    }

    public void Learn(Reply reply)
    {
        Nonce = reply.Value(StunAttributeType.Nonce);
        Realm = Encoding.UTF8.GetString(reply.Value(StunAttributeType.Realm)!);
        Offered = reply.Value(StunAttributeType.PasswordAlgorithms);
    }

    public byte[] Build(StunMethod method, Fill? fill = null, StunClass @class = StunClass.Request, TransactionId? id = null)
    {
        var writer = new StunMessageWriter(_buffer, @class, method, id ?? NewTransactionId());
        fill?.Invoke(ref writer);
        if (@class == StunClass.Request && Nonce is not null)
        {
            if (CredentialAttributes is not null)
            {
                CredentialAttributes(ref writer);
            }
            else
            {
                WriteCredentials(ref writer);
            }

            WriteIntegrity(ref writer);
        }

        if (SendsFingerprint)
        {
            Fingerprint.Write(ref writer);
        }

        Assert.False(writer.Overflowed);
        return writer.Finish().ToArray();
    }

    /// <summary>An authenticated request and its answer; fetches a nonce first where it has none.</summary>
    public Reply Request(StunMethod method, Fill? fill = null)
    {
        if (Nonce is null)
        {
            Challenge();
        }

        return Exchange(Build(method, fill));
    }

    /// <summary>Sends bytes, and checks of the answer what must hold of every one.</summary>
    public Reply Exchange(byte[] request)
    {
        Outcome outcome = Send(request);
        Reply reply = outcome.IsToClient();
        Assert.Equal(FiveTuple, outcome.FiveTuple);
        return Check(reply);
    }

    public Reply Check(Reply reply)
    {
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(LastRequest, out StunMessage sent));
        Assert.Equal(sent.TransactionId, reply.TransactionId);
        Assert.Equal(sent.Method, reply.Method);
        Assert.Equal(sent.Has(StunAttributeType.Fingerprint), reply.Has(StunAttributeType.Fingerprint));
        Assert.NotEqual(AttributeResult.Malformed, Fingerprint.Check(reply.Message()));
        bool sha256 = sent.Has(StunAttributeType.MessageIntegritySha256);
        bool signed = sha256
            ? MessageIntegritySha256.Verify(reply.Message(), Key)
            : MessageIntegrity.Verify(reply.Message(), Key);
        Assert.Equal(signed, reply.Has(StunAttributeType.MessageIntegrity) || reply.Has(StunAttributeType.MessageIntegritySha256));
        reply.Authentic = signed;
        if (!signed)
        {
            Assert.False(reply.Has(StunAttributeType.Software), "Who is not authenticated is told no SOFTWARE.");
        }

        return reply;
    }

    public Reply Resend() => Exchange(LastRequest);

    public Outcome Send(byte[] datagram)
    {
        LastRequest = datagram;
        return server.Receive(FiveTuple, datagram);
    }

    public static void Udp(ref StunMessageWriter writer) => RequestedTransport.Write(ref writer, 17);

    public Reply Allocate(Fill? more = null) => Request(StunMethod.Allocate, (ref StunMessageWriter writer) =>
    {
        Udp(ref writer);
        more?.Invoke(ref writer);
    });

    /// <summary>Allocates, and expects a success.</summary>
    public TestClient Allocated(Fill? more = null)
    {
        Reply reply = Allocate(more).IsSuccess();
        Assert.True(reply.Authentic);
        return this;
    }

    public Reply AllocateBoth() => Allocate((ref StunMessageWriter w) => AdditionalAddressFamily.Write(ref w, AddressFamily.IPv6));

    public Reply Refresh(uint? lifetime = null, AddressFamily? family = null) =>
        Request(StunMethod.Refresh, (ref StunMessageWriter writer) =>
        {
            if (lifetime is { } seconds)
            {
                Lifetime.Write(ref writer, seconds);
            }

            if (family is { } wanted)
            {
                RequestedAddressFamily.Write(ref writer, wanted);
            }
        });

    public Reply CreatePermission(params TransportAddress[] peers) =>
        Request(StunMethod.CreatePermission, (ref StunMessageWriter writer) =>
        {
            foreach (TransportAddress peer in peers)
            {
                XorPeerAddress.Write(ref writer, peer);
            }
        });

    public Reply ChannelBind(ushort number, TransportAddress peer) =>
        Request(StunMethod.ChannelBind, (ref StunMessageWriter writer) =>
        {
            ChannelNumber.Write(ref writer, number);
            XorPeerAddress.Write(ref writer, peer);
        });

    public Outcome SendIndication(TransportAddress peer, ReadOnlySpan<byte> data, bool dontFragment = false)
    {
        byte[] payload = data.ToArray();
        return Send(Build(
            StunMethod.Send,
            (ref StunMessageWriter writer) =>
            {
                XorPeerAddress.Write(ref writer, peer);
                Data.Write(ref writer, payload);
                if (dontFragment)
                {
                    DontFragment.Write(ref writer);
                }
            },
            StunClass.Indication));
    }

    public Outcome SendChannelData(ushort number, ReadOnlySpan<byte> data)
    {
        byte[] datagram = new byte[ChannelData.HeaderLength + data.Length];
        ChannelData.WriteHeader(datagram, number, data.Length);
        data.CopyTo(datagram.AsSpan(ChannelData.HeaderLength));
        return Send(datagram);
    }

    public void WriteCredentials(ref StunMessageWriter writer)
    {
        byte[] name = Encoding.UTF8.GetBytes(Username);
        byte[] realm = Encoding.UTF8.GetBytes(Realm);
        if (SendsUserHash)
        {
            byte[] hash = new byte[UserHash.Length];
            UserHash.Compute(name, realm, hash);
            UserHash.Write(ref writer, hash);
        }
        else
        {
            Protocol.Attributes.Username.Write(ref writer, name);
        }

        Protocol.Attributes.Realm.Write(ref writer, realm);
        Protocol.Attributes.Nonce.Write(ref writer, Nonce);
        if (Algorithm is { } algorithm)
        {
            writer.Append(StunAttributeType.PasswordAlgorithms, Offered);
            PasswordAlgorithm.Write(ref writer, algorithm);
        }
    }

    private void WriteIntegrity(ref StunMessageWriter writer)
    {
        if (Integrity == IntegrityKind.Sha1)
        {
            MessageIntegrity.Write(ref writer, Key);
        }
        else if (Integrity == IntegrityKind.Sha256)
        {
            MessageIntegritySha256.Write(ref writer, Key, Sha256Length);
        }
    }
}
