using System.Diagnostics.Metrics;

namespace Turnpike.Edge.Management;

/// <summary>The relay's counters as instruments. All of a scrape's values come from one <see cref="RelaySnapshot"/>.</summary>
public sealed class EdgeMetrics
{
    private readonly SharedSnapshot _snapshot;
    private int _instruments;

    public EdgeMetrics(IMeterFactory meters, IRelay relay, TimeProvider time)
    {
        _snapshot = new SharedSnapshot(relay.Read, time);
        Meter meter = meters.Create("Turnpike.Edge");

        Counter(meter, "requests", "STUN requests answered, by method and outcome", static snapshot => snapshot.Requests.Select(
            request => new Measurement<long>(request.Count, new("method", request.Method), new("code", request.Code))));
        Counter(meter, "drops", "Datagrams dropped, by reason", static snapshot => ByReason(snapshot.Drops));
        Gauge(meter, "allocations", "Allocations that live now", static snapshot => snapshot.Allocations);
        Counter(meter, "allocations_created", "Allocations created", static snapshot => [new(snapshot.AllocationsCreated)]);
        Counter(meter, "allocations_ended", "Allocations ended for any cause", static snapshot => [new(snapshot.AllocationsEnded)]);
        Counter(meter, "allocations_moved", "Moves of an allocation to another address of its client",
            static snapshot => [new(snapshot.AllocationsMoved)]);
        Gauge(meter, "moved_clients", "5-tuples of moved clients that are handed on from shard to shard", static snapshot => snapshot.MovedClients);
        Counter(meter, "relayed_packets", "Packets relayed, by direction",
            static snapshot => ByDirection(snapshot.ClientToPeer.Packets, snapshot.PeerToClient.Packets));
        Counter(meter, "relayed_bytes", "Payload bytes relayed, by direction",
            static snapshot => ByDirection(snapshot.ClientToPeer.Bytes, snapshot.PeerToClient.Bytes));
        Counter(meter, "icmp_to_clients", "ICMP errors about peers passed on to clients", static snapshot => [new(snapshot.IcmpToClients)]);
        Gauge(meter, "relay_ports_used", "Relay ports in use, those reserved included", static snapshot => snapshot.RelayPortsUsed);
        Gauge(meter, "relay_ports", "Relay ports in all, over all relay addresses", static snapshot => snapshot.RelayPortsTotal);
        Counter(meter, "socket_receive_drops", "Datagrams the kernel dropped because a receive buffer was full",
            static snapshot => [new(snapshot.SocketReceiveDrops)]);
        Counter(meter, "socket_send_drops", "Datagrams the kernel or a stream did not take, by reason", static snapshot => ByReason(snapshot.SocketSendDrops));
        Counter(meter, "dtls_handshakes", "DTLS handshakes ended, by result", static snapshot => snapshot.Dtls.Handshakes.Select(
            handshakes => new Measurement<long>(handshakes.Count, new KeyValuePair<string, object?>("result", handshakes.Name))));
        Counter(meter, "dtls_hello_verify_requests", "DTLS clients asked to prove their address",
            static snapshot => [new(snapshot.Dtls.HelloVerifyRequests)]);
        Gauge(meter, "dtls_sessions", "DTLS sessions that live now", static snapshot => snapshot.Dtls.Sessions);
        Gauges(meter, "stream_connections", "TCP and TLS connections of clients open now, by transport", static snapshot =>
            snapshot.Streams.Open.Select(
                open => new Measurement<long>(open.Count, new KeyValuePair<string, object?>("transport", open.Name))));
        Counter(meter, "stream_connections_closed", "TCP and TLS connections of clients closed, by reason",
            static snapshot => ByReason(snapshot.Streams.Closed));
        Gauges(meter, "certificate_expiry_timestamp_seconds", "Unix time at which the certificate in use expires", static snapshot =>
            snapshot.Streams.CertificateExpiresAt is { } expiresAt ? [new Measurement<long>(expiresAt)] : []);
        Gauge(meter, "peer_connections", "TCP connections with peers, open or being made", static snapshot => snapshot.PeerConnections);
        Gauge(meter, "shards", "Shards, each one thread", static snapshot => snapshot.Shards);
        meter.CreateObservableGauge("turnpike.edge.draining", () => relay.State == RelayState.Draining ? 1 : 0,
            description: "1 while the edge refuses new allocations, else 0");
    }

    private static IEnumerable<Measurement<long>> ByReason(IReadOnlyList<NamedCount> counts) =>
        counts.Select(count => new Measurement<long>(count.Count, new KeyValuePair<string, object?>("reason", count.Name)));

    private static Measurement<long>[] ByDirection(long clientToPeer, long peerToClient) =>
    [
        new(clientToPeer, new KeyValuePair<string, object?>("direction", "client_to_peer")),
        new(peerToClient, new KeyValuePair<string, object?>("direction", "peer_to_client")),
    ];

    private void Counter(Meter meter, string name, string description, Func<RelaySnapshot, IEnumerable<Measurement<long>>> measure)
    {
        int reader = _instruments++;
        meter.CreateObservableCounter($"turnpike.edge.{name}", () => measure(_snapshot.For(reader)), description: description);
    }

    private void Gauge(Meter meter, string name, string description, Func<RelaySnapshot, long> measure) =>
        Gauges(meter, name, description, snapshot => [new(measure(snapshot))]);

    private void Gauges(Meter meter, string name, string description, Func<RelaySnapshot, IEnumerable<Measurement<long>>> measure)
    {
        int reader = _instruments++;
        meter.CreateObservableGauge($"turnpike.edge.{name}", () => measure(_snapshot.For(reader)), description: description);
    }
}
