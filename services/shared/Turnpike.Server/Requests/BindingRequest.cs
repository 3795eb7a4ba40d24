using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>
/// Binding (RFC 8489 section 6.3.1): tells a client its server-reflexive address, and more where NAT behaviour discovery is served
/// (RFC 5780). Without state and without authentication.
/// </summary>
internal static class BindingRequest
{
    public static Egress Handle(TurnServer server, scoped ref Request request)
    {
        NatDiscoverySource? arrival = request.Policy.NatDiscovery?.Find(request.FiveTuple);
        OptionalAttributes understood = server.Understood
            | (arrival is null ? OptionalAttributes.None : OptionalAttributes.NatDiscovery);
        Span<ushort> unknown = stackalloc ushort[KnownAttributes.MaxReported];
        int count = KnownAttributes.FindUnknown(request.Message, understood, unknown);
        if (count > 0)
        {
            return Responses.UnknownAttributes(server, ref request, unknown[..count]);
        }

        if (arrival is not null)
        {
            return NatDiscovery.Answer(server, ref request, arrival);
        }

        StunMessageWriter writer = Responses.Begin(server, ref request, StunClass.SuccessResponse);
        XorMappedAddress.Write(ref writer, request.FiveTuple.Client);
        return Responses.Finish(server, ref request, ref writer, 0);
    }
}
