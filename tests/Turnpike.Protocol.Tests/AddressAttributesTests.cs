using CsCheck;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Protocol.Tests;

public class AddressAttributesTests
{
    private static readonly Gen<TransportAddress> Addresses = Gen.OneOf(
        Gen.Select(Gen.UInt, Gen.UShort, TransportAddress.IPv4),
        Gen.Select(Gen.ULong, Gen.ULong, Gen.UShort, (high, low, port) => TransportAddress.IPv6(high, low, port)));

    private delegate AttributeResult Reader(in StunMessage message, out TransportAddress value);

    private delegate void Writer(ref StunMessageWriter writer, TransportAddress value);

    public static TheoryData<string> Names =>
        ["XorMapped", "XorRelayed", "XorPeer", "Mapped", "AlternateServer", "Other", "ResponseOrigin"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_address_of_both_families_comes_back(string name)
    {
        (Reader read, Writer write, _) = Find(name);
        Addresses.Sample(address =>
        {
            byte[] bytes = Make.Message((ref StunMessageWriter writer) => write(ref writer, address));
            StunMessage message = Make.Parse(bytes);
            return read(in message, out TransportAddress back) == AttributeResult.Ok && back == address;
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_unknown_family_or_a_length_of_another_family_is_malformed(string name)
    {
        (Reader read, _, StunAttributeType type) = Find(name);
        byte[][] values =
        [
            [], [0], [0, 1, 0, 0], [0, 1, 0, 0, 1, 2, 3], [0, 1, 0, 0, 1, 2, 3, 4, 5], [0, 0, 0, 0, 1, 2, 3, 4],
            [0, 3, 0, 0, 1, 2, 3, 4], [0, 2, 0, 0, 1, 2, 3, 4], [0, 1, .. new byte[18]], [0, 2, .. new byte[17]], [0, 2, .. new byte[19]],
        ];
        foreach (byte[] value in values)
        {
            StunMessage message = Make.Parse(Make.Raw(type, value));
            Assert.Equal(AttributeResult.Malformed, read(in message, out TransportAddress address));
            Assert.Equal(default, address);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_first_byte_of_an_address_is_ignored_on_receipt_and_absence_is_told(string name)
    {
        (Reader read, _, StunAttributeType type) = Find(name);
        StunMessage message = Make.Parse(Make.Raw(type, [0xFF, 1, 0, 0, 1, 2, 3, 4]));
        Assert.Equal(AttributeResult.Ok, read(in message, out _));

        message = Make.Parse(Make.Raw(0));
        Assert.Equal(AttributeResult.Absent, read(in message, out TransportAddress address));
        Assert.Equal(default, address);
    }

    [Fact]
    public void MAPPED_ADDRESS_is_in_the_clear()
    {
        byte[] bytes = Make.Message((ref StunMessageWriter writer) =>
            MappedAddress.Write(ref writer, TransportAddress.IPv4(0xC0000201, 0x1234)));

        Assert.Equal(Make.Hex("00010008 00011234 c0000201"), bytes[20..]);
    }

    private static (Reader Read, Writer Write, StunAttributeType Type) Find(string name) => name switch
    {
        "XorMapped" => (XorMappedAddress.Read, XorMappedAddress.Write, StunAttributeType.XorMappedAddress),
        "XorRelayed" => (XorRelayedAddress.Read, XorRelayedAddress.Write, StunAttributeType.XorRelayedAddress),
        "XorPeer" => (XorPeerAddress.Read, XorPeerAddress.Write, StunAttributeType.XorPeerAddress),
        "Mapped" => (MappedAddress.Read, MappedAddress.Write, StunAttributeType.MappedAddress),
        "AlternateServer" => (AlternateServer.Read, AlternateServer.Write, StunAttributeType.AlternateServer),
        "Other" => (OtherAddress.Read, OtherAddress.Write, StunAttributeType.OtherAddress),
        _ => (ResponseOrigin.Read, ResponseOrigin.Write, StunAttributeType.ResponseOrigin),
    };
}
