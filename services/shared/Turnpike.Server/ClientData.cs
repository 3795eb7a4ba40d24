using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>Client to peer: ChannelData (RFC 8656 section 12.6) and Send indications (section 11.2).</summary>
internal static class ClientData
{
    public static Egress OnChannelData(TurnServer server, scoped in FiveTuple fiveTuple, ReadOnlySpan<byte> datagram, long now)
    {
        // 2. The 5-tuple leads to the allocation, the number to the binding.
        if (server.Allocations.Find(fiveTuple) is not { } allocation)
        {
            return server.Drop(DropReason.NoAllocation);
        }

        if (allocation.IsMoving)
        {
            Mobility.OnUsed(server, allocation, fiveTuple);
        }

        if (!ChannelData.TryParse(datagram, out ushort number, out ReadOnlySpan<byte> data))
        {
            return server.Drop(DropReason.MalformedChannelData);
        }

        ChannelBinding? binding = allocation.Channels.Find(number);
        if (binding is null || binding.ExpiresAt <= now || binding.Relay.ExpiresAt <= now)
        {
            return server.Drop(DropReason.ChannelNotBound);
        }

        // 3. A policy that changed since the bind judges again, once.
        PeerPolicy peers = allocation.RulesUnder(server.Policy).Peers;
        if (!ReferenceEquals(binding.AllowedBy, peers))
        {
            if (!server.Allows(peers, binding.Peer))
            {
                return server.Drop(DropReason.ForbiddenPeer);
            }

            binding.AllowedBy = peers;
            binding.Destination = peers.RelayAddresses.ToLocal(binding.Peer);
        }

        // 4. The payload leaves as it lies in the caller's buffer.
        DropReason over = Charge(allocation, data.Length, now);
        if (over != DropReason.None)
        {
            return server.DropOver(over, allocation);
        }

        allocation.Traffic.CountToPeer(channel: true, data.Length);
        return Egress.ToPeer(binding.Relay, in binding.Destination, data);
    }

    public static Egress OnSend(TurnServer server, scoped in FiveTuple fiveTuple, scoped in StunMessage message, long now)
    {
        // RFC 8489 section 6.3.2: what must be understood and is not ends an indication.
        Span<ushort> unknown = stackalloc ushort[1];
        if (KnownAttributes.FindUnknown(message, server.Understood, unknown) > 0)
        {
            return server.Drop(DropReason.UnknownAttributeInIndication);
        }

        if (server.Allocations.Find(fiveTuple) is not { } allocation || allocation.ExpiresAt <= now)
        {
            return server.Drop(DropReason.NoAllocation);
        }

        if (allocation.RelaysTcp)
        {
            return server.Drop(DropReason.SendOverTcpAllocation);
        }

        if (allocation.IsMoving)
        {
            Mobility.OnUsed(server, allocation, fiveTuple);
        }

        // Both attributes; DATA may be empty.
        if (XorPeerAddress.Read(message, out TransportAddress peer) != AttributeResult.Ok
            || Data.Read(message, out ReadOnlySpan<byte> data) != AttributeResult.Ok)
        {
            return server.Drop(DropReason.MalformedSend);
        }

        if (allocation.RelayFor(peer.Family) is not { } relay || relay.ExpiresAt <= now)
        {
            return server.Drop(DropReason.PeerFamilyMismatch);
        }

        if (allocation.Permissions.Find(peer, now) is null)
        {
            return server.Drop(DropReason.NoPermission);
        }

        // The permission is for the address; the port is judged here.
        PeerPolicy peers = allocation.RulesUnder(server.Policy).Peers;
        if (!server.Allows(peers, peer))
        {
            return server.Drop(DropReason.ForbiddenPeer);
        }

        DropReason over = Charge(allocation, data.Length, now);
        if (over != DropReason.None)
        {
            return server.DropOver(over, allocation);
        }

        allocation.Traffic.CountToPeer(channel: false, data.Length);
        server.SendPeer = peers.RelayAddresses.ToLocal(peer);
        return Egress.ToPeer(relay, in server.SendPeer, data, WantsDontFragment(fiveTuple, message, peer.Family));
    }

    /// <summary>
    /// DONT-FRAGMENT counts where a DF bit goes out and none could have come in: IPv4 to IPv4, or from a stream to IPv4. Where packets
    /// are translated it must be ignored (RFC 8656 sections 13 to 15).
    /// </summary>
    private static bool WantsDontFragment(scoped in FiveTuple fiveTuple, scoped in StunMessage message, AddressFamily peer) =>
        peer == AddressFamily.IPv4
        && (fiveTuple.Client.Family == AddressFamily.IPv4 || fiveTuple.Transport is ClientTransport.Tcp or ClientTransport.Tls)
        && message.Has(StunAttributeType.DontFragment);

    private static DropReason Charge(Allocation allocation, int length, long now)
    {
        if (!allocation.PacketsToPeers.TryTake(1, now))
        {
            return DropReason.PacketRateExceeded;
        }

        return allocation.BitsToPeers.TryTake(length * 8L, now) ? DropReason.None : DropReason.BitRateExceeded;
    }
}
