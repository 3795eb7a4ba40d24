using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>
/// Which peers a client may exchange data with. In order: the server's own listening addresses are denied; advertised relay
/// addresses are allowed; the special-purpose ranges are denied unless the operator opens a range by name; then the
/// operator's deny rules, to which allow rules are the exceptions; what is left is allowed. Immutable.
/// </summary>
/// <remarks>
/// An IPv6 address that carries an IPv4 address has to pass in both forms: as the IPv6 address that it is, and as the IPv4
/// address that it leads to.
/// </remarks>
/// <param name="relayAddresses">Relay addresses of the server, which stay reachable so that two clients of it can talk.</param>
/// <param name="ownAddresses">Addresses and ports that the server itself listens on.</param>
/// <param name="allowPrivate">Ranges that lift the built-in denials.</param>
/// <param name="deny">Ranges denied on top of the built-in ones.</param>
/// <param name="allow">Exceptions to <paramref name="deny"/>; never to the built-in denials.</param>
public sealed class PeerPolicy(
    RelayAddressMap relayAddresses,
    IReadOnlyList<TransportAddress> ownAddresses,
    IReadOnlyList<AddressRange> allowPrivate,
    IReadOnlyList<AddressRange> deny,
    IReadOnlyList<AddressRange> allow)
{
    private readonly TransportAddress[] _own = new List<TransportAddress>(ownAddresses).ToArray();
    private readonly AddressRange[] _allowPrivate = new List<AddressRange>(allowPrivate).ToArray();
    private readonly AddressRange[] _deny = new List<AddressRange>(deny).ToArray();
    private readonly AddressRange[] _allow = new List<AddressRange>(allow).ToArray();

    /// <summary>The built-in denials alone.</summary>
    public static PeerPolicy Default { get; } = new(RelayAddressMap.Empty, [], [], [], []);

    /// <summary>The relay addresses that this policy was made for.</summary>
    public RelayAddressMap RelayAddresses { get; } = relayAddresses;

    /// <summary>What a denial of the deny rules counts as: a realm may have rules of its own.</summary>
    public PeerRule DenyRule { get; init; } = PeerRule.Configured;

    /// <summary>Whether an address without a port is allowed, as a permission names it (RFC 8656 section 9).</summary>
    /// <param name="peer">The peer; its port is ignored.</param>
    public bool AllowsAddress(in TransportAddress peer) => JudgeAddress(peer) == PeerRule.None;

    /// <summary>Whether an address and port is allowed, as ChannelBind, Send and Connect name it.</summary>
    /// <param name="peer">The peer.</param>
    public bool Allows(in TransportAddress peer) => Judge(peer) == PeerRule.None;

    /// <summary>What denies an address without a port.</summary>
    /// <param name="peer">The peer; its port is ignored.</param>
    public PeerRule JudgeAddress(in TransportAddress peer)
    {
        TransportAddress address = peer.WithPort(0);
        return RelayAddresses.IsRelayAddress(address) ? PeerRule.None : JudgeRange(address);
    }

    /// <summary>What denies an address and port.</summary>
    /// <param name="peer">The peer.</param>
    public PeerRule Judge(in TransportAddress peer)
    {
        // Port 0 is no UDP port that a datagram could be sent to; a relay address is asked for with its port.
        if (peer.Port == 0)
        {
            return PeerRule.NoPort;
        }

        // Under its public name, a port of the relay range may still be one that the server itself listens on.
        if (IsOwn(peer) || IsOwn(RelayAddresses.ToLocal(peer)))
        {
            return PeerRule.Self;
        }

        return RelayAddresses.IsRelayAddress(peer) ? PeerRule.None : JudgeRange(peer);
    }

    /// <summary>Whether the server itself listens there.</summary>
    internal bool IsOwn(in TransportAddress peer)
    {
        if (EmbeddedIPv4.TryUnwrap(peer, out TransportAddress embedded) && IsOwn(embedded))
        {
            return true;
        }

        foreach (ref readonly TransportAddress own in _own.AsSpan())
        {
            if (own.Equals(peer))
            {
                return true;
            }
        }

        return false;
    }

    private PeerRule JudgeRange(in TransportAddress peer)
    {
        if (EmbeddedIPv4.TryUnwrap(peer, out TransportAddress embedded) && JudgeRange(embedded) is not PeerRule.None and PeerRule inside)
        {
            return inside;
        }

        if (SpecialPurposeAddresses.Contains(peer) && !Contains(_allowPrivate, peer))
        {
            return PeerRules.Of(peer);
        }

        return Contains(_deny, peer) && !Contains(_allow, peer) ? DenyRule : PeerRule.None;
    }

    private static bool Contains(AddressRange[] ranges, in TransportAddress address)
    {
        foreach (ref readonly AddressRange range in ranges.AsSpan())
        {
            if (range.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
