using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>An ICMP error about a datagram sent to a peer.</summary>
/// <param name="Destination">Whom the datagram was sent to.</param>
/// <param name="Type">The ICMP or ICMPv6 type.</param>
/// <param name="Code">Its code.</param>
/// <param name="Info">The MTU of the next hop, in bytes, where the type has one; else 0.</param>
public readonly record struct PeerIcmpError(TransportAddress Destination, byte Type, byte Code, uint Info);

/// <summary>Peer to client: ChannelData or Data indications (RFC 8656 sections 11.3 and 12.7), and ICMP errors (section 11.5).</summary>
internal static class PeerData
{
    /// <summary>Header, XOR-PEER-ADDRESS over IPv6, and the attribute header of DATA.</summary>
    public const int MaxHeader = StunMessage.HeaderLength + 4 + 20 + 4;

    private const int MaxUdpPayload = 65_507;

    // ICMP for IPv4 (RFC 792) and IPv6 (RFC 4443): what RFC 8656 section 11.5 passes on.
    private const byte DestinationUnreachable = 3;
    private const byte TimeExceeded = 11;
    private const byte FragmentationNeededCode = 4;
    private const byte V6DestinationUnreachable = 1;
    private const byte V6PacketTooBig = 2;
    private const byte V6TimeExceeded = 3;

    public static Egress OnPeerDatagram(
        TurnServer server, Relay relay, scoped in TransportAddress source, Span<byte> buffer, int offset, int length, long now)
    {
        // 5. The relayed transport address leads to the allocation.
        if (relay.Allocation is not { } allocation || relay.ExpiresAt <= now)
        {
            return server.Drop(DropReason.RelayWithoutAllocation);
        }

        PeerPolicy peers = allocation.RulesUnder(server.Policy).Peers;
        TransportAddress peer = peers.RelayAddresses.ToPublic(source);

        // 6. The permission first (RFC 8656 section 11.3); a binding of the peer knows its own, which saves the look-up.
        ChannelBinding? binding = allocation.Channels.Find(peer);
        Permission? permission = binding?.Permission;
        if (permission is null || permission.ExpiresAt <= now)
        {
            permission = allocation.Permissions.Find(peer, now);
            if (permission is null)
            {
                return server.Drop(DropReason.NoPermission);
            }

            if (binding is not null)
            {
                binding.Permission = permission;
            }
        }

        if (!IsAllowed(server, permission, peer, peers) || !server.IsElsewhere(peers, source))
        {
            return server.Drop(DropReason.ForbiddenPeer);
        }

        // 7. ChannelData where the peer is bound, else a Data indication. Either is written in front of the payload.
        bool channel = binding is not null && binding.ExpiresAt > now;
        ReadOnlySpan<byte> message = channel
            ? WriteChannelData(allocation, binding!.Number, buffer, offset, length)
            : WriteDataIndication(server, peer, buffer, offset, length);
        if (message.IsEmpty)
        {
            return server.Drop(DropReason.TooBigForClient);
        }

        if (!allocation.PacketsToClient.TryTake(1, now))
        {
            return server.DropOver(DropReason.PacketRateExceeded, allocation);
        }

        if (!allocation.BitsToClient.TryTake(length * 8L, now))
        {
            return server.DropOver(DropReason.BitRateExceeded, allocation);
        }

        allocation.Traffic.CountToClient(channel, length);
        return Egress.ToClient(in allocation.FiveTuple, message, relayed: true);
    }

    public static Egress OnIcmpError(TurnServer server, Relay relay, scoped in PeerIcmpError error, long now)
    {
        if (relay.Allocation is not { } allocation || relay.ExpiresAt <= now)
        {
            return server.Drop(DropReason.RelayWithoutAllocation);
        }

        bool ipv4 = relay.Local.Family == AddressFamily.IPv4;
        bool passedOn = ipv4
            ? error.Type is DestinationUnreachable or TimeExceeded
            : error.Type is V6DestinationUnreachable or V6PacketTooBig or V6TimeExceeded;
        if (!passedOn)
        {
            return server.Drop(DropReason.IgnoredIcmp);
        }

        PeerPolicy peers = allocation.RulesUnder(server.Policy).Peers;
        TransportAddress peer = peers.RelayAddresses.ToPublic(error.Destination);
        if (allocation.Permissions.Find(peer, now) is not { } permission)
        {
            return server.Drop(DropReason.NoPermission);
        }

        if (!IsAllowed(server, permission, peer, peers))
        {
            return server.Drop(DropReason.ForbiddenPeer);
        }

        if (!allocation.PacketsToClient.TryTake(1, now))
        {
            return server.DropOver(DropReason.PacketRateExceeded, allocation);
        }

        bool hasMtu = ipv4
            ? error.Type == DestinationUnreachable && error.Code == FragmentationNeededCode
            : error.Type == V6PacketTooBig;
        var writer = new StunMessageWriter(server.Scratch, StunClass.Indication, StunMethod.Data, server.NewTransactionId());
        XorPeerAddress.Write(ref writer, peer);
        Icmp.Write(ref writer, error.Type, error.Code, hasMtu ? error.Info : 0);
        server.Counters.IcmpToClients++;
        return Egress.ToClient(in allocation.FiveTuple, writer.Finish());
    }

    /// <summary>Whether the peer is allowed still: a policy that changed since the permission judges again, once.</summary>
    private static bool IsAllowed(TurnServer server, Permission permission, scoped in TransportAddress peer, PeerPolicy peers)
    {
        if (ReferenceEquals(permission.AllowedBy, peers))
        {
            return true;
        }

        if (!server.AllowsAddress(peers, peer))
        {
            return false;
        }

        permission.AllowedBy = peers;
        return true;
    }

    private static ReadOnlySpan<byte> WriteChannelData(
        Allocation allocation, ushort number, Span<byte> buffer, int offset, int length)
    {
        int start = offset - ChannelData.HeaderLength;
        ChannelData.WriteHeader(buffer[start..], number, length);
        int total = ChannelData.HeaderLength + length;
        if (allocation.FiveTuple.Transport is ClientTransport.Tcp or ClientTransport.Tls)
        {
            // RFC 8656 section 12.5: padded to 4 bytes over a stream, and the padding is zero (CVE-2020-4067).
            int padded = (total + 3) & ~3;
            buffer[(start + total)..(start + padded)].Clear();
            return buffer.Slice(start, padded);
        }

        return total > MaxUdpPayload ? [] : buffer.Slice(start, total);
    }

    private static ReadOnlySpan<byte> WriteDataIndication(
        TurnServer server, scoped in TransportAddress peer, Span<byte> buffer, int offset, int length)
    {
        int header = peer.Family == AddressFamily.IPv4 ? MaxHeader - 12 : MaxHeader;
        Span<byte> message = buffer[(offset - header)..];
        if (header + ((length + 3) & ~3) > Math.Min(message.Length, MaxUdpPayload))
        {
            return [];
        }

        var writer = new StunMessageWriter(message, StunClass.Indication, StunMethod.Data, server.NewTransactionId());
        XorPeerAddress.Write(ref writer, peer);
        writer.Append(StunAttributeType.Data, buffer.Slice(offset, length)); // already in its place
        return writer.Finish();
    }
}
