using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>A server with mobility, and alice with an allocation that can move, a permission and a channel.</summary>
internal sealed class MobilityScene
{
    public static readonly TicketKey Key = TicketKey.Create(3);

    public MobilityScene(PolicyChoice? choice = null)
    {
        Server = new TestServer((choice ?? new PolicyChoice()) with { TicketKeys = [Key] });
        Old = new TestClient(Server);
        Reply reply = Old.Allocate(Wanted).IsSuccess();
        Ticket = reply.Value(StunAttributeType.MobilityTicket)!;
        Relayed = reply.RelayedAddresses[0];
        Old.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        Relay = Server.RelayOf(Old);
    }

    public TestServer Server { get; }

    public TestClient Old { get; }

    public byte[] Ticket { get; }

    public TransportAddress Relayed { get; }

    public Relay Relay { get; }

    public static void Wanted(ref StunMessageWriter writer) => MobilityTicket.Write(ref writer, []);

    /// <summary>Alice, or another user, on another port.</summary>
    public TestClient At(int port, string user = "alice", ClientTransport transport = ClientTransport.Udp) =>
        new(Server, user, $"{user}-password", Addresses.Client.WithPort((ushort)port), transport);

    public static Reply Move(TestClient client, byte[] ticket, uint? lifetime = null) =>
        client.Request(StunMethod.Refresh, (ref StunMessageWriter writer) =>
        {
            if (lifetime is { } seconds)
            {
                Lifetime.Write(ref writer, seconds);
            }

            MobilityTicket.Write(ref writer, ticket);
        });

    public static byte[] TicketOf(Reply reply) => reply.IsSuccess().Value(StunAttributeType.MobilityTicket)!;

    /// <summary>Where a peer's datagram comes out.</summary>
    public TransportAddress PeerDataGoesTo()
    {
        Outcome outcome = Server.FromPeer(Relay, Addresses.Peer, "p"u8);
        outcome.IsChannelData(0x4000, "p"u8);
        return outcome.FiveTuple.Client;
    }
}
