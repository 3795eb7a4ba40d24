using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>
/// NAT behaviour discovery (RFC 5780 section 6.1): tells a client more about its mapping, and answers from another address or port
/// or to another port where it asks for that.
/// </summary>
internal static class NatDiscovery
{
    /// <summary>
    /// RFC 5780 section 7.6 wants padding of an interface's MTU; 1500 is Ethernet's. Never more than the request had, so that the
    /// server is no amplifier.
    /// </summary>
    public const int MaxPadding = 1500;

    public static Egress Answer(TurnServer server, scoped ref Request request, NatDiscoverySource arrival)
    {
        AttributeResult hasChange = ChangeRequest.Read(request.Message, out ChangeRequestFlags change);
        AttributeResult hasPort = ResponsePort.Read(request.Message, out ushort port);
        AttributeResult hasPadding = Padding.Read(request.Message, out int padding);
        if (hasChange == AttributeResult.Malformed
            || hasPort == AttributeResult.Malformed
            || (hasPort == AttributeResult.Ok && port == 0)
            // Padding is for the way that fragments take to the request's own port (section 6.1).
            || (hasPort == AttributeResult.Ok && hasPadding == AttributeResult.Ok))
        {
            return Responses.Error(server, ref request, StunErrorCode.BadRequest);
        }

        // What sends an answer elsewhere, or makes it large, could be asked for in somebody else's name: it is rationed.
        bool special = hasChange == AttributeResult.Ok || hasPort == AttributeResult.Ok || hasPadding == AttributeResult.Ok;
        if (special && !Responses.MayAnswer(server, ref request))
        {
            return server.Drop(DropReason.UnauthenticatedRateLimited);
        }

        NatDiscoveryPolicy policy = request.Policy.NatDiscovery!;
        NatDiscoverySource origin = policy.Change(
            arrival, address: (change & ChangeRequestFlags.ChangeIP) != 0, port: (change & ChangeRequestFlags.ChangePort) != 0);
        NatDiscoverySource other = policy.Change(arrival, address: true, port: true);

        StunMessageWriter writer = Responses.Begin(server, ref request, StunClass.SuccessResponse);
        XorMappedAddress.Write(ref writer, request.FiveTuple.Client);
        MappedAddress.Write(ref writer, request.FiveTuple.Client);
        ResponseOrigin.Write(ref writer, origin.Public);
        OtherAddress.Write(ref writer, other.Public);
        if (hasPadding == AttributeResult.Ok)
        {
            Padding.Write(ref writer, Math.Min(padding & ~3, MaxPadding));
        }

        TransportAddress client = hasPort == AttributeResult.Ok ? request.FiveTuple.Client.WithPort(port) : request.FiveTuple.Client;
        server.DiscoveryReply = new FiveTuple(client, origin.Local, ClientTransport.Udp, origin.Path);
        Egress egress = Responses.Finish(server, ref request, ref writer, 0);
        return Egress.ToClient(in server.DiscoveryReply, egress.Datagram);
    }
}
