using System.Buffers.Binary;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Transport.Streams;

/// <summary>What the answers to a connection's requests say about the connection.</summary>
internal static class StreamAnswer
{
    // RFC 8489 section 5: the two class bits of the message type.
    private const int ClassBits = 0x0110;
    private const int Success = 0x0100;
    private const int Error = 0x0110;

    /// <summary>Looks at a message to the client that carries no application data.</summary>
    public static void Look(StreamConnection connection, ReadOnlySpan<byte> message, TurnServer server)
    {
        int @class = BinaryPrimitives.ReadUInt16BigEndian(message) & ClassBits;
        if (@class is not (Success or Error) || StunMessage.TryParse(message, out StunMessage answer) != StunParseResult.Ok)
        {
            return;
        }

        bool authenticated = answer.Has(StunAttributeType.MessageIntegrity) || answer.Has(StunAttributeType.MessageIntegritySha256);
        if (authenticated)
        {
            connection.OnAuthenticated(server.HasAllocation(connection.FiveTuple));
        }
        else if (@class == Error)
        {
            connection.OnUnauthenticatedError();
        }

        if (answer.Method == StunMethod.ConnectionBind)
        {
            connection.OnConnectionBind(succeeded: @class == Success);
        }
    }
}
