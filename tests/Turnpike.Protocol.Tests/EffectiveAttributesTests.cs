using Turnpike.Protocol.Attributes;
using T = Turnpike.Protocol.StunAttributeType;

namespace Turnpike.Protocol.Tests;

/// <summary>RFC 8489 §14 and §14.5–14.7: which attributes count.</summary>
public class EffectiveAttributesTests
{
    [Fact]
    public void Attributes_after_MESSAGE_INTEGRITY_are_ignored_save_SHA256_and_FINGERPRINT()
    {
        byte[] datagram = Types(T.Username, T.MessageIntegrity, T.Lifetime, T.MessageIntegrity, T.MessageIntegritySha256, T.Fingerprint);

        Assert.Equal([T.Username, T.MessageIntegrity, T.MessageIntegritySha256, T.Fingerprint], Make.EffectiveTypes(datagram));
        StunMessage message = Make.Parse(datagram);
        Assert.False(message.Has(T.Lifetime));
        Assert.False(message.TryGet(T.Lifetime, out ReadOnlySpan<byte> value));
        Assert.True(value.IsEmpty);
    }

    [Fact]
    public void Attributes_after_MESSAGE_INTEGRITY_SHA256_are_ignored_save_FINGERPRINT()
    {
        byte[] datagram = Types(
            T.Username, T.MessageIntegritySha256, T.MessageIntegrity, T.MessageIntegritySha256, T.Lifetime, T.Fingerprint);

        Assert.Equal([T.Username, T.MessageIntegritySha256, T.Fingerprint], Make.EffectiveTypes(datagram));
    }

    [Fact]
    public void Attributes_after_FINGERPRINT_are_ignored()
    {
        byte[] datagram = Types(T.Username, T.Fingerprint, T.MessageIntegrity, T.MessageIntegritySha256, T.Lifetime, T.Fingerprint);

        Assert.Equal([T.Username, T.Fingerprint], Make.EffectiveTypes(datagram));
    }

    [Fact]
    public void The_bounds_of_ignored_attributes_are_checked_all_the_same()
    {
        byte[] datagram = Types(T.Fingerprint, T.Lifetime);
        datagram[^1] = 1;

        Assert.Equal(StunParseResult.BadAttribute, StunMessage.TryParse(datagram, out _));
    }

    [Fact]
    public void Of_duplicate_attributes_the_first_counts()
    {
        byte[] datagram = Make.Raw(0, (0x000D, [0, 0, 0, 1]), (0x000D, [0, 0, 0, 2]));

        StunMessage message = Make.Parse(datagram);
        Assert.Equal(AttributeResult.Ok, Lifetime.Read(in message, out uint seconds));
        Assert.Equal(1u, seconds);
    }

    [Fact]
    public void A_malformed_first_duplicate_is_not_replaced_by_a_good_second()
    {
        byte[] datagram = Make.Raw(0, (0x000D, [1]), (0x000D, [0, 0, 0, 2]));

        StunMessage message = Make.Parse(datagram);
        Assert.Equal(AttributeResult.Malformed, Lifetime.Read(in message, out uint seconds));
        Assert.Equal(0u, seconds);
    }

    [Fact]
    public void Several_peers_are_read_one_after_the_other_past_malformed_ones()
    {
        byte[] datagram = Make.Raw(
            0,
            (0x0012, Make.Hex("0001 2112 2012a442")),
            (0x8022, [1, 2, 3]),
            (0x0012, [9]),
            (0x0012, Make.Hex("0001 2113 2312a442")),
            (0x0008, new byte[20]),
            (0x0012, Make.Hex("0001 2113 2412a442")));
        StunMessage message = Make.Parse(datagram);
        int offset = 0;

        Assert.Equal(AttributeResult.Ok, XorPeerAddress.ReadNext(in message, ref offset, out TransportAddress peer));
        Assert.Equal("1.0.0.0:0", peer.ToString());
        Assert.Equal(AttributeResult.Malformed, XorPeerAddress.ReadNext(in message, ref offset, out _));
        Assert.Equal(AttributeResult.Ok, XorPeerAddress.ReadNext(in message, ref offset, out peer));
        Assert.Equal("2.0.0.0:1", peer.ToString());
        Assert.Equal(AttributeResult.Absent, XorPeerAddress.ReadNext(in message, ref offset, out _));
        Assert.Equal(AttributeResult.Absent, XorPeerAddress.ReadNext(in message, ref offset, out peer));
        Assert.Equal(default, peer);
    }

    [Fact]
    public void Offset_is_where_the_attribute_begins_in_the_message()
    {
        byte[] datagram = Make.Raw(0, (0x0006, [1, 2, 3, 4, 5]), (0x0014, [7]));
        List<int> offsets = [];
        foreach (StunAttribute attribute in Make.Parse(datagram))
        {
            offsets.Add(attribute.Offset);
        }

        Assert.Equal([20, 32], offsets);
    }

    private static byte[] Types(params StunAttributeType[] types)
        => Make.Raw(0, Array.ConvertAll(types, type => ((int)type, Array.Empty<byte>())));
}
