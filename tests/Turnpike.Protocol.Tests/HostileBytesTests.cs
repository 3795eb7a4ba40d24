using CsCheck;
using Turnpike.Fuzz;
using Turnpike.Fuzz.Oracles;
using Turnpike.Fuzz.Targets;

namespace Turnpike.Protocol.Tests;

/// <summary>The fuzz targets compare with slow oracles and throw on a difference; here they get generated and committed inputs.</summary>
public class HostileBytesTests
{
    // A right header before wild attributes: without it nearly every input ends at the first check.
    private static readonly Gen<byte[]> WildAttributes = Gen.Select(Gen.UShort, Gen.Byte.Array[0, 200], (type, rest) =>
    {
        byte[] datagram = Make.Raw(0, (0x8022, rest))[..^(rest.Length % 4)];
        datagram[0] = (byte)((type >> 8) & 0x3F);
        datagram[1] = (byte)type;
        rest.AsSpan(0, Math.Min(rest.Length, datagram.Length - 20)).CopyTo(datagram.AsSpan(20));
        datagram[2] = (byte)((datagram.Length - 20) >> 8);
        datagram[3] = (byte)(datagram.Length - 20);
        return datagram[..(20 + ((datagram.Length - 20) & ~3))];
    });

    // Attributes with small values whose types matter, in any order.
    private static readonly Gen<byte[]> WildOrders = Gen.Select(
            Gen.OneOf(0x0006, 0x0008, 0x001C, 0x8028, 0x0012, 0x000D, 0x0009, 0x8002, 0x001D, 0x000A),
            Gen.Byte.Array[0, 36],
            (type, value) => (type, value))
        .Array[0, 8].Select(attributes => Make.Raw(0xEE, attributes));

    public static TheoryData<string> Targets => [.. FuzzTarget.All.Select(target => target.Name)];

    [Fact]
    public void Wild_bytes_never_throw()
        => Gen.Byte.Array[0, 300].Sample(bytes =>
        {
            foreach (FuzzTarget target in FuzzTarget.All)
            {
                target.Body(bytes);
            }
        });

    [Fact]
    public void The_parser_agrees_with_a_slow_oracle_on_wild_attributes()
        => WildAttributes.Sample(bytes => StunMessageTarget.Run(bytes), iter: 2000);

    [Fact]
    public void The_parser_agrees_with_a_slow_oracle_on_attributes_in_any_order()
        => WildOrders.Sample(bytes => StunMessageTarget.Run(bytes), iter: 2000);

    [Fact]
    public void The_generators_reach_beyond_the_header_check()
    {
        int parsed = 0;
        WildOrders.Sample(bytes =>
        {
            if (SlowStunMessage.Parse(bytes, out _) == StunParseResult.Ok)
            {
                Interlocked.Increment(ref parsed);
            }
        });
        Assert.InRange(parsed, 1, int.MaxValue);
    }

    [Fact]
    public void Nothing_outside_the_datagram_is_read() => Gen.Select(WildOrders, Gen.Byte, Gen.Byte).Sample((bytes, left, right) =>
    {
        byte[] first = Summary([.. Fill(left), .. bytes, .. Fill(right)], bytes.Length);
        byte[] second = Summary([.. Fill((byte)~left), .. bytes, .. Fill((byte)~right)], bytes.Length);
        return first.AsSpan().SequenceEqual(second);
    });

    [Theory]
    [MemberData(nameof(Targets))]
    public void The_corpus_of_the_fuzzers_is_clean(string name)
    {
        FuzzTarget target = FuzzTarget.Find(name)!;
        IReadOnlyList<string> files = Corpus.FilesOf(target);
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            target.Body(File.ReadAllBytes(file));
        }
    }

    [Fact]
    public void A_fuzz_target_fails_where_a_rule_is_broken()
        => Assert.Throws<FuzzException>(() => FuzzException.Unless(false, "a rule"));

    private static byte[] Fill(byte value)
    {
        byte[] guard = new byte[64];
        Array.Fill(guard, value);
        return guard;
    }

    private static byte[] Summary(byte[] guarded, int length)
    {
        ReadOnlySpan<byte> datagram = guarded.AsSpan(64, length);
        List<byte> summary = [(byte)StunMessage.TryParse(datagram, out StunMessage message)];
        if (summary[0] == (byte)StunParseResult.Ok)
        {
            summary.Add((byte)Fingerprint.Check(in message));
            foreach (StunAttribute attribute in message)
            {
                summary.AddRange(attribute.Value);
            }
        }

        return [.. summary];
    }
}
