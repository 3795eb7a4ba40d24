using Turnpike.Protocol.Attributes;

namespace Turnpike.Protocol.Tests;

/// <summary>
/// Datagrams between turnutils_uclient and turnserver of Debian's coturn 4.6.1: user alice, password secret, realm example.org.
/// </summary>
public class CaptureTests
{
    private static readonly byte[] Key = MakeKey();

    [Fact]
    public void The_first_allocate_of_coturns_client_reads()
    {
        StunMessage message = Make.Parse(Make.Hex(
            "0003002c2112a442c3b47d71b23f043b4a4e5e210019000411000000000d00040000030900180001000000000017000401000000001a0000"
            + "80280004b98ab033"));

        Assert.Equal(StunMethod.Allocate, message.Method);
        Assert.Equal(AttributeResult.Ok, RequestedTransport.Read(in message, out byte protocol));
        Assert.Equal(RequestedTransport.Udp, protocol);
        Assert.Equal(AttributeResult.Ok, Lifetime.Read(in message, out uint seconds));
        Assert.Equal(777u, seconds);
        Assert.Equal(AttributeResult.Ok, EvenPort.Read(in message, out bool reserveNext));
        Assert.False(reserveNext);
        Assert.Equal(AttributeResult.Ok, RequestedAddressFamily.Read(in message, out AddressFamily family));
        Assert.Equal(AddressFamily.IPv4, family);
        Assert.Equal(AttributeResult.Ok, DontFragment.Read(in message));
        Assert.Equal(AttributeResult.Ok, Fingerprint.Check(in message));
    }

    [Fact]
    public void The_401_of_coturn_reads()
    {
        StunMessage message = Make.Parse(Make.Hex(
            "011300582112a442c3b47d71b23f043b4a4e5e210009001000000401556e617574686f72697a656400150010316434666336306662323361"
            + "656530380014000b6578616d706c652e6f72670080220014436f7475726e2d342e362e312027476f7273742780280004277e2c9e"));

        Assert.Equal(StunClass.ErrorResponse, message.Class);
        Assert.Equal(AttributeResult.Ok, ErrorCode.Read(in message, out int code, out ReadOnlySpan<byte> reason));
        Assert.Equal(StunErrorCode.Unauthorized, code);
        Assert.Equal("Unauthorized"u8, reason);
        Assert.Equal(AttributeResult.Ok, Fingerprint.Check(in message));
    }

    [Fact]
    public void The_authenticated_allocate_of_coturns_client_verifies()
    {
        StunMessage message = Make.Parse(Make.Hex(
            "000300702112a44281b3706ea8dc8bb16c3016ec0019000411000000000d0004000003090018000100000000001700040100000000060005"
            + "616c69636500000000150010363266353537633931336535636534350014000b6578616d706c652e6f726700000800147f7f6ce5c73b8ea5"
            + "91f1e63d9eca31ceaf4059b3802800040912a69b"));

        Assert.True(MessageIntegrity.Verify(in message, Key));
        Assert.Equal(AttributeResult.Ok, Fingerprint.Check(in message));
    }

    [Fact]
    public void The_allocate_success_of_coturn_verifies()
    {
        StunMessage message = Make.Parse(Make.Hex(
            "010300582112a4423cb4d6f048e8558476ba697400160008000190ee5e12a4430020000800018b565e12a443000d00040000030980220014"
            + "436f7475726e2d342e362e312027476f727374270008001423bd87f6424a461bc376ed80939a04c9feeea2ed80280004733303d7"));

        Assert.True(MessageIntegrity.Verify(in message, Key));
        Assert.Equal(AttributeResult.Ok, Fingerprint.Check(in message));
        Assert.Equal(AttributeResult.Ok, XorRelayedAddress.Read(in message, out TransportAddress relayed));
        Assert.Equal("127.0.0.1:45564", relayed.ToString());
        Assert.Equal(AttributeResult.Ok, XorMappedAddress.Read(in message, out TransportAddress mapped));
        Assert.Equal("127.0.0.1:43588", mapped.ToString());
    }

    [Fact]
    public void The_channel_bind_of_coturns_client_uses_a_number_of_RFC_5766()
    {
        StunMessage message = Make.Parse(Make.Hex(
            "000900642112a442c3a43742cfb477d1e3ad9dfc000c0004755e000000120008000190bb5e12a44300060005616c69636500000000150010"
            + "333866613661343634366139366166350014000b6578616d706c652e6f726700000800140ae73d5f8792448b1e91a5496784179fbd2789d9"
            + "802800042fb6ee0b"));

        Assert.True(MessageIntegrity.Verify(in message, Key));
        Assert.Equal(AttributeResult.Ok, ChannelNumber.Read(in message, out ushort number));
        Assert.Equal(0x755E, number);
        Assert.Equal(AttributeResult.Ok, XorPeerAddress.Read(in message, out TransportAddress peer));
        Assert.Equal("127.0.0.1:45481", peer.ToString());
    }

    private static byte[] MakeKey()
    {
        byte[] key = new byte[LongTermKey.Md5Length];
        LongTermKey.Md5("alice"u8, "example.org"u8, "secret"u8, key);
        return key;
    }
}
