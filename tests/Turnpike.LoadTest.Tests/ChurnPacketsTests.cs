using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Scenarios;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.LoadTest.Tests;

/// <summary>The packets of calls that come and go, with a clock that stands still and a server that is a socket.</summary>
public sealed class ChurnPacketsTests : IDisposable
{
    private const long Millisecond = 1_000_000;
    private const long Second = 1000 * Millisecond;
    private const uint Run = 7;
    private const int FirstNumber = 10;

    private readonly Socket _server = new(System.Net.Sockets.AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 30_000 };
    private readonly DatagramReactor _reactor = DatagramReactor.Create();
    private readonly FakeTimeProvider _time = new();
    private readonly Clients _clients;
    private readonly ChurnPackets _packets;

    public ChurnPacketsTests()
    {
        _server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _clients = new Clients(_reactor, new TurnTarget("", (IPEndPoint)_server.LocalEndPoint!), IPAddress.Loopback, ScriptedServer.Credential);
        Assert.True(_reactor.TryOpen(SocketEndpoint.From(new IPEndPoint(IPAddress.Loopback, 0)), new DatagramSocketOptions(), null, out DatagramSocket? peer, out _));
        var sender = new PacketSender(Run, _reactor, peer, _clients, [], new Timeline(0, Second, () => 0, null));
        _packets = new ChurnPackets(new ChurnPlan(1, 1, Packets: 3), Run, FirstNumber, sender, new MonotonicClock(_time));
    }

    public void Dispose()
    {
        _clients.Dispose();
        _reactor.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Packets_are_evenly_spread_over_the_time_that_the_allocation_is_held()
    {
        ChurnClient client = Begin(now: 100 * Millisecond, deleteAt: 1000 * Millisecond);
        foreach (long dueAt in (long[])[100, 400, 700])
        {
            _packets.SendDue((dueAt * Millisecond) - 1);
            int before = client.PacketsSent;
            _packets.SendDue(dueAt * Millisecond);
            Assert.Equal(before + 1, client.PacketsSent);
            PacketStamp stamp = Take(out _);
            Assert.Equal(new PacketStamp(Run, FirstNumber, IsUp: true, before, dueAt * Millisecond), stamp);
        }

        _packets.SendDue(100 * Second);
        Assert.Equal((3, 3), (client.PacketsSent, _packets.Sent));
    }

    [Fact]
    public void A_packet_that_comes_back_counts_once_and_for_its_own_client()
    {
        ChurnClient client = Begin(now: 0, deleteAt: 0);
        _time.Advance(TimeSpan.FromMilliseconds(30));
        _packets.SendDue(0);
        PacketStamp stamp = Take(out byte[] payload);
        ChurnClient other = Begin(now: 0, deleteAt: 0);
        Assert.False(_packets.TryCount(client, payload)); // on its way there
        (stamp with { IsUp = false }).Write(payload);
        Assert.False(_packets.TryCount(other, payload));
        Assert.False(_packets.TryCount(client, [.. payload[..^1], (byte)~payload[^1]]));
        Assert.True(_packets.TryCount(client, payload));
        Assert.True(_packets.TryCount(client, payload));

        ChurnPacketsResult result = _packets.ToResult()!;
        Assert.Equal((3, 1), (result.Sent, result.Answered));
        Assert.Equal(200 / 3.0, result.LossPercent, 6);
        Assert.InRange(result.RoundTripMicroseconds.Maximum, 29_000, 31_000);
        Assert.InRange(result.FirstAnswerMicroseconds.Maximum, 34_000, 36_000); // its Allocate was due 5 ms earlier
    }

    [Fact]
    public void An_allocation_is_kept_for_answers_that_are_missing_but_not_for_ever()
    {
        ChurnClient client = Begin(now: 0, deleteAt: 0);
        Assert.False(_packets.IsDone(client, 0)); // nothing was sent yet
        _packets.SendDue(0);
        Assert.False(_packets.IsDone(client, Second - 1));
        Assert.True(_packets.IsDone(client, Second));
        client.Answers = 0b111;
        Assert.True(_packets.IsDone(client, 0));
        client.Answers = 0b110;
        _packets.End();
        Assert.True(_packets.IsDone(client, 0));
    }

    [Fact]
    public void The_peer_answers_what_comes_from_the_clients_relayed_address_and_nothing_else()
    {
        ChurnClient client = Begin(now: 0, deleteAt: 0);
        _packets.SendDue(0);
        PacketStamp stamp = Take(out byte[] payload);
        SocketEndpoint relayed = client.Flow.Relayed;
        Assert.True(_packets.TryEcho(payload, relayed));
        Assert.False(_packets.TryEcho(payload, SocketEndpoint.IPv4(0x7f000001, 9)));
        Assert.False(_packets.TryEcho(Changed(stamp with { IsUp = false }), relayed));
        Assert.False(_packets.TryEcho(Changed(stamp with { Run = Run + 1 }), relayed));
        Assert.False(_packets.TryEcho(Changed(stamp with { Flow = FirstNumber - 1 }), relayed)); // of a stream
        Assert.False(_packets.TryEcho(Changed(stamp with { Flow = FirstNumber + 1 }), relayed)); // of nobody
        _packets.Forget(client);
        Assert.True(_packets.TryEcho(payload, relayed)); // it is late, and no news

        byte[] Changed(PacketStamp other)
        {
            byte[] changed = [.. payload];
            other.Write(changed);
            return changed;
        }
    }

    private ChurnClient Begin(long now, long deleteAt)
    {
        var client = new ChurnClient
        {
            DueAt = -5 * Millisecond,
            IsMeasured = true,
            Flow = _clients.Open(0, TransportAddress.IPv4(0x7f000001, 9)),
            DeleteAt = deleteAt,
        };
        new ScriptedServer().MakeReady(client.Flow.Allocation, 0);
        _packets.Begin(client, now);
        return client;
    }

    /// <summary>What the server gets next.</summary>
    private PacketStamp Take(out byte[] payload)
    {
        _clients.Flush();
        byte[] buffer = new byte[2048];
        int length = _server.Receive(buffer);
        Assert.True(ChannelData.TryParse(buffer.AsSpan(0, length), out _, out ReadOnlySpan<byte> data));
        payload = data.ToArray();
        Assert.Equal(ChurnPackets.PayloadBytes, payload.Length);
        Assert.True(PacketStamp.TryRead(payload, out PacketStamp stamp));
        return stamp;
    }
}
