using System.Net;
using System.Net.Sockets;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Servers;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using AddressFamily = Turnpike.Protocol.AddressFamily;

namespace Turnpike.Interop;

/// <summary>ADDITIONAL-ADDRESS-FAMILY (RFC 8656 section 7.3): one allocation, an IPv4 and an IPv6 relayed transport address.</summary>
public sealed class DualAllocationTests : InteropTest
{
    private const int MaxRefused = 12;
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(10);

    // coturn and its client number the attribute as an early draft did (0x8032), so that to any other server their dual allocation
    // is a plain one; and a third of the runs then refreshes the family that it does not have, which RFC 8656 section 8.2 refuses.
    [Fact]
    public async Task Uclient_asks_for_a_dual_allocation_and_relays_every_message()
    {
        var server = await StartServerAsync(Dual);
        var peer = await StartEchoPeerAsync(IPAddress.Loopback);
        string[] arguments = [.. Uclient.To(peer.EndPoint), "-Z", "-n", "30"];

        var run = await Uclient.RunAsync(server.EndPoint, arguments);
        for (int refused = 1; Target.IsEdge && refused < MaxRefused && !run.Completed; refused++)
        {
            run.AssertRefused(StunErrorCode.PeerAddressFamilyMismatch);
            run = await Uclient.RunAsync(server.EndPoint, arguments);
        }

        run.AssertNothingLost(30);
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task A_dual_allocation_has_two_addresses_and_relays_over_both()
    {
        var server = await StartEdgeAsync(Dual);
        using var client = new TurnClient(server.EndPoint);

        var allocated = await client.AllocateAsync((ref StunMessageWriter writer) =>
        {
            RequestedTransport.Write(ref writer, TurnClient.Udp);
            AdditionalAddressFamily.Write(ref writer, AddressFamily.IPv6);
        });

        Assert.True(allocated.Succeeded, $"error {allocated.Code}");
        Assert.Equal(2, allocated.RelayedAddresses.Count);
        IPEndPoint overIPv4 = Assert.Single(allocated.RelayedAddresses, a => a.Address.Equals(server.EndPoint.Address));
        IPEndPoint overIPv6 = Assert.Single(allocated.RelayedAddresses, a => a.Address.Equals(IPAddress.IPv6Loopback));
        await AssertRelaysAsync(client, overIPv4, IPAddress.Loopback, 0x4001);
        await AssertRelaysAsync(client, overIPv6, IPAddress.IPv6Loopback, 0x4002);
        var metrics = await server.MetricsAsync();
        Assert.Equal((1, 2), (metrics.Allocations, metrics.Value("turnpike_edge_relay_ports_used")));
    }

    private static ServerSettings Dual => new() { OtherFamily = IPAddress.IPv6Loopback };

    private static async Task AssertRelaysAsync(TurnClient client, IPEndPoint relayed, IPAddress peerAddress, ushort channel)
    {
        using var peer = new Socket(peerAddress.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        peer.Bind(new IPEndPoint(peerAddress, 0));
        var endPoint = (IPEndPoint)peer.LocalEndPoint!;
        Assert.True((await client.ChannelBindAsync(channel, TransportAddress.From(endPoint))).Succeeded);

        client.SendChannelData(channel, "there"u8);
        byte[] buffer = new byte[1500];
        using var cancel = new CancellationTokenSource(Prompt);
        var received = await peer.ReceiveFromAsync(buffer, SocketFlags.None, endPoint, cancel.Token);
        Assert.Equal("there"u8, buffer.AsSpan(0, received.ReceivedBytes));
        Assert.Equal(relayed, received.RemoteEndPoint);

        await peer.SendToAsync("back"u8.ToArray(), SocketFlags.None, relayed, cancel.Token);
        byte[]? back = await client.ReceiveDataAsync(Prompt);
        Assert.True(ChannelData.TryParse(back, out ushort number, out var data));
        Assert.Equal(channel, number);
        Assert.Equal("back"u8, data);
    }
}
