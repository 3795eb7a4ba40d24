using System.Net;
using System.Net.Sockets;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Interop;

/// <summary>Mobility (RFC 8016). uclient's -M passes without it as well: our own client looks for the ticket, and moves.</summary>
public sealed class MobilityTests : InteropTest
{
    private const ushort Channel = 0x4001;
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Uclient_relays_every_message_with_mobility()
    {
        var server = await StartServerAsync(new ServerSettings { Mobility = true });
        var peer = await StartEchoPeerAsync(IPAddress.Loopback);

        var run = await Uclient.RunAsync(server.EndPoint, [.. Uclient.To(peer.EndPoint), "-M", "-n", "30", "-m", "2", "-c"]);

        run.AssertNothingLost(2 * 30);

        // It has room for tickets of 32 bytes: a longer one it reports, and goes on without a move.
        Assert.Contains("read_mobility_ticket: ", run.Output, StringComparison.Ordinal);
    }

    // coturn moves it too; but what it then sends to the new port is neither ChannelData nor STUN.
    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task A_ticket_moves_an_allocation_to_another_port_where_its_data_arrives()
    {
        var server = await StartEdgeAsync(new ServerSettings { Mobility = true });
        using var peer = Loopback.BoundSocket(IPAddress.Loopback);
        using var old = new TurnClient(server.EndPoint);
        using var moved = new TurnClient(server.EndPoint);
        var allocated = await AllocateAsync(old);
        Assert.True((await old.ChannelBindAsync(Channel, TransportAddress.From((IPEndPoint)peer.LocalEndPoint!))).Succeeded);
        await AssertArrivesAsync("before", peer, allocated, old);

        var refreshed = await MoveAsync(moved, allocated.MobilityTicket!);
        Assert.True(refreshed.Succeeded, $"error {refreshed.Code}");
        Assert.NotNull(refreshed.MobilityTicket);

        // The client's first use of its new port is what ends the old one (RFC 8016 section 3.2.3).
        moved.SendChannelData(Channel, "from the new port"u8);
        await AssertPeerReceivesAsync(peer, "from the new port"u8.ToArray(), allocated);
        await AssertArrivesAsync("after", peer, allocated, moved);
        Assert.Null(await old.ReceiveDataAsync(TimeSpan.FromMilliseconds(1)));
        Assert.Equal(1, (await server.MetricsAsync()).Allocations);
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task A_ticket_moves_an_allocation_from_TCP_to_UDP()
    {
        var edge = await StartEdgeAsync(new ServerSettings { Mobility = true, Tcp = true });
        using var peer = Loopback.BoundSocket(IPAddress.Loopback);
        using var old = await TurnClient.ConnectAsync(edge.EndPoint);
        using var moved = new TurnClient(edge.EndPoint);
        var allocated = await AllocateAsync(old);
        Assert.True((await old.ChannelBindAsync(Channel, TransportAddress.From((IPEndPoint)peer.LocalEndPoint!))).Succeeded);

        Assert.True((await MoveAsync(moved, allocated.MobilityTicket!)).Succeeded);

        moved.SendChannelData(Channel, "from UDP"u8);
        await AssertPeerReceivesAsync(peer, "from UDP"u8.ToArray(), allocated);
        old.Dispose();
        await AssertArrivesAsync("after the connection is closed", peer, allocated, moved);
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task A_ticket_that_is_not_the_servers_moves_nothing()
    {
        var edge = await StartEdgeAsync(new ServerSettings { Mobility = true });
        using var owner = new TurnClient(edge.EndPoint);
        using var thief = new TurnClient(edge.EndPoint);
        byte[] ticket = (await AllocateAsync(owner)).MobilityTicket!;
        ticket[^1] ^= 1;

        Assert.Equal(StunErrorCode.BadRequest, (await MoveAsync(thief, ticket)).Code);
        Assert.True((await owner.RefreshAsync(600)).Succeeded);
        Assert.Equal(0, (await edge.MetricsAsync()).Value("turnpike_edge_allocations_moved_total"));
    }

    [Fact]
    public async Task Without_mobility_a_client_that_asks_for_a_ticket_is_refused()
    {
        var server = await StartServerAsync();
        using var client = new TurnClient(server.EndPoint);

        Assert.Equal(StunErrorCode.MobilityForbidden, (await client.AllocateAsync(WithTicket)).Code);
    }

    private static void WithTicket(ref StunMessageWriter writer)
    {
        RequestedTransport.Write(ref writer, TurnClient.Udp);
        MobilityTicket.Write(ref writer, []);
    }

    private static async Task<TurnResponse> AllocateAsync(TurnClient client)
    {
        var allocated = await client.AllocateAsync(WithTicket);
        Assert.True(allocated.Succeeded, $"error {allocated.Code}");
        Assert.NotNull(allocated.MobilityTicket);
        Assert.NotEmpty(allocated.MobilityTicket);
        return allocated;
    }

    private static Task<TurnResponse> MoveAsync(TurnClient client, byte[] ticket) =>
        client.RequestWithChallengeAsync(StunMethod.Refresh, (ref StunMessageWriter writer) => MobilityTicket.Write(ref writer, ticket));

    private static async Task AssertArrivesAsync(string message, Socket peer, TurnResponse allocated, TurnClient client)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(message);
        await peer.SendToAsync(bytes, allocated.Relayed.ToIPEndPoint());
        byte[]? received = await client.ReceiveDataAsync(Prompt);
        Assert.True(received is not null, $"nothing came to the client {message}");
        Assert.True(ChannelData.TryParse(received, out ushort number, out var data), $"no ChannelData came to the client {message}");
        Assert.Equal(Channel, number);
        Assert.True(data.SequenceEqual(bytes));
    }

    private static async Task AssertPeerReceivesAsync(Socket peer, byte[] message, TurnResponse allocated)
    {
        byte[] buffer = new byte[1500];
        using var cancel = new CancellationTokenSource(Prompt);
        var received = await peer.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), cancel.Token);
        Assert.Equal(message, buffer[..received.ReceivedBytes]);
        Assert.Equal(allocated.Relayed.ToIPEndPoint(), received.RemoteEndPoint);
    }
}
