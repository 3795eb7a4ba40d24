using System.Diagnostics.Metrics;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Turnpike.Edge.Management;

/// <summary>
/// The relay's counters as instruments. All of a scrape's values come from one <see cref="RelaySnapshot"/>, whose cost does not depend
/// on how many allocations there are.
/// </summary>
internal sealed class EdgeMetrics
{
    private readonly Meter _meter;
    private readonly SharedSnapshot _snapshot;
    private int _instruments;

    public EdgeMetrics(IMeterFactory meters, IRelay relay, EdgeSettings settings, ServiceIdentity identity, TimeProvider time)
    {
        LoadMeter load = new(time);
        _snapshot = new SharedSnapshot(
            () =>
            {
                RelaySnapshot snapshot = relay.Read();
                return snapshot with { Load = load.Measure(relay, snapshot) };
            },
            time);
        _meter = meters.Create("Turnpike.Edge");
        BuildInfo.Add(meters, "edge", identity);
        AddRequests();
        AddTraffic();
        AddRealms();
        AddSockets();
        AddLoad(settings.Capacity);
        _meter.CreateObservableGauge("turnpike.edge.draining", () => relay.State == RelayState.Draining ? 1 : 0,
            description: "1 while the edge refuses new allocations, else 0");
    }

    private void AddRequests()
    {
        Counter("requests", "STUN requests answered, by method and outcome", static snapshot => snapshot.Requests.Select(
            request => new Measurement<long>(request.Count, new Tag("method", request.Method), new Tag("code", request.Code))));
        Counter("authentication_failures", "Requests that were not authenticated, by reason; a challenge is none",
            static snapshot => By("reason", snapshot.AuthenticationFailures));
        Counter("quota_rejections", "Requests refused and datagrams dropped because of a limit, by limit",
            static snapshot => By("scope", snapshot.QuotaRejections));
        Counter("peers_denied", "Times that the peer policy refused a peer, by rule", static snapshot => By("rule", snapshot.PeersDenied));
        Gauges("allocations", "Allocations that live now, by the client's transport and the families of their relayed addresses",
            static snapshot => snapshot.AllocationKinds.Select(kind =>
                new Measurement<long>(kind.Count, new Tag("transport", kind.Transport), new Tag("family", kind.Family))));
        Counter("allocations_created", "Allocations created", static snapshot => [new(snapshot.AllocationsCreated)]);
        Counter("allocations_ended", "Allocations ended for any cause", static snapshot => [new(snapshot.AllocationsEnded)]);
        Counter("allocations_moved", "Moves of an allocation to another address of its client",
            static snapshot => [new(snapshot.AllocationsMoved)]);
        Gauge("moved_clients", "5-tuples of moved clients that are handed on from shard to shard", static snapshot => snapshot.MovedClients);
    }

    private void AddTraffic()
    {
        Counter("relayed_packets", "Packets relayed, by direction and path", static snapshot => snapshot.Paths
            .Where(path => path.Path != PathTraffic.Connection)
            .Select(path => new Measurement<long>(path.Packets, new Tag("direction", path.Direction), new Tag("path", path.Path))));
        Counter("relayed_bytes", "Payload bytes relayed, by direction and path", static snapshot => snapshot.Paths
            .Select(path => new Measurement<long>(path.Bytes, new Tag("direction", path.Direction), new Tag("path", path.Path))));
        Counter("drops", "Datagrams dropped, by reason", static snapshot => By("reason", snapshot.Drops));
        Counter("icmp_to_clients", "ICMP errors about peers passed on to clients", static snapshot => [new(snapshot.IcmpToClients)]);
    }

    private void AddRealms()
    {
        Gauges("realm_allocations", "Allocations that live now, by realm", static snapshot => snapshot.Realms.Select(
            realm => new Measurement<long>(realm.Allocations, new Tag("realm", realm.Name))));
        Gauges("realm_allocations_limit", "Allocations that a realm may have at once, on all edges of its cluster together",
            static snapshot => snapshot.Realms.Where(realm => realm.Limit > 0)
                .Select(realm => new Measurement<long>(realm.Limit, new Tag("realm", realm.Name))));
        Counter("realm_relayed_bytes", "Payload bytes relayed, by realm and direction", static snapshot => snapshot.Realms.SelectMany(
            realm => new Measurement<long>[]
            {
                new(realm.BytesToPeers, new Tag("realm", realm.Name), new Tag("direction", PathTraffic.ClientToPeer)),
                new(realm.BytesToClients, new Tag("realm", realm.Name), new Tag("direction", PathTraffic.PeerToClient)),
            }));
        Counter("realm_quota_rejections", "Requests refused and datagrams dropped because of a limit, by realm",
            static snapshot => snapshot.Realms.Select(realm => new Measurement<long>(realm.QuotaRejections, new Tag("realm", realm.Name))));
    }

    private void AddSockets()
    {
        Gauge("relay_ports_used", "Relay ports in use, those reserved included", static snapshot => snapshot.RelayPortsUsed);
        Gauge("relay_ports", "Relay ports in all, over all relay addresses", static snapshot => snapshot.RelayPortsTotal);
        Counter("socket_receive_drops", "Datagrams the kernel dropped because a receive buffer was full",
            static snapshot => [new(snapshot.SocketReceiveDrops)]);
        Counter("socket_send_drops", "Datagrams the kernel or a stream did not take, by reason",
            static snapshot => By("reason", snapshot.SocketSendDrops));
        Counter("dtls_handshakes", "DTLS handshakes ended, by result", static snapshot => By("result", snapshot.Dtls.Handshakes));
        Counter("dtls_hello_verify_requests", "DTLS clients asked to prove their address",
            static snapshot => [new(snapshot.Dtls.HelloVerifyRequests)]);
        Gauge("dtls_sessions", "DTLS sessions that live now", static snapshot => snapshot.Dtls.Sessions);
        Gauges("stream_connections", "TCP and TLS connections of clients open now, by transport",
            static snapshot => By("transport", snapshot.Streams.Open));
        Counter("stream_connections_closed", "TCP and TLS connections of clients closed, by reason",
            static snapshot => By("reason", snapshot.Streams.Closed));
        Gauges("certificate_expiry_timestamp_seconds", "Unix time at which the certificate in use expires", static snapshot =>
            snapshot.Streams.CertificateExpiresAt is { } expiresAt ? [new Measurement<long>(expiresAt)] : []);
        Gauge("peer_connections", "TCP connections with peers, open or being made", static snapshot => snapshot.PeerConnections);
    }

    private void AddLoad(CapacityOptions capacity)
    {
        Gauge("shards", "Shards, each one thread", static snapshot => snapshot.Shards);
        Reals("shard_busy_ratio", "How much of its time each shard's thread worked since the scrape before, 0 to 1", static snapshot =>
            snapshot.Load.ShardsBusy.Select((busy, shard) => new Measurement<double>(busy, new Tag("shard", shard))));
        Reals("saturation_ratio", "Load as a part of what this edge is good for, by dimension; those whose capacity is not known are absent",
            snapshot => Saturation.Of(snapshot, capacity).Select(each => new Measurement<double>(each.Ratio, new Tag("dimension", each.Dimension))));
        Gauge("drain_deadline_timestamp_seconds", "Unix time at which the drain that is under way ends; 0 while there is none, or it has no end",
            static snapshot => snapshot.DrainEndsAt ?? 0);
    }

    private static IEnumerable<Measurement<long>> By(string label, IReadOnlyList<NamedCount> counts) =>
        counts.Select(count => new Measurement<long>(count.Count, new Tag(label, count.Name)));

    private void Counter(string name, string description, Func<RelaySnapshot, IEnumerable<Measurement<long>>> measure)
    {
        int reader = _instruments++;
        _meter.CreateObservableCounter($"turnpike.edge.{name}", () => measure(_snapshot.For(reader)), description: description);
    }

    private void Gauge(string name, string description, Func<RelaySnapshot, long> measure) =>
        Gauges(name, description, snapshot => [new(measure(snapshot))]);

    private void Gauges(string name, string description, Func<RelaySnapshot, IEnumerable<Measurement<long>>> measure)
    {
        int reader = _instruments++;
        _meter.CreateObservableGauge($"turnpike.edge.{name}", () => measure(_snapshot.For(reader)), description: description);
    }

    private void Reals(string name, string description, Func<RelaySnapshot, IEnumerable<Measurement<double>>> measure)
    {
        int reader = _instruments++;
        _meter.CreateObservableGauge($"turnpike.edge.{name}", () => measure(_snapshot.For(reader)), description: description);
    }
}
