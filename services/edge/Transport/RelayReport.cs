using System.Text;
using Turnpike.Edge.Transport.Dtls;
using Turnpike.Edge.Transport.TcpRelay;
using Turnpike.Server;
using Turnpike.Sockets;

namespace Turnpike.Edge.Transport;

/// <summary>Sums the shards' counters for a scrape.</summary>
internal static class RelayReport
{
    private static readonly DropReason[] Reasons = [.. Enum.GetValues<DropReason>().Where(reason => reason != DropReason.None)];
    private static readonly PeerRule[] PeerRules = [.. Enum.GetValues<PeerRule>().Where(rule => rule != PeerRule.None)];
    private static readonly RelayPath[] Paths = Enum.GetValues<RelayPath>();

    public static RelaySnapshot Read(IReadOnlyList<Shard> shards, IReadOnlyList<RelayInterface> interfaces)
    {
        List<RequestCount> requests =
        [
            .. from method in ServerCounters.Methods
               from code in ServerCounters.Codes
               let count = shards.Sum(shard => shard.Server.Counters.Requests(method, code))
               where count > 0 || code == 0
               select new RequestCount(Label(method.ToString()), code == 0 ? "success" : $"{code}", count),
        ];
        PathTraffic[] paths =
        [
            .. Paths.Select(path => Path(PathTraffic.ClientToPeer, path, counters => counters.ToPeers(path))),
            .. Paths.Select(path => Path(PathTraffic.PeerToClient, path, counters => counters.ToClients(path))),
        ];
        return new RelaySnapshot(
            requests,
            Named(Reasons, static (counters, reason) => counters.Drops(reason)),
            shards.Sum(shard => (long)shard.Server.AllocationCount),
            Sum(counters => counters.AllocationsCreated),
            Sum(counters => counters.AllocationsEnded),
            Total(paths, PathTraffic.ClientToPeer),
            Total(paths, PathTraffic.PeerToClient),
            interfaces.Sum(on => (long)on.Ports.Used + (on.TcpPorts?.Used ?? 0)),
            interfaces.Sum(on => (long)on.Ports.Total + (on.TcpPorts?.Total ?? 0)),
            shards.Sum(shard => shard.Sockets.KernelReceiveDrops),
            [
                new NamedCount("would_block", Sockets(counters => counters.SendDroppedWouldBlock)),
                new NamedCount("no_buffers", Sockets(counters => counters.SendDroppedNoBuffers)),
                new NamedCount("too_big", Sockets(counters => counters.SendDroppedTooBig)),
                new NamedCount("other", Sockets(counters => counters.SendDroppedOther)),
                new NamedCount("stream_backlog", shards.Sum(shard => shard.Streams.BacklogDrops)),
                new NamedCount("stream_closed", shards.Sum(shard => shard.Streams.ClosedDrops)),
            ],
            shards.Count)
        {
            AllocationKinds =
            [
                .. from transport in Enum.GetValues<ClientTransport>()
                   from family in Enum.GetValues<AllocationFamily>()
                   select new AllocationKindCount(
                       Lower(transport.ToString()), Lower(family.ToString()), Sum(counters => counters.Allocations(transport, family))),
            ],
            AuthenticationFailures = Named(
                Enum.GetValues<AuthenticationFailure>(), static (counters, reason) => counters.AuthenticationFailures(reason)),
            QuotaRejections = Named(Enum.GetValues<QuotaScope>(), static (counters, scope) => counters.QuotaRejections(scope)),
            PeersDenied = Named(PeerRules, static (counters, rule) => counters.DeniedPeers(rule)),
            Paths = paths,
            Realms = [.. shards.SelectMany(shard => shard.Server.Counters.Realms).GroupBy(realm => realm.Name, StringComparer.Ordinal).Select(OfRealm)],
            AllocationsMoved = Sum(counters => counters.AllocationsMoved),
            IcmpToClients = Sum(counters => counters.IcmpToClients),
            MovedClients = shards.Sum(shard => (long)(shard.Moved?.Count ?? 0) + (shard.Dtls?.Moved?.Count ?? 0)),
            PeerConnections = Tcp(counters => counters.Connections),
            Dtls = new DtlsSnapshot(
                [.. DtlsCounters.Results.Select(result => new NamedCount(Label(result.ToString()), Dtls(counters => counters.Handshakes(result))))],
                Dtls(counters => counters.HelloVerifyRequests),
                Dtls(counters => counters.Sessions)),
        };

        NamedCount[] Named<T>(T[] values, Func<ServerCounters, T, long> select)
            where T : struct, Enum =>
            [.. values.Select(value => new NamedCount(Label(value.ToString()), Sum(counters => select(counters, value))))];

        PathTraffic Path(string direction, RelayPath path, Func<ServerCounters, Relayed> select)
        {
            Relayed sum = shards.Aggregate(default(Relayed), (sum, shard) => sum + select(shard.Server.Counters));
            return new PathTraffic(direction, Lower(path.ToString()), sum.Packets, sum.Bytes);
        }

        long Sum(Func<ServerCounters, long> select) => shards.Sum(shard => select(shard.Server.Counters));

        long Dtls(Func<DtlsCounters, long> select) => shards.Sum(shard => shard.Dtls is { } dtls ? select(dtls.Counters) : 0);

        long Tcp(Func<TcpRelayCounters, long> select) => shards.Sum(shard => shard.TcpRelay is { } counters ? select(counters) : 0);

        long Sockets(Func<ReactorCounters, long> select) => shards.Sum(shard => select(shard.Sockets));
    }

    private static Traffic Total(PathTraffic[] paths, string direction)
    {
        PathTraffic[] same = [.. paths.Where(path => path.Direction == direction)];
        return new Traffic(same.Sum(path => path.Packets), same.Sum(path => path.Bytes));
    }

    private static RealmSnapshot OfRealm(IGrouping<string, RealmCounters> realm) => new(
        realm.Key,
        realm.Sum(counters => counters.Allocations),
        realm.Sum(counters => Paths.Sum(path => counters.ToPeers(path).Bytes)),
        realm.Sum(counters => Paths.Sum(path => counters.ToClients(path).Bytes)),
        realm.Sum(counters => counters.QuotaRejections));

    /// <summary>A name of one word: <c>IPv4</c> is <c>ipv4</c>.</summary>
    private static string Lower(string name) => name.ToLowerInvariant();

    /// <summary>A name as Prometheus labels are written: <c>NoPermission</c> is <c>no_permission</c>.</summary>
    internal static string Label(string name)
    {
        var label = new StringBuilder();
        for (int i = 0; i < name.Length; i++)
        {
            bool startsWord = char.IsUpper(name[i]) && i > 0
                && (char.IsLower(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            label.Append(startsWord ? "_" : "").Append(char.ToLowerInvariant(name[i]));
        }

        return label.ToString();
    }
}
