using Turnpike.Protocol;

namespace Turnpike.Fuzz.Oracles;

/// <summary>
/// RFC 8489 read aloud: a parser of STUN messages that shares no code with the product, written for being obviously right, on
/// bits and lists. The product's parser has to agree with it on every input.
/// </summary>
public sealed class SlowStunMessage
{
    private SlowStunMessage(int @class, int method, byte[] transactionId, IReadOnlyList<SlowAttribute> effective)
    {
        Class = @class;
        Method = method;
        TransactionId = transactionId;
        Effective = effective;
    }

    /// <summary>0 request, 1 indication, 2 success, 3 error.</summary>
    public int Class { get; }

    /// <summary>The 12 bits of the method.</summary>
    public int Method { get; }

    /// <summary>12 bytes.</summary>
    public byte[] TransactionId { get; }

    /// <summary>The attributes that are not to be ignored.</summary>
    public IReadOnlyList<SlowAttribute> Effective { get; }

    /// <summary>Parses; the message is null on any result but Ok.</summary>
    public static StunParseResult Parse(byte[] datagram, out SlowStunMessage? message)
    {
        ArgumentNullException.ThrowIfNull(datagram);
        message = null;
        if (datagram.Length < 20)
        {
            return StunParseResult.TooShort;
        }

        string type = Bits(datagram[0]) + Bits(datagram[1]);
        if (!type.StartsWith("00", StringComparison.Ordinal))
        {
            return StunParseResult.NotStun;
        }

        if (datagram[4] != 0x21 || datagram[5] != 0x12 || datagram[6] != 0xA4 || datagram[7] != 0x42)
        {
            return StunParseResult.NoMagicCookie;
        }

        int length = (datagram[2] * 256) + datagram[3];
        if (length % 4 != 0 || length + 20 != datagram.Length)
        {
            return StunParseResult.BadLength;
        }

        List<SlowAttribute> all = [];
        var rest = new Queue<byte>(datagram[20..]);
        while (rest.Count > 0)
        {
            if (!TryTakeAttribute(rest, datagram.Length - rest.Count, out SlowAttribute? attribute))
            {
                return StunParseResult.BadAttribute;
            }

            all.Add(attribute!);
        }

        // Figure 3 of RFC 8489: 0 0 M11 M10 M9 M8 M7 C1 M6 M5 M4 C0 M3 M2 M1 M0.
        int @class = Convert.ToInt32($"{type[7]}{type[11]}", 2);
        int method = Convert.ToInt32(type[2..7] + type[8..11] + type[12..], 2);
        message = new SlowStunMessage(@class, method, datagram[8..20], WithoutIgnored(all));
        return StunParseResult.Ok;
    }

    private static string Bits(byte value) => Convert.ToString(value, 2).PadLeft(8, '0');

    private static bool TryTakeAttribute(Queue<byte> rest, int offset, out SlowAttribute? attribute)
    {
        attribute = null;
        if (rest.Count < 4)
        {
            return false;
        }

        int type = (rest.Dequeue() * 256) + rest.Dequeue();
        int length = (rest.Dequeue() * 256) + rest.Dequeue();
        int padding = length % 4 == 0 ? 0 : 4 - (length % 4);
        if (rest.Count < length + padding)
        {
            return false;
        }

        byte[] value = new byte[length];
        for (int index = 0; index < length; index++)
        {
            value[index] = rest.Dequeue();
        }

        for (int index = 0; index < padding; index++)
        {
            rest.Dequeue();
        }

        attribute = new SlowAttribute(type, offset, value);
        return true;
    }

    private static List<SlowAttribute> WithoutIgnored(List<SlowAttribute> all)
    {
        const int integrity = 0x0008;
        const int integritySha256 = 0x001C;
        const int fingerprint = 0x8028;
        bool seenIntegrity = false;
        bool seenSha256 = false;
        bool seenFingerprint = false;
        List<SlowAttribute> effective = [];
        foreach (SlowAttribute attribute in all)
        {
            bool ignored = seenFingerprint
                || (seenSha256 && attribute.Type != fingerprint)
                || (seenIntegrity && attribute.Type != fingerprint && attribute.Type != integritySha256);
            if (ignored)
            {
                continue;
            }

            effective.Add(attribute);
            seenIntegrity |= attribute.Type == integrity;
            seenSha256 |= attribute.Type == integritySha256;
            seenFingerprint |= attribute.Type == fingerprint;
        }

        return effective;
    }
}

/// <summary>One attribute of a <see cref="SlowStunMessage"/>.</summary>
public sealed record SlowAttribute(int Type, int Offset, byte[] Value);
