using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.Tests.TcpRelay;

/// <summary>TURN-TCP (RFC 6062) over real sockets.</summary>
public sealed class TcpRelayTests : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private readonly RelayedPeer _peer = new();

    public void Dispose()
    {
        _certificates.Dispose();
        _peer.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connect_leaves_from_the_relayed_address_and_bytes_pass_both_ways(bool tls)
    {
        await using StreamHost host = await StartAsync();
        await using RelayedClient client = await AllocateAsync(host, tls);
        await using RelayedClient data = await client.ReachAsync(_peer.Address);
        await using NetworkStream peer = await _peer.AcceptAsync();
        Assert.Equal(client.Relayed.ToIPEndPoint(), peer.Socket.RemoteEndPoint);
        await data.SendAsync("to the peer"u8.ToArray());
        Assert.Equal("to the peer"u8.ToArray(), await RelayedPeer.ReceiveAsync(peer, 11));
        await RelayedPeer.SendAsync(peer, "to the client"u8.ToArray());
        Assert.Equal("to the client"u8.ToArray(), await data.ReceiveAsync(13));
        await Eventually.EqualAsync(11, () => host.Snapshot.ClientToPeer.Bytes);
        await Eventually.EqualAsync(13, () => host.Snapshot.PeerToClient.Bytes);
        Assert.Equal(1, host.Snapshot.PeerConnections);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Megabytes_pass_both_ways_at_once_unchanged(bool tls)
    {
        await using StreamHost host = await StartAsync();
        await using RelayedClient client = await AllocateAsync(host, tls);
        await using RelayedClient data = await client.ReachAsync(_peer.Address);
        await using NetworkStream peer = await _peer.AcceptAsync();
        byte[] outward = RandomNumberGenerator.GetBytes(5_000_001);
        byte[] inward = RandomNumberGenerator.GetBytes(4_000_003);
        Task sending = data.SendAsync(outward);
        Task answering = RelayedPeer.SendAsync(peer, inward);
        Task<byte[]> atPeer = RelayedPeer.ReceiveAsync(peer, outward.Length);
        Task<byte[]> atClient = data.ReceiveAsync(inward.Length);
        await Task.WhenAll(sending, answering, atPeer, atClient);
        Assert.Equal(outward, await atPeer);
        Assert.Equal(inward, await atClient);
    }

    [Fact]
    public async Task What_the_peer_sends_before_ConnectionBind_comes_first()
    {
        await using StreamHost host = await StartAsync();
        await using RelayedClient client = await AllocateAsync(host);
        byte[] answer = await client.ConnectAsync(_peer.Address);
        await using NetworkStream peer = await _peer.AcceptAsync();
        await RelayedPeer.SendAsync(peer, "early "u8.ToArray());
        await using RelayedClient data = await client.BindAsync(RelayedClient.IdOf(answer));
        await RelayedPeer.SendAsync(peer, "and late"u8.ToArray());
        Assert.Equal("early and late"u8.ToArray(), await data.ReceiveAsync(14));
    }

    [Fact]
    public async Task What_the_client_sends_right_behind_ConnectionBind_reaches_the_peer()
    {
        await using StreamHost host = await StartAsync();
        await using RelayedClient client = await AllocateAsync(host);
        byte[] answer = await client.ConnectAsync(_peer.Address);
        await using NetworkStream peer = await _peer.AcceptAsync();

        // Bytes that would be a STUN header, were they not the peer's.
        byte[] bytes = RunningRelay.Request(StunMethod.Binding);
        await using RelayedClient data = await client.BindAsync(RelayedClient.IdOf(answer), bytes);
        Assert.Equal(bytes, await RelayedPeer.ReceiveAsync(peer, bytes.Length));
    }

    [Fact]
    public async Task A_peer_with_a_permission_is_announced_and_joined()
    {
        await using StreamHost host = await StartAsync();
        await using RelayedClient client = await AllocateAsync(host);
        Assert.Equal(0, await client.PermitAsync(_peer.Address));
        await using NetworkStream peer = await RelayedPeer.KnockAsync(client.Relayed.ToIPEndPoint());
        await RelayedPeer.SendAsync(peer, "hello"u8.ToArray());
        byte[] attempt = await client.ReceiveMessageAsync();
        StunMessage.TryParse(attempt, out StunMessage indication);
        Assert.Equal((StunMethod.ConnectionAttempt, StunClass.Indication), (indication.Method, indication.Class));
        Assert.Equal(AttributeResult.Ok, XorPeerAddress.Read(indication, out TransportAddress from));
        Assert.Equal(peer.Socket.LocalEndPoint, from.ToIPEndPoint());
        await using RelayedClient data = await client.BindAsync(RelayedClient.IdOf(attempt));
        Assert.Equal("hello"u8.ToArray(), await data.ReceiveAsync(5));
        await data.SendAsync("welcome"u8.ToArray());
        Assert.Equal("welcome"u8.ToArray(), await RelayedPeer.ReceiveAsync(peer, 7));
    }

    [Fact]
    public async Task A_peer_without_a_permission_is_closed_and_leaves_nothing()
    {
        await using StreamHost host = await StartAsync();
        await using RelayedClient client = await AllocateAsync(host);
        for (int i = 0; i < 20; i++)
        {
            await using NetworkStream peer = await RelayedPeer.KnockAsync(client.Relayed.ToIPEndPoint());
            await RelayedPeer.IsEndedAsync(peer);
        }

        Assert.Equal(20, host.Snapshot.Drops.Single(drop => drop.Name == "no_permission").Count);
        Assert.Equal(0, host.Snapshot.PeerConnections);
        Assert.Equal(0, await client.RefreshAsync(600));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_end_that_has_finished_sending_still_receives(bool tls)
    {
        await using StreamHost host = await StartAsync();
        await using RelayedClient client = await AllocateAsync(host, tls);
        await using RelayedClient data = await client.ReachAsync(_peer.Address);
        await using NetworkStream peer = await _peer.AcceptAsync();
        await data.SendAsync("question"u8.ToArray());
        await data.FinishAsync();
        Assert.Equal("question"u8.ToArray(), await RelayedPeer.ReceiveAsync(peer, 8));
        await RelayedPeer.IsFinishedAsync(peer);
        byte[] answer = RandomNumberGenerator.GetBytes(300_000);
        await RelayedPeer.SendAsync(peer, answer);
        await peer.DisposeAsync();
        Assert.Equal(answer, await data.ReceiveAsync(answer.Length));
        await data.IsEndedAsync();
        await Eventually.EqualAsync(0, () => host.Snapshot.PeerConnections);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_peer_that_has_finished_sending_still_receives(bool tls)
    {
        await using StreamHost host = await StartAsync();
        await using RelayedClient client = await AllocateAsync(host, tls);
        await using RelayedClient data = await client.ReachAsync(_peer.Address);
        await using NetworkStream peer = await _peer.AcceptAsync();
        // So much that it waits everywhere on the way, and the end of it overtakes nothing.
        byte[] question = RandomNumberGenerator.GetBytes(8_000_000);
        Task sending = SendAndFinishAsync();
        Assert.Equal(question, await data.ReceiveAsync(question.Length));
        await sending;
        await RelayedPeer.IsFinishedAsync(data.Stream);
        await data.SendAsync("answer"u8.ToArray());
        Assert.Equal("answer"u8.ToArray(), await RelayedPeer.ReceiveAsync(peer, 6));
        await data.DisposeAsync();
        await RelayedPeer.IsEndedAsync(peer);
        await Eventually.EqualAsync(0, () => host.Snapshot.PeerConnections);

        async Task SendAndFinishAsync()
        {
            await RelayedPeer.SendAsync(peer, question);
            peer.Socket.Shutdown(SocketShutdown.Send);
        }
    }

    [Fact]
    public async Task A_reset_at_either_end_ends_the_other()
    {
        await using StreamHost host = await StartAsync();
        await using RelayedClient client = await AllocateAsync(host);
        await using (RelayedClient data = await client.ReachAsync(_peer.Address))
        {
            await using NetworkStream peer = await _peer.AcceptAsync();
            data.Socket.LingerState = new LingerOption(true, 0);
            await data.DisposeAsync();
            await RelayedPeer.IsEndedAsync(peer);
        }

        await Eventually.EqualAsync(0, () => host.Snapshot.PeerConnections);
        await using (RelayedClient data = await client.ReachAsync(_peer.Address))
        {
            NetworkStream peer = await _peer.AcceptAsync();
            peer.Socket.LingerState = new LingerOption(true, 0);
            await peer.DisposeAsync();
            await data.IsEndedAsync();
        }

        await Eventually.EqualAsync(0, () => host.Snapshot.PeerConnections);
        Assert.Equal(0, await client.RefreshAsync(600));
    }

    [Fact]
    public async Task A_client_that_does_not_read_stops_the_peer_and_loses_nothing()
    {
        await using StreamHost host = await StartAsync();
        await using RelayedClient client = await AllocateAsync(host);
        await using RelayedClient data = await client.ReachAsync(_peer.Address);
        await using NetworkStream peer = await _peer.AcceptAsync();
        long sent = Fill(peer);
        Assert.InRange(host.Snapshot.PeerToClient.Bytes, 1, sent);
        byte[] received = await data.ReceiveAsync((int)sent);
        Assert.DoesNotContain(received, each => each != 0x5A);
        await RelayedPeer.SendAsync(peer, "more"u8.ToArray());
        Assert.Equal("more"u8.ToArray(), await data.ReceiveAsync(4));
    }

    [Fact]
    public async Task A_peer_that_nobody_has_bound_yet_is_stopped_by_its_window()
    {
        await using StreamHost host = await StartAsync();
        await using RelayedClient client = await AllocateAsync(host);
        byte[] answer = await client.ConnectAsync(_peer.Address);
        await using NetworkStream peer = await _peer.AcceptAsync();
        long sent = Fill(peer);
        Assert.Equal(0, host.Snapshot.PeerToClient.Bytes);
        await using RelayedClient data = await client.BindAsync(RelayedClient.IdOf(answer));
        Assert.DoesNotContain(await data.ReceiveAsync((int)sent), each => each != 0x5A);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_end_of_the_allocation_closes_its_connections_and_its_port(bool byClosing)
    {
        await using StreamHost host = await StartAsync();
        await using RelayedClient client = await AllocateAsync(host);
        await using RelayedClient data = await client.ReachAsync(_peer.Address);
        await using NetworkStream bound = await _peer.AcceptAsync();
        using var second = new RelayedPeer();
        Assert.Equal(0, RunningRelay.Code(await client.ConnectAsync(second.Address)));
        await using NetworkStream unbound = await second.AcceptAsync();
        Assert.Equal((1, 2), (host.Snapshot.RelayPortsUsed, host.Snapshot.PeerConnections));
        if (byClosing)
        {
            await client.DisposeAsync();
        }
        else
        {
            Assert.Equal(0, await client.RefreshAsync(0));
        }

        await data.IsEndedAsync();
        await RelayedPeer.IsEndedAsync(bound);
        await RelayedPeer.IsEndedAsync(unbound);
        await Assert.ThrowsAsync<SocketException>(() => RelayedPeer.KnockAsync(client.Relayed.ToIPEndPoint()));
        await Eventually.TrueAsync(() => host.Snapshot is { RelayPortsUsed: 0, PeerConnections: 0, Allocations: 0 });
    }

    [Fact]
    public async Task Refused_forbidden_and_repeated_connections_are_447_403_and_446()
    {
        await using StreamHost host = await StartAsync();
        await using RelayedClient client = await AllocateAsync(host);
        using var gone = new RelayedPeer();
        IPEndPoint nobody = gone.Address;
        gone.Dispose();
        Assert.Equal(447, RunningRelay.Code(await client.ConnectAsync(nobody)));
        Assert.Equal(403, RunningRelay.Code(await client.ConnectAsync(new IPEndPoint(IPAddress.Parse("169.254.169.254"), 80))));
        Assert.Equal(403, RunningRelay.Code(await client.ConnectAsync(host.Address())));
        Assert.Equal(0, RunningRelay.Code(await client.ConnectAsync(_peer.Address)));
        Assert.Equal(446, RunningRelay.Code(await client.ConnectAsync(_peer.Address)));
        Assert.Equal(1, host.Snapshot.PeerConnections);
    }

    [Fact]
    public async Task A_data_connection_finds_the_shard_of_its_allocation()
    {
        await using StreamHost host = await StartAsync(("Edge:Shards", "4"), ("Edge:Quota:PeerConnectionsPerAllocation", "32"));
        await using RelayedClient client = await AllocateAsync(host);
        for (int i = 0; i < 12; i++)
        {
            using var peer = new RelayedPeer();
            await using RelayedClient data = await client.ReachAsync(peer.Address);
            await using NetworkStream at = await peer.AcceptAsync();
            await data.SendAsync([(byte)i]);
            Assert.Equal([(byte)i], await RelayedPeer.ReceiveAsync(at, 1));
            await RelayedPeer.SendAsync(at, "x"u8.ToArray());
            await data.ReceiveAsync(1);
        }

        await Eventually.EqualAsync(0, () => host.Snapshot.PeerConnections);
        await Eventually.EqualAsync(1, () => host.Open("tcp"));
    }

    [Fact]
    public async Task A_refused_ConnectionBind_leaves_its_connection_as_it_was()
    {
        await using StreamHost host = await StartAsync(("Edge:Shards", "4"));
        await using RelayedClient client = await AllocateAsync(host);
        for (uint id = 0; id < 8; id++)
        {
            (RelayedClient data, int code) = await client.TryBindAsync(id);
            Assert.Equal(400, code);
            await data.SendAsync(RunningRelay.Request(StunMethod.Binding));
            Assert.Equal(0, RunningRelay.Code(await data.ReceiveMessageAsync()));
            await data.DisposeAsync();
        }

        await Eventually.EqualAsync(1, () => host.Open("tcp"));
    }

    [Fact]
    public async Task Two_clients_of_the_edge_reach_each_other_through_it()
    {
        await using StreamHost host = await StartAsync();
        await using RelayedClient alice = await AllocateAsync(host);
        await using RelayedClient bob = await AllocateAsync(host);
        Assert.Equal(0, await bob.PermitAsync(alice.Relayed.ToIPEndPoint()));
        byte[] connected = await alice.ConnectAsync(bob.Relayed.ToIPEndPoint());
        Assert.Equal(0, RunningRelay.Code(connected));
        byte[] attempt = await bob.ReceiveMessageAsync();
        StunMessage.TryParse(attempt, out StunMessage indication);
        XorPeerAddress.Read(indication, out TransportAddress from);
        Assert.Equal(alice.Relayed, from);
        await using RelayedClient atAlice = await alice.BindAsync(RelayedClient.IdOf(connected));
        await using RelayedClient atBob = await bob.BindAsync(RelayedClient.IdOf(attempt));
        await atAlice.SendAsync("hello"u8.ToArray());
        Assert.Equal("hello"u8.ToArray(), await atBob.ReceiveAsync(5));
    }

    [Fact]
    public async Task IPv6_is_relayed_as_well()
    {
        await using StreamHost host = await StartAsync(("Edge:Listeners:0", "tcp://[::1]:0"), ("Edge:Peers:AllowPrivate:0", "::1/128"));
        var server = IPEndPoint.Parse(host.Relay.ListenerUrls[0].Split('?')[0]["turn:".Length..]);
        await using RelayedClient client = await RelayedClient.AllocateAsync(server);
        using var peer = new RelayedPeer(IPAddress.IPv6Loopback);
        await using RelayedClient data = await client.ReachAsync(peer.Address);
        await using NetworkStream at = await peer.AcceptAsync();
        Assert.Equal(client.Relayed.ToIPEndPoint(), at.Socket.RemoteEndPoint);
        await data.SendAsync("six"u8.ToArray());
        Assert.Equal("six"u8.ToArray(), await RelayedPeer.ReceiveAsync(at, 3));
    }

    [Fact]
    public async Task Switched_off_it_is_442_and_takes_no_ports()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        await using StreamClient client = await host.ConnectAsync();
        await client.AllocateAsync();
        static void Tcp(ref StunMessageWriter writer) => RequestedTransport.Write(ref writer, 6);
        await using StreamClient other = await host.ConnectAsync();
        byte[] challenge = await other.AskAsync(RunningRelay.Request(StunMethod.Allocate));
        Assert.Equal(
            442, RunningRelay.Code(await other.AskAsync(RunningRelay.Request(StunMethod.Allocate, RelayedClient.NonceOf(challenge), Tcp))));
        Assert.Equal(65535 - 49152 + 1, host.Snapshot.RelayPortsTotal);
    }

    [Fact]
    public async Task A_range_without_a_free_port_is_508_and_a_port_of_another_program_is_passed_over()
    {
        using var taken = new RelayedPeer();
        string port = $"{taken.Address.Port}";
        await using StreamHost host = await StartAsync(("Edge:Relay:MinPort", port), ("Edge:Relay:MaxPort", port));
        await Assert.ThrowsAsync<Xunit.Sdk.EqualException>(() => AllocateAsync(host));
        Assert.Equal(0, host.Snapshot.RelayPortsUsed);
        taken.Dispose();
        await using RelayedClient client = await AllocateAsync(host);
        Assert.Equal(port, $"{client.Relayed.Port}");
    }

    private async Task<StreamHost> StartAsync(params (string Key, string? Value)[] pairs) => await StreamHost.StartAsync(
    [
        ("Edge:Listeners:1", "tls://127.0.0.1:0"), ("Edge:Protocol:TcpRelay", "true"), ("Edge:Quota:NewPeersPerSecondPerAllocation", "0"),
        .. _certificates.Settings, .. pairs,
    ]);

    private static Task<RelayedClient> AllocateAsync(StreamHost host, bool tls = false) =>
        RelayedClient.AllocateAsync(host.Address(tls ? "turns" : "turn"), tls);

    /// <summary>Sends until nothing more has been taken for half a second; how much that was.</summary>
    private static long Fill(NetworkStream peer)
    {
        const int MostThatMayWait = 64_000_000;
        byte[] chunk = new byte[10_000];
        Array.Fill(chunk, (byte)0x5A);
        peer.Socket.Blocking = false;
        long sent = 0;
        while (peer.Socket.Poll(TimeSpan.FromMilliseconds(500), SelectMode.SelectWrite))
        {
            int taken = peer.Socket.Send(chunk, SocketFlags.None, out SocketError error);
            sent += error == SocketError.Success ? taken : 0;
            Assert.True(sent < MostThatMayWait, "Nothing holds the peer back.");
        }

        return sent;
    }
}
