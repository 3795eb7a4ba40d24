using Turnpike.Fuzz.Oracles;
using Turnpike.Protocol;

namespace Turnpike.Fuzz.Targets;

/// <summary>
/// One datagram through the parser, the reader of every attribute, the integrity checks and, written again, through the writer.
/// </summary>
public static class StunMessageTarget
{
    /// <summary>Takes one datagram.</summary>
    public static void Run(ReadOnlySpan<byte> input)
    {
        StunParseResult result = StunMessage.TryParse(input, out StunMessage message);
        StunParseResult expected = SlowStunMessage.Parse(input.ToArray(), out SlowStunMessage? slow);
        FuzzException.Unless(result == expected, $"The parser says {result}, the oracle {expected}.");
        if (slow is null)
        {
            return;
        }

        AgreesWithOracle(in message, slow);
        AttributeReaders.ReadAll(in message);
        ChecksFingerprint(in message, slow);
        FuzzException.Unless(!MessageIntegrity.Verify(in message, "no such key"u8), "MESSAGE-INTEGRITY verifies under a wrong key.");
        FuzzException.Unless(
            !MessageIntegritySha256.Verify(in message, "no such key"u8), "MESSAGE-INTEGRITY-SHA256 verifies under a wrong key.");
        SurvivesRewriting(in message, slow);
    }

    private static void AgreesWithOracle(in StunMessage message, SlowStunMessage slow)
    {
        FuzzException.Unless((int)message.Class == slow.Class && (int)message.Method == slow.Method, "Class or method differ.");
        FuzzException.Unless(message.TransactionId == TransactionId.From(slow.TransactionId), "The transaction ID differs.");
        int count = 0;
        foreach (StunAttribute attribute in message)
        {
            FuzzException.Unless(count < slow.Effective.Count, "More effective attributes than the oracle has.");
            SlowAttribute other = slow.Effective[count++];
            FuzzException.Unless(
                (int)attribute.Type == other.Type && attribute.Offset == other.Offset && attribute.Value.SequenceEqual(other.Value),
                "An effective attribute differs.");
            FuzzException.Unless(message.TryGet(attribute.Type, out ReadOnlySpan<byte> first), "An enumerated attribute is not found.");
            FuzzException.Unless(first.SequenceEqual(FirstOf(slow, other.Type)), "Not the first of its type.");
        }

        FuzzException.Unless(count == slow.Effective.Count, "Fewer effective attributes than the oracle has.");
    }

    private static byte[] FirstOf(SlowStunMessage slow, int type)
    {
        foreach (SlowAttribute attribute in slow.Effective)
        {
            if (attribute.Type == type)
            {
                return attribute.Value;
            }
        }

        return [];
    }

    private static void ChecksFingerprint(in StunMessage message, SlowStunMessage slow)
    {
        AttributeResult expected = AttributeResult.Absent;
        foreach (SlowAttribute attribute in slow.Effective)
        {
            if (attribute.Type == (int)StunAttributeType.Fingerprint)
            {
                uint crc = SlowCrc32.Compute(message.Bytes[..attribute.Offset]) ^ 0x5354554E;
                byte[] value = [(byte)(crc >> 24), (byte)(crc >> 16), (byte)(crc >> 8), (byte)crc];
                bool right = attribute.Offset + 8 == message.Bytes.Length && attribute.Value.AsSpan().SequenceEqual(value);
                expected = right ? AttributeResult.Ok : AttributeResult.Malformed;
            }
        }

        FuzzException.Unless(Fingerprint.Check(in message) == expected, "FINGERPRINT is judged wrongly.");
    }

    private static void SurvivesRewriting(in StunMessage message, SlowStunMessage slow)
    {
        byte[] buffer = new byte[message.Bytes.Length];
        Array.Fill(buffer, (byte)0xA5);
        var writer = new StunMessageWriter(buffer, message.Class, message.Method, message.TransactionId);
        foreach (StunAttribute attribute in message)
        {
            writer.Append(attribute.Type, attribute.Value);
        }

        ReadOnlySpan<byte> written = writer.Finish();
        FuzzException.Unless(!writer.Overflowed && written.Length <= message.Bytes.Length, "Written again, the message grew.");
        StunParseResult result = SlowStunMessage.Parse(written.ToArray(), out SlowStunMessage? again);
        FuzzException.Unless(result == StunParseResult.Ok, "Written again, it does not parse.");
        FuzzException.Unless(again!.Effective.Count == slow.Effective.Count, "Written again, attributes are missing.");
    }
}
