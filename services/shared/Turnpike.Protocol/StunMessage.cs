using System.Buffers.Binary;

namespace Turnpike.Protocol;

/// <summary>What parsing a datagram as a STUN message gave. Everything but Ok is answered with silence (RFC 8489 §6.3).</summary>
public enum StunParseResult : byte
{
    /// <summary>The message is well-formed.</summary>
    Ok = 0,

    /// <summary>Fewer than the 20 bytes of the header.</summary>
    TooShort = 1,

    /// <summary>The first two bits are not zero.</summary>
    NotStun = 2,

    /// <summary>No magic cookie: an RFC 3489 client, or not STUN at all.</summary>
    NoMagicCookie = 3,

    /// <summary>The length is not a multiple of 4, or not what the datagram holds.</summary>
    BadLength = 4,

    /// <summary>An attribute reaches beyond the end of the message.</summary>
    BadAttribute = 5,
}

/// <summary>
/// A validated view over one STUN message (RFC 8489 §5): the header is checked and every attribute lies inside the bounds.
/// Reads in place; valid as long as the datagram's bytes do not change.
/// </summary>
public readonly ref struct StunMessage
{
    /// <summary>20 bytes: type, length, magic cookie, transaction ID.</summary>
    public const int HeaderLength = 20;

    /// <summary>The magic cookie of RFC 8489 §5 in host order.</summary>
    public const uint MagicCookie = 0x2112A442;

    internal const int AttributeHeaderLength = 4;
    internal const int LengthOffset = 2;
    internal const int CookieOffset = 4;
    internal const int TransactionIdOffset = 8;

    // A bit for each of the types that are there, and for others: most of what a request is asked for is not in it.
    private readonly ulong _types;

    private StunMessage(ReadOnlySpan<byte> bytes, ulong types)
    {
        Bytes = bytes;
        _types = types;
    }

    /// <summary>The class (RFC 8489 §5).</summary>
    public StunClass Class => StunMessageType.ClassOf(Type);

    /// <summary>The method (RFC 8489 §5); may be a number that <see cref="StunMethod"/> does not name.</summary>
    public StunMethod Method => StunMessageType.MethodOf(Type);

    /// <summary>The transaction ID.</summary>
    public TransactionId TransactionId => TransactionId.From(Bytes[TransactionIdOffset..]);

    /// <summary>The whole message, header included.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    private ushort Type => BinaryPrimitives.ReadUInt16BigEndian(Bytes);

    /// <summary>
    /// Checks header and attribute bounds of <paramref name="datagram"/>, which holds exactly one message (one frame, over a
    /// stream). Never throws; on any result but Ok <paramref name="message"/> is the default and must not be read.
    /// </summary>
    public static StunParseResult TryParse(ReadOnlySpan<byte> datagram, out StunMessage message)
    {
        message = default;
        StunParseResult result = CheckHeader(datagram);
        if (result != StunParseResult.Ok)
        {
            return result;
        }

        // Offsets stay multiples of 4 and so does the end: a value that ends inside the message has its padding inside, too.
        ulong types = 0;
        int offset = HeaderLength;
        while (offset < datagram.Length)
        {
            int next = offset + AttributeHeaderLength + Padded(BinaryPrimitives.ReadUInt16BigEndian(datagram[(offset + 2)..]));
            if (next > datagram.Length)
            {
                return StunParseResult.BadAttribute;
            }

            types |= BitOf((StunAttributeType)BinaryPrimitives.ReadUInt16BigEndian(datagram[offset..]));
            offset = next;
        }

        message = new StunMessage(datagram, types);
        return StunParseResult.Ok;
    }

    /// <summary>Enumerates the effective attributes in the order of the message.</summary>
    public AttributeEnumerator GetEnumerator() => new(Bytes, HeaderLength);

    /// <summary>
    /// The value of the first effective attribute of this type: later ones are ignored (RFC 8489 §14), unless its RFC says otherwise.
    /// </summary>
    public bool TryGet(StunAttributeType type, out ReadOnlySpan<byte> value)
    {
        bool found = TryFind(type, out StunAttribute attribute);
        value = attribute.Value;
        return found;
    }

    /// <summary>Whether an effective attribute of this type is there.</summary>
    public bool Has(StunAttributeType type) => TryFind(type, out _);

    internal static int Padded(int length) => (length + 3) & ~3;

    internal bool TryFind(StunAttributeType type, out StunAttribute attribute)
    {
        attribute = default;
        if ((_types & BitOf(type)) == 0)
        {
            return false;
        }

        foreach (StunAttribute candidate in this)
        {
            if (candidate.Type == type)
            {
                attribute = candidate;
                return true;
            }
        }

        return false;
    }

    private static ulong BitOf(StunAttributeType type) => 1UL << ((int)type % 64);

    private static StunParseResult CheckHeader(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length < HeaderLength)
        {
            return StunParseResult.TooShort;
        }

        if ((datagram[0] & 0xC0) != 0)
        {
            return StunParseResult.NotStun;
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(datagram[CookieOffset..]) != MagicCookie)
        {
            return StunParseResult.NoMagicCookie;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(datagram[LengthOffset..]);
        return (length & 3) == 0 && length == datagram.Length - HeaderLength ? StunParseResult.Ok : StunParseResult.BadLength;
    }
}
