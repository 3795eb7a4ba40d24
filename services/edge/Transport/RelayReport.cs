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
        return new RelaySnapshot(
            requests,
            [.. Reasons.Select(reason => new NamedCount(Label(reason.ToString()), Sum(counters => counters.Drops(reason))))],
            shards.Sum(shard => (long)shard.Server.AllocationCount),
            Sum(counters => counters.AllocationsCreated),
            Sum(counters => counters.AllocationsEnded),
            new Traffic(Sum(counters => counters.PacketsToPeers), Sum(counters => counters.BytesToPeers) + Tcp(counters => counters.BytesToPeers)),
            new Traffic(Sum(counters => counters.PacketsToClients), Sum(counters => counters.BytesToClients) + Tcp(counters => counters.BytesToClients)),
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
            AllocationsMoved = Sum(counters => counters.AllocationsMoved),
            IcmpToClients = Sum(counters => counters.IcmpToClients),
            MovedClients = shards.Sum(shard => (long)(shard.Moved?.Count ?? 0) + (shard.Dtls?.Moved?.Count ?? 0)),
            PeerConnections = Tcp(counters => counters.Connections),
            Dtls = new DtlsSnapshot(
                [.. DtlsCounters.Results.Select(result => new NamedCount(Label(result.ToString()), Dtls(counters => counters.Handshakes(result))))],
                Dtls(counters => counters.HelloVerifyRequests),
                Dtls(counters => counters.Sessions)),
        };

        long Sum(Func<ServerCounters, long> select) => shards.Sum(shard => select(shard.Server.Counters));

        long Dtls(Func<DtlsCounters, long> select) => shards.Sum(shard => shard.Dtls is { } dtls ? select(dtls.Counters) : 0);

        long Tcp(Func<TcpRelayCounters, long> select) => shards.Sum(shard => shard.TcpRelay is { } counters ? select(counters) : 0);

        long Sockets(Func<ReactorCounters, long> select) => shards.Sum(shard => select(shard.Sockets));
    }

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
