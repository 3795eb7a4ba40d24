using System.Buffers.Binary;
using System.Net;
using System.Text;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Interop.Clients;

/// <summary>A success or error response, decoded once.</summary>
internal sealed class TurnResponse
{
    public TurnResponse(in StunMessage message)
    {
        Succeeded = message.Class == StunClass.SuccessResponse;
        Code = ErrorCode.Read(in message, out int code) == AttributeResult.Ok ? code : 0;
        Relayed = XorRelayedAddress.Read(in message, out var relayed) == AttributeResult.Ok ? relayed : default;
        RelayedAddresses = ReadRelayed(in message);
        Mapped = XorMappedAddress.Read(in message, out var mapped) == AttributeResult.Ok ? mapped : default;
        Realm = message.TryGet(StunAttributeType.Realm, out var realm) ? realm.ToArray() : [];
        Nonce = message.TryGet(StunAttributeType.Nonce, out var nonce) ? nonce.ToArray() : [];
        ConnectionId = Protocol.Attributes.ConnectionId.Read(in message, out uint connection) == AttributeResult.Ok ? connection : 0;
        MobilityTicket = message.TryGet(StunAttributeType.MobilityTicket, out var ticket) ? ticket.ToArray() : null;
        ThirdParty = message.TryGet(StunAttributeType.ThirdPartyAuthorization, out var server) ? Encoding.UTF8.GetString(server) : null;
    }

    public bool Succeeded { get; }

    /// <summary>The error code; 0 in a success response.</summary>
    public int Code { get; }

    public TransportAddress Relayed { get; }

    /// <summary>All of them, in the order of the response: two for a dual allocation (RFC 8656 §7.3).</summary>
    public IReadOnlyList<IPEndPoint> RelayedAddresses { get; }

    public TransportAddress Mapped { get; }

    public byte[] Realm { get; }

    public byte[] Nonce { get; }

    /// <summary>CONNECTION-ID (RFC 6062); 0 without one.</summary>
    public uint ConnectionId { get; }

    /// <summary>MOBILITY-TICKET (RFC 8016); null without one.</summary>
    public byte[]? MobilityTicket { get; }

    /// <summary>THIRD-PARTY-AUTHORIZATION (RFC 7635): the server's name; null without one.</summary>
    public string? ThirdParty { get; }

    // Read here byte by byte, because the project's own reader gives the first of several only.
    private static List<IPEndPoint> ReadRelayed(in StunMessage message)
    {
        var found = new List<IPEndPoint>();
        ReadOnlySpan<byte> mask = message.Bytes[4..StunMessage.HeaderLength];
        foreach (var attribute in message)
        {
            if (attribute.Type != StunAttributeType.XorRelayedAddress)
            {
                continue;
            }

            byte[] address = attribute.Value[4..].ToArray();
            for (int i = 0; i < address.Length; i++)
            {
                address[i] ^= mask[i];
            }

            int port = BinaryPrimitives.ReadUInt16BigEndian(attribute.Value[2..]) ^ BinaryPrimitives.ReadUInt16BigEndian(mask);
            found.Add(new IPEndPoint(new IPAddress(address), port));
        }

        return found;
    }
}
