using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Servers;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Interop;

/// <summary>What a foreign client sent is what the edge's metrics say.</summary>
public sealed class MetricsTests : InteropTest
{
    private const int Clients = 2;
    private const int Messages = 50;
    private const int MessageBytes = 160;

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task Metrics_count_what_uclient_relayed()
    {
        var edge = await StartEdgeAsync();
        var peer = await StartEchoPeerAsync(IPAddress.Loopback);
        string[] shape = ["-n", $"{Messages}", "-m", $"{Clients}", "-l", $"{MessageBytes}", "-c"];

        var run = await Uclient.RunAsync(edge.EndPoint, [.. Uclient.To(peer.EndPoint), .. shape]);
        var metrics = await edge.MetricsAsync();

        run.AssertNothingLost(Clients * Messages);
        Assert.Equal(Clients * Messages, metrics.ClientToPeerPackets);
        Assert.Equal(Clients * Messages, metrics.PeerToClientPackets);
        Assert.Equal(Clients * Messages * MessageBytes, metrics.ClientToPeerBytes);
        Assert.Equal(Clients * Messages * MessageBytes, metrics.PeerToClientBytes);
        Assert.True(metrics.Requests("allocate", "401") > 0);
        Assert.True(metrics.Requests("allocate", "success") >= Clients);
        Assert.Equal(metrics.Requests("allocate", "success"), metrics.Value("turnpike_edge_allocations_created_total"));
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task Metrics_count_drops_and_live_allocations()
    {
        var edge = await StartEdgeAsync();
        using var client = new TurnClient(edge.EndPoint);
        Assert.True((await client.AllocateAsync()).Succeeded);
        var before = await edge.MetricsAsync();

        var peer = TransportAddress.From(IPAddress.Loopback, 9);
        byte[] withoutPermission = client.Build(StunClass.Indication, StunMethod.Send, (ref StunMessageWriter writer) =>
        {
            XorPeerAddress.Write(ref writer, peer);
            Data.Write(ref writer, "hello"u8);
        });
        client.SendRaw(withoutPermission);

        // The answer comes after the indication was handled: both went through one socket to one shard.
        Assert.True((await client.BindingAsync()).Succeeded);
        var after = await edge.MetricsAsync();

        Assert.Equal(1, after.Allocations);
        Assert.Equal(before.Drops + 1, after.Drops);
        Assert.Equal(before.ClientToPeerPackets, after.ClientToPeerPackets);
        Assert.Equal(1, after.Value("turnpike_edge_relay_ports_used"));
    }
}
