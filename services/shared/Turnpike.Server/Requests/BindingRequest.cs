using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server;

/// <summary>Binding (RFC 8489 section 6.3.1): tells a client its server-reflexive address. Without state and without authentication.</summary>
internal static class BindingRequest
{
    public static Egress Handle(TurnServer server, scoped ref Request request)
    {
        Span<ushort> unknown = stackalloc ushort[KnownAttributes.MaxReported];
        int count = KnownAttributes.FindUnknown(request.Message, server.Pool.SupportsDontFragment, unknown);
        if (count > 0)
        {
            return Responses.UnknownAttributes(server, ref request, unknown[..count]);
        }

        StunMessageWriter writer = Responses.Begin(server, ref request, StunClass.SuccessResponse);
        XorMappedAddress.Write(ref writer, request.FiveTuple.Client);
        return Responses.Finish(server, ref request, ref writer, 0);
    }
}
