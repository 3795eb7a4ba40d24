using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>What is understood only where its extension is switched on, or its system can do it.</summary>
[Flags]
internal enum OptionalAttributes : byte
{
    None = 0,

    /// <summary>DONT-FRAGMENT.</summary>
    DontFragment = 1,

    /// <summary>CONNECTION-ID (RFC 6062).</summary>
    TcpRelay = 2,

    /// <summary>ACCESS-TOKEN (RFC 7635).</summary>
    ThirdPartyAuthorization = 4,

    /// <summary>CHANGE-REQUEST, RESPONSE-PORT and PADDING (RFC 5780).</summary>
    NatDiscovery = 8,
}

/// <summary>Which comprehension-required attributes (RFC 8489 section 14) this server understands.</summary>
internal static class KnownAttributes
{
    /// <summary>A response lists no more than this many; a longer list helps nobody.</summary>
    public const int MaxReported = 16;

    private const ushort FirstComprehensionOptional = 0x8000;

    /// <summary>Collects the types that must be understood and are not.</summary>
    /// <returns>How many were written to <paramref name="unknown"/>.</returns>
    public static int FindUnknown(in StunMessage message, OptionalAttributes understood, Span<ushort> unknown)
    {
        int count = 0;
        foreach (StunAttribute attribute in message)
        {
            ushort type = (ushort)attribute.Type;
            if (type >= FirstComprehensionOptional
                || IsKnown(attribute.Type)
                || (NeededFor(attribute.Type) & understood) != 0
                || unknown[..count].Contains(type))
            {
                continue;
            }

            unknown[count++] = type;
            if (count == unknown.Length)
            {
                break;
            }
        }

        return count;
    }

    private static bool IsKnown(StunAttributeType type) => type switch
    {
        StunAttributeType.Username or StunAttributeType.UserHash or StunAttributeType.Realm or StunAttributeType.Nonce
            or StunAttributeType.MessageIntegrity or StunAttributeType.MessageIntegritySha256
            or StunAttributeType.PasswordAlgorithm
            or StunAttributeType.ChannelNumber or StunAttributeType.Lifetime or StunAttributeType.XorPeerAddress
            or StunAttributeType.Data or StunAttributeType.RequestedAddressFamily or StunAttributeType.EvenPort
            or StunAttributeType.RequestedTransport or StunAttributeType.ReservationToken => true,
        // These come from servers; in a request they are understood and mean nothing.
        StunAttributeType.MappedAddress or StunAttributeType.XorMappedAddress or StunAttributeType.XorRelayedAddress
            or StunAttributeType.ErrorCode or StunAttributeType.UnknownAttributes => true,
        _ => false,
    };

    private static OptionalAttributes NeededFor(StunAttributeType type) => type switch
    {
        StunAttributeType.DontFragment => OptionalAttributes.DontFragment,
        StunAttributeType.ConnectionId => OptionalAttributes.TcpRelay,
        StunAttributeType.AccessToken => OptionalAttributes.ThirdPartyAuthorization,
        StunAttributeType.ChangeRequest or StunAttributeType.ResponsePort or StunAttributeType.Padding =>
            OptionalAttributes.NatDiscovery,
        _ => OptionalAttributes.None,
    };
}
