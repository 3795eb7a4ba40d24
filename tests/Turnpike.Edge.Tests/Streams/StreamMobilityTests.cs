using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.Tests.Streams;

/// <summary>Mobility (RFC 8016) over TCP: a ticket brings the connection to the shard that has the allocation.</summary>
public sealed class StreamMobilityTests
{
    private const int Moves = 12;
    private const int Behind = 40;

    [Fact]
    public async Task What_a_client_sends_behind_its_ticket_without_waiting_is_answered_in_order()
    {
        await using StreamHost host = await StreamHost.StartAsync(("Edge:Shards", "4"), ("Edge:Protocol:Mobility", "true"));
        using Socket peer = RunningRelay.Client();
        StreamClient client = await host.ConnectAsync();
        byte[] answer = await AskAsync(client, StunMethod.Allocate, (ref StunMessageWriter writer) =>
        {
            RequestedTransport.Write(ref writer, 17);
            MobilityTicket.Write(ref writer, []);
        });
        byte[] ticket = TicketOf(answer);
        StunMessage.TryParse(answer, out StunMessage granted);
        Assert.Equal(AttributeResult.Ok, XorRelayedAddress.Read(granted, out TransportAddress relayed));
        TransportAddress address = TransportAddress.From((IPEndPoint)peer.LocalEndPoint!);
        Assert.Equal(0, RunningRelay.Code(await AskAsync(client, StunMethod.ChannelBind, (ref StunMessageWriter writer) =>
        {
            ChannelNumber.Write(ref writer, 0x4000);
            XorPeerAddress.Write(ref writer, address);
        })));
        for (int i = 0; i < Moves; i++)
        {
            StreamClient next = await host.ConnectAsync();
            byte[] nonce = await NonceAsync(next, StunMethod.Refresh, static (ref StunMessageWriter _) => { });
            byte[][] requests =
            [
                RunningRelay.Request(StunMethod.Refresh, nonce, (ref StunMessageWriter writer) => MobilityTicket.Write(ref writer, ticket)),
                .. Enumerable.Range(0, Behind).Select(_ => RunningRelay.Request(StunMethod.Binding)),
            ];
            foreach (byte[] request in requests)
            {
                await next.SendAsync(request);
            }

            for (int j = 0; j < requests.Length; j++)
            {
                byte[] received = await next.ReceiveAsync() ?? throw new IOException("The connection was closed.");
                Assert.Equal(requests[j].AsSpan(8, 12), received.AsSpan(8, 12)); // the transaction id
                ticket = j == 0 ? TicketOf(received) : ticket;
            }

            await next.SendAsync([0x40, 0, 0, 4, .. "ping"u8]);
            byte[] buffer = new byte[100];
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            Assert.Equal(4, peer.ReceiveFrom(buffer, ref from));
            Assert.Equal(relayed.ToIPEndPoint(), from);
            peer.SendTo("pong"u8, from);
            Assert.Equal([0x40, 0, 0, 4, .. "pong"u8], await next.ReceiveAsync());
            await client.DisposeAsync();
            client = next;
        }

        Assert.Equal(Moves, host.Snapshot.AllocationsMoved);
        Assert.Equal(1, host.Snapshot.Allocations);
        await client.DisposeAsync();
    }

    private static byte[] TicketOf(byte[] answer)
    {
        Assert.Equal(0, RunningRelay.Code(answer));
        StunMessage.TryParse(answer, out StunMessage message);
        Assert.Equal(AttributeResult.Ok, MobilityTicket.Read(message, out ReadOnlySpan<byte> ticket));
        return ticket.ToArray();
    }

    private static async Task<byte[]> AskAsync(StreamClient client, StunMethod method, RunningRelay.Writer attributes) =>
        await client.AskAsync(RunningRelay.Request(method, await NonceAsync(client, method, attributes), attributes));

    private static async Task<byte[]> NonceAsync(StreamClient client, StunMethod method, RunningRelay.Writer attributes)
    {
        byte[] challenge = await client.AskAsync(RunningRelay.Request(method, attributes: attributes));
        StunMessage.TryParse(challenge, out StunMessage refused);
        Assert.Equal(AttributeResult.Ok, Nonce.Read(refused, out ReadOnlySpan<byte> nonce));
        return nonce.ToArray();
    }
}
