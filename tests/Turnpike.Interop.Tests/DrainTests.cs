using System.Net;
using System.Net.Sockets;
using System.Text;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;
using Turnpike.Protocol;

namespace Turnpike.Interop;

/// <summary>SIGTERM: what a rolling update, a scale-down and an operator's shell send.</summary>
public sealed class DrainTests : InteropTest
{
    private const ushort Channel = 0x4001;
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(15);

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task SIGTERM_lets_a_call_go_on_refuses_new_ones_and_ends_with_the_last()
    {
        var edge = await StartEdgeAsync();
        using var peer = Loopback.BoundSocket(IPAddress.Loopback);
        using var caller = new TurnClient(edge.EndPoint);
        Assert.True((await caller.AllocateAsync()).Succeeded);
        var peerAddress = TransportAddress.From((IPEndPoint)peer.LocalEndPoint!);
        Assert.True((await caller.ChannelBindAsync(Channel, peerAddress)).Succeeded);
        await AssertRelaysAsync(caller, peer, "before");

        await edge.Process.TerminateAsync();
        await Deadline.UntilAsync(
            "the edge drains", Prompt, async () => (await edge.MetricsAsync()).Value("turnpike_edge_draining") == 1);

        await AssertRelaysAsync(caller, peer, "while draining");
        using var late = new TurnClient(edge.EndPoint);
        Assert.Equal(StunErrorCode.InsufficientCapacity, (await late.AllocateAsync()).Code);
        Assert.True((await caller.RefreshAsync(600)).Succeeded);

        // Taking a draining edge out of a Service would cut its calls: it stays ready while it has any.
        Assert.Equal(HttpStatusCode.OK, await edge.HealthAsync("ready"));
        Assert.False(edge.Process.HasExited);

        Assert.True((await caller.RefreshAsync(0)).Succeeded);
        Assert.Equal(0, await edge.Process.WaitForExitAsync(Prompt));
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task SIGTERM_ends_an_idle_edge_at_once()
    {
        var edge = await StartEdgeAsync();

        await edge.Process.TerminateAsync();

        Assert.Equal(0, await edge.Process.WaitForExitAsync(Prompt));
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task SIGTERM_waits_for_a_call_no_longer_than_the_deadline()
    {
        var edge = await StartEdgeAsync(null, ("Edge__Drain__Deadline", "1"));
        using var caller = new TurnClient(edge.EndPoint);
        Assert.True((await caller.AllocateAsync()).Succeeded);

        await edge.Process.TerminateAsync();

        Assert.Equal(0, await edge.Process.WaitForExitAsync(Prompt));
    }

    // One message to the peer and one back.
    private static async Task AssertRelaysAsync(TurnClient caller, Socket peer, string when)
    {
        byte[] message = Encoding.UTF8.GetBytes(when);
        caller.SendChannelData(Channel, message);
        byte[] buffer = new byte[1500];
        using var cancel = new CancellationTokenSource(Prompt);
        var received = await peer.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), cancel.Token);
        Assert.Equal(message, buffer[..received.ReceivedBytes]);

        await peer.SendToAsync(message, SocketFlags.None, received.RemoteEndPoint, cancel.Token);
        byte[]? back = await caller.ReceiveDataAsync(Prompt);
        Assert.True(ChannelData.TryParse(back, out ushort number, out var data));
        Assert.Equal(Channel, number);
        Assert.True(data.SequenceEqual(message));
    }
}
