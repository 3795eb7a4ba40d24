using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.Tests.Extensions;

/// <summary>Mobility (RFC 8016) where the kernel decides which shard a new 5-tuple comes to.</summary>
public sealed class MobilityTests
{
    private const int Moves = 24;

    [Theory]
    [InlineData(4)]
    [InlineData(1)]
    public async Task A_call_goes_on_while_its_client_moves_from_shard_to_shard(int shards)
    {
        await using RunningRelay running = await RunningRelay.StartAsync(
            ("Edge:Shards", $"{shards}"), ("Edge:Protocol:Mobility", "true"), ("Edge:Peers:AllowPrivate:0", "127.0.0.0/8"));
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        using Socket peer = RunningRelay.Client();
        var peerAddress = TransportAddress.From((IPEndPoint)peer.LocalEndPoint!);
        Socket client = RunningRelay.Client();
        byte[] answer = Ask(client, server, StunMethod.Allocate, (ref StunMessageWriter w) =>
        {
            RequestedTransport.Write(ref w, 17);
            MobilityTicket.Write(ref w, []);
        });
        Assert.Equal(AttributeResult.Ok, XorRelayedAddress.Read(Message(answer), out TransportAddress relayed));
        byte[] ticket = TicketOf(answer);
        Assert.Equal(0, RunningRelay.Code(Ask(client, server, StunMethod.ChannelBind, (ref StunMessageWriter w) =>
        {
            ChannelNumber.Write(ref w, 0x4000);
            XorPeerAddress.Write(ref w, peerAddress);
        })));

        byte[] buffer = new byte[100];
        long mostHandedOn = 0;
        for (int i = 0; i < Moves; i++)
        {
            Socket next = RunningRelay.Client();
            ticket = TicketOf(Ask(next, server, StunMethod.Refresh, (ref StunMessageWriter w) => MobilityTicket.Write(ref w, ticket)));

            // The old address serves until the new one is used.
            peer.SendTo("old"u8, relayed.ToIPEndPoint());
            Assert.Equal(7, client.Receive(buffer));
            client.Dispose();
            client = next;

            client.SendTo([0x40, 0, 0, 4, .. "ping"u8], server);
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            Assert.Equal(4, peer.ReceiveFrom(buffer, ref from));
            Assert.Equal(relayed.ToIPEndPoint(), from);
            peer.SendTo("pong!"u8, from);
            Assert.Equal(9, client.Receive(buffer));
            mostHandedOn = Math.Max(mostHandedOn, running.Relay.Read().MovedClients);
        }

        RelaySnapshot snapshot = running.Relay.Read();
        Assert.Equal(Moves, snapshot.AllocationsMoved);
        Assert.Equal(1, snapshot.Allocations);
        Assert.Equal(1, snapshot.RelayPortsUsed);
        Assert.Equal(shards > 1, mostHandedOn > 0);

        Assert.Equal(0, RunningRelay.Code(Ask(client, server, StunMethod.Refresh, (ref StunMessageWriter w) => Lifetime.Write(ref w, 0))));
        Assert.Equal(0, running.Relay.Read().Allocations);
        client.Dispose();
    }

    [Fact]
    public async Task Without_the_switch_a_ticket_that_is_asked_for_is_405()
    {
        await using RunningRelay running = await RunningRelay.StartAsync();
        using Socket client = RunningRelay.Client();
        byte[] answer = Ask(client, new IPEndPoint(IPAddress.Loopback, running.Port), StunMethod.Allocate, (ref StunMessageWriter w) =>
        {
            RequestedTransport.Write(ref w, 17);
            MobilityTicket.Write(ref w, []);
        });
        Assert.Equal(405, RunningRelay.Code(answer));
    }

    [Fact]
    public async Task Another_shards_allocation_is_not_moved_by_another_user()
    {
        await using RunningRelay running = await RunningRelay.StartAsync(
            ("Edge:Shards", "4"), ("Edge:Protocol:Mobility", "true"), ("Edge:Users:0", "bob:bobby"),
            ("Edge:Users:1", $"{RunningRelay.User}:{RunningRelay.Password}"));
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        using Socket client = RunningRelay.Client();
        byte[] ticket = TicketOf(Ask(client, server, StunMethod.Allocate, (ref StunMessageWriter w) =>
        {
            RequestedTransport.Write(ref w, 17);
            MobilityTicket.Write(ref w, []);
        }));
        for (int i = 0; i < 16; i++)
        {
            using Socket thief = RunningRelay.Client();
            byte[] answer = Ask(
                thief, server, StunMethod.Refresh, (ref StunMessageWriter w) => MobilityTicket.Write(ref w, ticket), ("bob", "bobby"));
            Assert.Equal(441, RunningRelay.Code(answer));
        }

        Assert.Equal(0, running.Relay.Read().AllocationsMoved);
        Assert.True(SpinWait.SpinUntil(() => running.Relay.Read().MovedClients == 0, TimeSpan.FromSeconds(10)));
    }

    private static byte[] TicketOf(byte[] answer)
    {
        Assert.Equal(0, RunningRelay.Code(answer));
        Assert.Equal(AttributeResult.Ok, MobilityTicket.Read(Message(answer), out ReadOnlySpan<byte> ticket));
        return ticket.ToArray();
    }

    private static StunMessage Message(byte[] answer)
    {
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(answer, out StunMessage message));
        return message;
    }

    /// <summary>Asks for a nonce first, which is the client's address's own.</summary>
    private static byte[] Ask(
        Socket client, IPEndPoint server, StunMethod method, RunningRelay.Writer attributes, (string Name, string Password)? user = null)
    {
        byte[] challenge = RunningRelay.Ask(client, server, RunningRelay.Request(method, attributes: attributes)).Answer;
        Assert.Equal(401, RunningRelay.Code(challenge));
        Assert.Equal(AttributeResult.Ok, Nonce.Read(Message(challenge), out ReadOnlySpan<byte> nonce));
        (string name, string password) = user ?? (RunningRelay.User, RunningRelay.Password);
        byte[] request = RunningRelay.Request(method, nonce.ToArray(), attributes, name, password);
        return RunningRelay.Ask(client, server, request).Answer;
    }
}
