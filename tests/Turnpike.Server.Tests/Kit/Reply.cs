using System.Buffers.Binary;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>A STUN message from the server. What must hold of every one is checked here: it parses, and its padding is zero.</summary>
internal sealed class Reply
{
    public Reply(byte[] bytes)
    {
        Bytes = bytes;
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(bytes, out StunMessage message));
        Class = message.Class;
        Method = message.Method;
        TransactionId = message.TransactionId;
        int offset = StunMessage.HeaderLength;
        while (offset < bytes.Length)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(offset + 2));
            int end = offset + 4 + length;
            int next = (end + 3) & ~3;
            Assert.False(bytes.AsSpan(end, next - end).ContainsAnyExcept((byte)0), "Padding is zero (CVE-2020-4067).");
            offset = next;
        }

        foreach (StunAttribute attribute in message)
        {
            Attributes.Add((attribute.Type, attribute.Value.ToArray()));
        }
    }

    public byte[] Bytes { get; }

    public StunClass Class { get; }

    public StunMethod Method { get; }

    public TransactionId TransactionId { get; }

    /// <summary>The effective attributes in their order.</summary>
    public List<(StunAttributeType Type, byte[] Value)> Attributes { get; } = [];

    /// <summary>Whether the client found the integrity attribute right; set by <see cref="TestClient"/>.</summary>
    public bool Authentic { get; set; }

    /// <summary>0 for a success.</summary>
    public int Code => Class == StunClass.ErrorResponse ? ReadCode() : 0;

    public uint LifetimeSeconds => BinaryPrimitives.ReadUInt32BigEndian(Value(StunAttributeType.Lifetime)!);

    public byte[]? Value(StunAttributeType type) => Attributes.Find(a => a.Type == type).Value;

    public bool Has(StunAttributeType type) => Value(type) is not null;

    public TransportAddress MappedAddress
    {
        get
        {
            Assert.Equal(AttributeResult.Ok, XorMappedAddress.Read(Message(), out TransportAddress value));
            return value;
        }
    }

    public TransportAddress PeerAddress
    {
        get
        {
            Assert.Equal(AttributeResult.Ok, XorPeerAddress.Read(Message(), out TransportAddress value));
            return value;
        }
    }

    /// <summary>The XOR-RELAYED-ADDRESSes, one or two.</summary>
    public List<TransportAddress> RelayedAddresses
    {
        get
        {
            var all = new List<TransportAddress>();
            foreach ((StunAttributeType type, byte[] value) in Attributes)
            {
                if (type == StunAttributeType.XorRelayedAddress)
                {
                    // The attribute alone in a message of the same transaction, because a reader finds the first one only.
                    var writer = new StunMessageWriter(new byte[64], Class, Method, TransactionId);
                    writer.Append(type, value);
                    Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(writer.Finish(), out StunMessage single));
                    Assert.Equal(AttributeResult.Ok, XorRelayedAddress.Read(single, out TransportAddress address));
                    all.Add(address);
                }
            }

            return all;
        }
    }

    public Reply IsError(int code)
    {
        Assert.Equal(StunClass.ErrorResponse, Class);
        Assert.Equal(code, Code);
        return this;
    }

    public Reply IsSuccess()
    {
        Assert.Equal(0, Code);
        Assert.Equal(StunClass.SuccessResponse, Class);
        return this;
    }

    public Reply IsDataIndication(TransportAddress peer, ReadOnlySpan<byte> payload)
    {
        Assert.Equal(StunClass.Indication, Class);
        Assert.Equal(StunMethod.Data, Method);
        Assert.Equal(peer, PeerAddress);
        Assert.Equal(payload.ToArray(), Value(StunAttributeType.Data));
        return this;
    }

    public StunMessage Message()
    {
        StunMessage.TryParse(Bytes, out StunMessage message);
        return message;
    }

    private int ReadCode()
    {
        Assert.Equal(AttributeResult.Ok, ErrorCode.Read(Message(), out int code));
        return code;
    }
}
