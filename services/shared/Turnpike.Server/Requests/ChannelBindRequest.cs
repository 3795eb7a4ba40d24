using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>ChannelBind (RFC 8656 section 12.2): ties a channel number to a peer, and installs the permission for it.</summary>
internal static class ChannelBindRequest
{
    private const ushort FirstNumber = 0x4000;
    private const ushort LastNumber = 0x4FFF;
    private const ushort LastRfc5766Number = 0x7FFF;

    public static Egress Handle(TurnServer server, scoped ref Request request)
    {
        if (request.Allocation is not { } allocation)
        {
            return Responses.Error(server, ref request, StunErrorCode.AllocationMismatch);
        }

        // RFC 6062 has no channels: its data goes over connections of its own.
        // Both attributes, a number of the range, a peer of a family that the allocation relays.
        if (allocation.RelaysTcp
            || ChannelNumber.Read(request.Message, out ushort number) != AttributeResult.Ok
            || XorPeerAddress.Read(request.Message, out TransportAddress peer) != AttributeResult.Ok
            || number < FirstNumber
            || number > (request.Policy.Rfc5766ChannelNumbers ? LastRfc5766Number : LastNumber))
        {
            return Responses.Error(server, ref request, StunErrorCode.BadRequest);
        }

        if (allocation.RelayFor(peer.Family) is not { } relay)
        {
            return Responses.Error(server, ref request, StunErrorCode.PeerAddressFamilyMismatch);
        }

        // The number is this peer's or nobody's, and the peer has this number or none; a cool-down counts as bound.
        int bindings = allocation.Channels.Sweep(request.Now);
        ChannelBinding? binding = allocation.Channels.Find(number);
        if (!ReferenceEquals(binding, allocation.Channels.Find(peer)))
        {
            return Responses.Error(server, ref request, StunErrorCode.BadRequest);
        }

        if (!server.Allows(request.Rules.Peers, peer))
        {
            return Responses.Error(server, ref request, StunErrorCode.Forbidden);
        }

        int error = binding is null && bindings >= request.Rules.Limits.Channels
            ? Permissions.Refuse(server, allocation, QuotaScope.Channels)
            : 0;
        if (error == 0 && allocation.Permissions.Find(peer, request.Now) is null)
        {
            error = Permissions.Admit(server, ref request, allocation, newPeers: 1);
        }

        if (error != 0)
        {
            return Responses.Error(server, ref request, error);
        }

        Permission permission = Permissions.Install(ref request, allocation, peer);
        if (binding is null)
        {
            binding = new ChannelBinding(number, peer) { Relay = relay, Permission = permission };
            allocation.Channels.Add(binding);
            server.Observer.ChannelBound(allocation);
        }

        binding.Relay = relay;
        binding.Permission = permission;
        binding.Destination = request.Rules.Peers.RelayAddresses.ToLocal(peer);
        binding.AllowedBy = request.Rules.Peers;
        binding.ExpiresAt = request.Now + (request.Rules.Lifetimes.Channel * 1000L);

        StunMessageWriter writer = Responses.Begin(server, ref request, StunClass.SuccessResponse);
        return Responses.Finish(server, ref request, ref writer, 0);
    }
}
