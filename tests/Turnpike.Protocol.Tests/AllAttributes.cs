using Turnpike.Protocol.Attributes;

namespace Turnpike.Protocol.Tests;

/// <summary>One of each attribute, for tests that are about all of them.</summary>
internal static class AllAttributes
{
    public static void Write(ref StunMessageWriter writer)
    {
        var ipv4 = TransportAddress.IPv4(0xC0000201, 32853);
        var ipv6 = TransportAddress.IPv6(0x20010db812345678, 0x0011223344556677, 32853);
        XorMappedAddress.Write(ref writer, ipv6);
        XorRelayedAddress.Write(ref writer, ipv4);
        XorPeerAddress.Write(ref writer, ipv6);
        MappedAddress.Write(ref writer, ipv4);
        AlternateServer.Write(ref writer, ipv4);
        OtherAddress.Write(ref writer, ipv6);
        ResponseOrigin.Write(ref writer, ipv4);
        Lifetime.Write(ref writer, 600);
        ConnectionId.Write(ref writer, 7);
        ChannelNumber.Write(ref writer, 0x4000);
        RequestedTransport.Write(ref writer, RequestedTransport.Udp);
        RequestedAddressFamily.Write(ref writer, AddressFamily.IPv6);
        AdditionalAddressFamily.Write(ref writer, AddressFamily.IPv6);
        ChangeRequest.Write(ref writer, ChangeRequestFlags.ChangePort);
        ResponsePort.Write(ref writer, 9);
        EvenPort.Write(ref writer, reserveNext: true);
        DontFragment.Write(ref writer);
        ReservationToken.Write(ref writer, 0x0102030405060708);
        Padding.Write(ref writer, 33);
        Icmp.Write(ref writer, 3, 4, 1400);
        ErrorCode.Write(ref writer, StunErrorCode.StaleNonce);
        AddressErrorCode.Write(ref writer, AddressFamily.IPv6, StunErrorCode.AddressFamilyNotSupported);
        UnknownAttributes.Write(ref writer, [0x7FFF, 0x7FFE, 0x7FFD]);
        Username.Write(ref writer, "alice"u8);
        Realm.Write(ref writer, "example.org"u8);
        Nonce.Write(ref writer, "obMatJos2wAAA-and-more"u8);
        Software.Write(ref writer, "Turnpike"u8);
        AlternateDomain.Write(ref writer, "turn.example.org"u8);
        ThirdPartyAuthorization.Write(ref writer, "turn1"u8);
        UserHash.Write(ref writer, new byte[UserHash.Length]);
        Attributes.Data.Write(ref writer, "data"u8);
        AccessToken.Write(ref writer, new byte[50]);
        MobilityTicket.Write(ref writer, []);
        PasswordAlgorithms.Write(ref writer, [PasswordAlgorithmId.Sha256, PasswordAlgorithmId.Md5]);
        PasswordAlgorithm.Write(ref writer, PasswordAlgorithmId.Sha256);
        MessageIntegrity.Write(ref writer, "key"u8);
        MessageIntegritySha256.Write(ref writer, "key"u8, 20);
        Fingerprint.Write(ref writer);
    }
}
