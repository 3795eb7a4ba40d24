using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Fuzz.Targets;

/// <summary>Calls the reader of every attribute, for what they throw, and walks the attributes that occur more than once.</summary>
internal static class AttributeReaders
{
    public static void ReadAll(in StunMessage message)
    {
        ReadAddresses(in message);
        ReadNumbers(in message);
        ReadBytes(in message);
        WalkPeers(in message);
        WalkAlgorithms(in message);
    }

    private static void ReadAddresses(in StunMessage message)
    {
        Checked(XorMappedAddress.Read(in message, out TransportAddress address), address);
        Checked(XorRelayedAddress.Read(in message, out address), address);
        Checked(XorPeerAddress.Read(in message, out address), address);
        Checked(MappedAddress.Read(in message, out address), address);
        Checked(AlternateServer.Read(in message, out address), address);
        Checked(OtherAddress.Read(in message, out address), address);
        Checked(ResponseOrigin.Read(in message, out address), address);
    }

    private static void Checked(AttributeResult result, TransportAddress address)
    {
        bool hasFamily = address.Family is AddressFamily.IPv4 or AddressFamily.IPv6;
        FuzzException.Unless((result == AttributeResult.Ok) == hasFamily, "An address has a family exactly when it is Ok.");
    }

    private static void ReadNumbers(in StunMessage message)
    {
        _ = Lifetime.Read(in message, out _);
        _ = ConnectionId.Read(in message, out _);
        _ = ChannelNumber.Read(in message, out _);
        _ = RequestedTransport.Read(in message, out _);
        _ = RequestedAddressFamily.Read(in message, out _);
        _ = AdditionalAddressFamily.Read(in message, out _);
        _ = ChangeRequest.Read(in message, out _);
        _ = ResponsePort.Read(in message, out _);
        _ = EvenPort.Read(in message, out _);
        _ = DontFragment.Read(in message);
        _ = ReservationToken.Read(in message, out _);
        _ = Padding.Read(in message, out _);
        _ = Icmp.Read(in message, out _, out _, out _);
        _ = AddressErrorCode.Read(in message, out _, out _);
        AttributeResult result = ErrorCode.Read(in message, out int code, out _);
        FuzzException.Unless((result == AttributeResult.Ok) == code is >= 300 and <= 699, "An error code is 300–699.");
        Span<ushort> types = stackalloc ushort[4];
        _ = UnknownAttributes.Read(in message, types, out int count);
        FuzzException.Unless(count <= types.Length, "More types than there was room for.");
    }

    private static void ReadBytes(in StunMessage message)
    {
        Bounded(Username.Read(in message, out ReadOnlySpan<byte> value), value, Username.MaxLength);
        Bounded(Realm.Read(in message, out value), value, Realm.MaxLength);
        Bounded(Nonce.Read(in message, out value), value, Nonce.MaxLength);
        Bounded(Software.Read(in message, out value), value, Software.MaxLength);
        Bounded(AlternateDomain.Read(in message, out value), value, AlternateDomain.MaxLength);
        Bounded(ThirdPartyAuthorization.Read(in message, out value), value, ThirdPartyAuthorization.MaxLength);
        Bounded(UserHash.Read(in message, out value), value, UserHash.Length);
        Bounded(Data.Read(in message, out value), value, ushort.MaxValue);
        Bounded(AccessToken.Read(in message, out value), value, ushort.MaxValue);
        Bounded(MobilityTicket.Read(in message, out value), value, ushort.MaxValue);
        _ = NonceCookie.TryRead(value, out _);
    }

    private static void Bounded(AttributeResult result, ReadOnlySpan<byte> value, int limit)
        => FuzzException.Unless(value.Length <= (result == AttributeResult.Ok ? limit : 0), "A value is longer than its limit.");

    private static void WalkPeers(in StunMessage message)
    {
        int offset = 0;
        int last = -1;
        while (XorPeerAddress.ReadNext(in message, ref offset, out _) != AttributeResult.Absent)
        {
            FuzzException.Unless(offset > last && offset <= message.Bytes.Length, "The walk over XOR-PEER-ADDRESS does not move on.");
            last = offset;
        }
    }

    private static void WalkAlgorithms(in StunMessage message)
    {
        _ = PasswordAlgorithm.Read(in message, out _, out _);
        int offset = 0;
        int last = -1;
        while (PasswordAlgorithms.ReadNext(in message, ref offset, out _, out _) == AttributeResult.Ok)
        {
            FuzzException.Unless(offset > last, "The walk over PASSWORD-ALGORITHMS does not move on.");
            last = offset;
        }
    }
}
