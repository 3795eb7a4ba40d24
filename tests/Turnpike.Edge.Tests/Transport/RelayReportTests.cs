using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.Tests.Transport;

/// <summary>What a scrape finds of a relay that works, while it works.</summary>
public sealed class RelayReportTests
{
    [Fact]
    public async Task Sessions_show_while_they_live_and_are_measured_when_they_end()
    {
        await using RunningRelay running = await RunningRelay.StartAsync(
            ("Edge:Peers:AllowPrivate:0", "127.0.0.0/8"), ("Edge:Quota:AllocationsPerRealm", "1"), ("Edge:Peers:Deny:0", "127.9.0.0/16"));
        ConcurrentDictionary<string, double> ended = [];
        using MeterListener listener = Listen(running, ended);
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        using Socket client = RunningRelay.Client();
        using Socket peer = RunningRelay.Client();
        TransportAddress peerAddress = TransportAddress.From((IPEndPoint)peer.LocalEndPoint!);
        (byte[] nonce, TransportAddress relayed) = RunningRelay.Allocate(client, server);
        Assert.Equal(0, Permit(client, server, nonce, peerAddress));
        Assert.Equal(403, Permit(client, server, nonce, TransportAddress.From(IPAddress.Parse("127.9.0.1"), 1)));
        peer.SendTo("pong!"u8, relayed.ToIPEndPoint());
        Assert.True(client.Receive(new byte[2048]) > 0);
        using Socket other = RunningRelay.Client();
        Assert.Equal(486, TryAllocate(other, server, RunningRelay.Password));
        Assert.Equal(401, TryAllocate(other, server, "guessed"));

        RelaySnapshot snapshot = running.Relay.Read();
        Assert.Equal(new AllocationKindCount("udp", "ipv4", 1), Assert.Single(snapshot.AllocationKinds, kind => kind.Count > 0));
        Assert.Equal(12, snapshot.AllocationKinds.Count);
        Assert.Equal(
            new PathTraffic(PathTraffic.PeerToClient, "indication", 1, 5), Assert.Single(snapshot.Paths, path => path.Bytes > 0));
        Assert.Equal(6, snapshot.Paths.Count);
        Assert.Equal(new NamedCount("wrong_password", 1), Assert.Single(snapshot.AuthenticationFailures, failures => failures.Count > 0));
        Assert.Equal(new NamedCount("realm", 1), Assert.Single(snapshot.QuotaRejections, rejections => rejections.Count > 0));
        Assert.Equal(new NamedCount("configured", 1), Assert.Single(snapshot.PeersDenied, denied => denied.Count > 0));
        Assert.Equal(
            [new RealmSnapshot("other", 0, 0, 0, 0), new RealmSnapshot("turnpike", 1, 0, 5, 1) { Limit = 1 }], snapshot.Realms);
        Assert.DoesNotContain(ended.Keys, name => name.Contains("session", StringComparison.Ordinal));

        static void Zero(ref StunMessageWriter writer) => Lifetime.Write(ref writer, 0);
        Assert.Equal(0, RunningRelay.Code(RunningRelay.Ask(client, server, RunningRelay.Request(StunMethod.Refresh, nonce, Zero)).Answer));
        Assert.Equal(5, ended["turnpike.edge.session_bytes"]);
        Assert.InRange(ended["turnpike.edge.session_duration_seconds"], 0, 60);
        await Eventually.TrueAsync(() => ended.ContainsKey("turnpike.edge.loop_latency_seconds"));
        Assert.InRange(ended["turnpike.edge.loop_latency_seconds"], 0, 60);
    }

    [Fact]
    public async Task A_drain_tells_when_it_ends()
    {
        FakeTimeProvider time = new(DateTimeOffset.UnixEpoch.AddYears(50));
        await using RunningRelay running = await RunningRelay.StartAsync(time);
        Assert.Null(running.Relay.Read().DrainEndsAt);
        running.Relay.DrainByOrder(true);
        Assert.Null(running.Relay.Read().DrainEndsAt);
        running.Relay.DrainByOrder(true, TimeSpan.FromSeconds(90));
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(time.GetUtcNow().ToUnixTimeSeconds() + 70, running.Relay.Read().DrainEndsAt);

        // An order whose end has passed is told with nothing left; how long ago that was stays to be seen.
        time.Advance(TimeSpan.FromSeconds(170));
        running.Relay.DrainByOrder(true, TimeSpan.Zero);
        Assert.Equal(time.GetUtcNow().ToUnixTimeSeconds() - 100, running.Relay.Read().DrainEndsAt);
        running.Relay.DrainByOrder(false);
        Assert.Null(running.Relay.Read().DrainEndsAt);
    }

    [Fact]
    public async Task Reading_costs_the_same_however_many_allocations_there_are()
    {
        await using RunningRelay running = await RunningRelay.StartAsync();
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        List<Socket> clients = [RunningRelay.Client()];
        RunningRelay.Allocate(clients[0], server);
        long few = Cost();
        for (int i = 0; i < 200; i++)
        {
            clients.Add(RunningRelay.Client());
            RunningRelay.Allocate(clients[^1], server);
        }

        Assert.Equal(201, running.Relay.Read().Allocations);
        Assert.Equal(few, Cost());
        clients.ForEach(client => client.Dispose());

        // What is looked at is copied into the snapshot, so bytes are as good as steps, and exact.
        long Cost()
        {
            running.Relay.Read();
            long before = GC.GetAllocatedBytesForCurrentThread();
            running.Relay.Read();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static int Permit(Socket client, IPEndPoint server, byte[] nonce, TransportAddress peer)
    {
        void Write(ref StunMessageWriter writer) => XorPeerAddress.Write(ref writer, peer);
        return RunningRelay.Code(RunningRelay.Ask(client, server, RunningRelay.Request(StunMethod.CreatePermission, nonce, Write)).Answer);
    }

    private static int TryAllocate(Socket client, IPEndPoint server, string password)
    {
        static void Udp(ref StunMessageWriter writer) => RequestedTransport.Write(ref writer, 17);
        byte[] challenge = RunningRelay.Ask(client, server, RunningRelay.Request(StunMethod.Allocate, attributes: Udp)).Answer;
        StunMessage.TryParse(challenge, out StunMessage refused);
        Assert.Equal(AttributeResult.Ok, Nonce.Read(refused, out ReadOnlySpan<byte> nonce));
        return RunningRelay.Code(RunningRelay.Ask(
            client, server, RunningRelay.Request(StunMethod.Allocate, nonce.ToArray(), Udp, password: password)).Answer);
    }

    private static MeterListener Listen(RunningRelay running, ConcurrentDictionary<string, double> last)
    {
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, running.Meters))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => last[instrument.Name] = value);
        listener.Start();
        return listener;
    }
}
