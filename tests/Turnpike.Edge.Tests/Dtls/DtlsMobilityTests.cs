using System.Net.Sockets;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>Mobility (RFC 8016) over DTLS through a running relay: the kernel decides which shard a new 5-tuple comes to.</summary>
public sealed class DtlsMobilityTests
{
    private const int Moves = 16;

    [Theory]
    [InlineData("4")]
    [InlineData("1")]
    public async Task A_call_over_DTLS_goes_on_while_its_client_moves_from_shard_to_shard(string shards)
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await StartAsync(files, shards);
        using Socket peer = RunningRelay.Client();
        DtlsTestClient client = new DtlsTestClient(running.Port).Connect();
        (byte[] ticket, TransportAddress relayed) = client.AllocateMobile(peer);
        long mostAway = 0;
        for (int i = 0; i < Moves; i++)
        {
            DtlsTestClient next = new DtlsTestClient(running.Port).Connect();
            ticket = DtlsTestClient.TicketOf(next.Move(ticket));

            // The old address serves until the new one is used.
            peer.SendTo("old"u8, relayed.ToIPEndPoint());
            Assert.Equal([0x40, 0, 0, 3, .. "old"u8], client.Receive());
            client.Close();
            client.Dispose();
            client = next;
            client.Exchange(peer, relayed);
            mostAway = Math.Max(mostAway, running.Relay.Read().MovedClients);
        }

        RelaySnapshot snapshot = running.Relay.Read();
        Assert.Equal(Moves, snapshot.AllocationsMoved);
        Assert.Equal(1, snapshot.Allocations);
        Assert.Equal(1, snapshot.RelayPortsUsed);
        Assert.Equal(shards != "1", mostAway > 0);
        await Eventually.EqualAsync(1, running.Sessions);

        client.Authenticated(StunMethod.Refresh, (ref StunMessageWriter writer) => Lifetime.Write(ref writer, 0));
        Assert.Equal(0, running.Relay.Read().Allocations);
        client.Close();
        await Eventually.TrueAsync(() => running.Sessions() == 0 && running.Relay.Read().MovedClients == 0);
        client.Dispose();
    }

    [Fact]
    public async Task Many_clients_move_and_send_at_once_and_nothing_is_lost()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await StartAsync(files, "4");
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Factory.StartNew(
            Call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.Equal(0, running.Drops("moved_client_queue_full"));
        Assert.Equal(6, running.Relay.Read().Allocations);

        void Call()
        {
            using Socket peer = RunningRelay.Client();
            DtlsTestClient client = new DtlsTestClient(running.Port).Connect();
            (byte[] ticket, TransportAddress relayed) = client.AllocateMobile(peer);
            for (int i = 0; i < 4; i++)
            {
                client.Dispose();
                client = new DtlsTestClient(running.Port).Connect();
                ticket = DtlsTestClient.TicketOf(client.Move(ticket));
                for (int j = 0; j < 50; j++)
                {
                    client.Exchange(peer, relayed);
                }
            }

            client.Dispose();
        }
    }

    private static Task<RunningRelay> StartAsync(TestCertificates files, string shards) => DtlsRelay.StartAsync(
        files,
        ("Edge:Shards", shards),
        ("Edge:Protocol:Mobility", "true"),
        ("Edge:Quota:UnauthenticatedResponsesPerSecond", "0"));
}
