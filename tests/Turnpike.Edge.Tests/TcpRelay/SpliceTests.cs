using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Edge.Options;
using Turnpike.Edge.Tests.Host;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Transport.Streams;
using Turnpike.Edge.Transport.TcpRelay;
using Turnpike.Server;

namespace Turnpike.Edge.Tests.TcpRelay;

/// <summary>What one end still gets when the other has finished, on a clock of the test's own.</summary>
public sealed class SpliceTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Pipe _fromClient = new();
    private readonly Pipe _toClient = new();
    private readonly RelayedPeer _listener = new();
    private readonly RealmCounters _realm = new("red");
    private readonly AllocationTraffic _traffic;
    private bool _ended;

    public SpliceTests() => _traffic = new AllocationTraffic(_realm);

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task A_silent_end_is_given_up_a_minute_after_the_other_has_finished()
    {
        (Task run, NetworkStream peer) = await StartAsync();
        peer.Socket.Shutdown(SocketShutdown.Send);
        await Eventually.TrueAsync(() => _ended);
        _time.Advance(Splice.HalfClosedTimeout - TimeSpan.FromMilliseconds(1));
        Assert.False(run.IsCompleted);
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return run.IsCompleted;
        });
        await RelayedPeer.IsEndedAsync(peer);
        await peer.DisposeAsync();
    }

    [Fact]
    public async Task An_end_that_goes_on_sending_is_not()
    {
        (Task run, NetworkStream peer) = await StartAsync();
        peer.Socket.Shutdown(SocketShutdown.Send);
        await Eventually.TrueAsync(() => _ended);
        for (byte i = 0; i < 6; i++)
        {
            await _fromClient.Writer.WriteAsync(new[] { i }, TestContext.Current.CancellationToken);
            Assert.Equal([i], await RelayedPeer.ReceiveAsync(peer, 1));
            _time.Advance(TimeSpan.FromSeconds(40));
        }

        Assert.False(run.IsCompleted);
        await _fromClient.Writer.CompleteAsync();
        await RelayedPeer.IsFinishedAsync(peer);
        await run;
        await peer.DisposeAsync();
    }

    [Fact]
    public async Task Bytes_count_for_the_allocation_as_they_do_for_its_realm()
    {
        (Task run, NetworkStream peer) = await StartAsync();
        await _fromClient.Writer.WriteAsync(new byte[700], TestContext.Current.CancellationToken);
        await RelayedPeer.ReceiveAsync(peer, 700);
        await peer.WriteAsync(new byte[300], TestContext.Current.CancellationToken);
        // Bytes are counted once they are sent, which may be after they have arrived.
        await Eventually.TrueAsync(() => (_traffic.BytesToPeers, _traffic.BytesToClients) == (700, 300));
        await Eventually.TrueAsync(() => (_realm.ToPeers(RelayPath.Connection).Bytes, _realm.ToClients(RelayPath.Connection).Bytes) == (700, 300));
        Assert.Equal((0, 0), (_traffic.PacketsToPeers, _traffic.PacketsToClients));
        await _fromClient.Writer.CompleteAsync();
        peer.Socket.Shutdown(SocketShutdown.Send);
        await run;
        await peer.DisposeAsync();
    }

    [Fact]
    public void Without_a_listener_for_streams_the_switch_is_warned_of()
    {
        EdgeSettings settings = Reading.Good(("Edge:Protocol:TcpRelay", "true"));
        Assert.Contains(settings.Warnings, warning => warning.Contains("Edge:Protocol:TcpRelay", StringComparison.Ordinal));
        settings = Reading.Good(("Edge:Protocol:TcpRelay", "true"), ("Edge:Listeners:0", "tcp://127.0.0.1:3478"));
        Assert.DoesNotContain(settings.Warnings, warning => warning.Contains("TcpRelay", StringComparison.Ordinal));
    }

    private async Task<(Task Run, NetworkStream Peer)> StartAsync()
    {
        Socket socket = PeerSocket.Create(AddressFamily.InterNetwork);
        await socket.ConnectAsync(_listener.Address, TestContext.Current.CancellationToken);
        NetworkStream peer = await _listener.AcceptAsync();
        var client = new StreamPipes(_fromClient.Reader, _toClient.Writer, () =>
        {
            Volatile.Write(ref _ended, true);
            return Task.CompletedTask;
        });
        return (RunAsync(), peer);

        async Task RunAsync()
        {
            using var splice = new Splice(
                client, socket, new ByteRate(() => 0, _time), new ByteRate(() => 0, _time), _traffic, _time);
            await splice.RunAsync(CancellationToken.None);
        }
    }
}
