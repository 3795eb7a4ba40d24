using Turnpike.Protocol.Attributes;
using Turnpike.Testing;

namespace Turnpike.Protocol.Tests;

/// <summary>The data path of the wire format gives the garbage collector nothing to do.</summary>
public class AllocationTests
{
    private const int Rounds = 10_000;

    private static readonly byte[] Key = "0123456789abcdef"u8.ToArray();

    private static readonly byte[] Request = Make.Message((ref StunMessageWriter writer) =>
    {
        Username.Write(ref writer, "alice"u8);
        Realm.Write(ref writer, "example.org"u8);
        Nonce.Write(ref writer, "obMatJos2wAAA0123456789"u8);
        XorPeerAddress.Write(ref writer, TransportAddress.IPv6(1, 2, 3));
        MessageIntegrity.Write(ref writer, Key);
        MessageIntegritySha256.Write(ref writer, Key);
        Fingerprint.Write(ref writer);
    });

    [Fact]
    public void Parsing_verifying_the_fingerprint_and_writing_allocate_nothing() => AssertNoAllocation(buffer =>
    {
        bool good = StunMessage.TryParse(Request, out StunMessage message) == StunParseResult.Ok
            && Fingerprint.Check(in message) == AttributeResult.Ok
            && XorPeerAddress.Read(in message, out TransportAddress peer) == AttributeResult.Ok
            && Username.Read(in message, out _) == AttributeResult.Ok;
        peer = TransportAddress.IPv6(1, 2, 3);
        var writer = new StunMessageWriter(buffer, StunClass.SuccessResponse, message.Method, message.TransactionId);
        XorMappedAddress.Write(ref writer, peer);
        ErrorCode.Write(ref writer, StunErrorCode.StaleNonce);
        Lifetime.Write(ref writer, 600);
        Fingerprint.Write(ref writer);
        return good && !writer.Finish().IsEmpty;
    });

    [Fact]
    public void Both_message_integrities_allocate_nothing() => AssertNoAllocation(buffer =>
    {
        bool good = StunMessage.TryParse(Request, out StunMessage message) == StunParseResult.Ok
            && MessageIntegrity.Verify(in message, Key) && MessageIntegritySha256.Verify(in message, Key);
        var writer = new StunMessageWriter(buffer, StunClass.SuccessResponse, message.Method, message.TransactionId);
        MessageIntegrity.Write(ref writer, Key);
        MessageIntegritySha256.Write(ref writer, Key);
        return good && !writer.Finish().IsEmpty;
    });

    [Fact]
    public void Keys_hashes_and_nonce_cookies_allocate_nothing() => AssertNoAllocation(buffer =>
    {
        LongTermKey.Md5("alice"u8, "example.org"u8, "secret"u8, buffer);
        LongTermKey.Sha256("alice"u8, "example.org"u8, "secret"u8, buffer);
        UserHash.Compute("alice"u8, "example.org"u8, buffer);
        NonceCookie.Write(StunSecurityFeatures.PasswordAlgorithms, buffer);
        return NonceCookie.TryRead(buffer, out _);
    });

    [Fact]
    public void ChannelData_framing_and_demultiplexing_allocate_nothing() => AssertNoAllocation(buffer =>
    {
        ChannelData.WriteHeader(buffer, 0x4000, 160);
        return Demultiplexer.Classify(buffer[0]) == DatagramKind.ChannelData
            && ChannelData.TryParse(buffer, out _, out _)
            && StreamFraming.TryReadFrame(buffer, 2048, out _, out _) == FrameResult.Frame;
    });

    private static void AssertNoAllocation(Func<byte[], bool> round)
    {
        byte[] buffer = new byte[512];

        // The first rounds build tables and compile; they are not what is measured.
        for (int index = 0; index < 100; index++)
        {
            Assert.True(round(buffer));
        }

        bool good = true;
        long allocated = AllocatedBytes.During(() =>
        {
            for (int index = 0; index < Rounds; index++)
            {
                good &= round(buffer);
            }
        });
        Assert.True(good);
        Assert.Equal(0, allocated);
    }
}
