using System.Diagnostics;
using System.Text;
using Turnpike.Cluster;
using Turnpike.Edge.Tracing;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// What other threads than its shard's know of an allocation that lives: who it belongs to, and what it has relayed so far.
/// </summary>
internal sealed class LiveAllocation
{
    private readonly Lock _lock = new();
    private readonly AllocationTraffic _traffic;
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private UsageAmount _taken;

    public LiveAllocation(Allocation allocation, TimeProvider time)
    {
        Id = allocation.Id;
        Realm = allocation.Realm;
        User = allocation.User;
        Tag = allocation.Tag;
        Username = Encoding.UTF8.GetString(allocation.Credential.Username);
        IssuedAt = allocation.Credential.IssuedAt;
        Transport = allocation.FiveTuple.Transport;
        Client = allocation.FiveTuple.Client;
        RelayIPv4 = allocation.RelayIPv4?.Address;
        RelayIPv6 = allocation.RelayIPv6?.Address;
        Trace = (allocation.ObserverState as AllocationSpan)?.Context ?? default;
        Since = time.GetUtcNow();
        _traffic = allocation.Traffic;
        _time = time;
        _startedAt = time.GetTimestamp();
    }

    public long Id { get; }

    /// <summary>The number of the shard that has it.</summary>
    public int Shard => TurnServer.ShardOf(Id);

    public string Realm { get; }

    public string User { get; }

    public string Tag { get; }

    public string Username { get; }

    /// <summary>Of its credential, in seconds of Unix time; null where the credential does not say.</summary>
    public long? IssuedAt { get; }

    /// <summary>How its client came in when it began; only its shard knows where a client has moved to since (RFC 8016).</summary>
    public ClientTransport Transport { get; }

    /// <summary>The client's address and port when it began.</summary>
    public TransportAddress Client { get; }

    public TransportAddress? RelayIPv4 { get; }

    public TransportAddress? RelayIPv6 { get; }

    public DateTimeOffset Since { get; }

    /// <summary>Its span; default where it is not traced.</summary>
    public ActivityContext Trace { get; }

    /// <summary>The share of its user's bits a second that it was given last; 0 = none. Of <see cref="UserShares"/> alone.</summary>
    public long Share { get; set; }

    /// <summary>What it had relayed a moment ago, by direction. Of <see cref="UserShares"/> alone.</summary>
    public (long ToPeers, long ToClients) BytesBefore { get; set; }

    /// <summary>Payload bytes relayed so far, by direction.</summary>
    public (long ToPeers, long ToClients) Bytes => (_traffic.BytesToPeers, _traffic.BytesToClients);

    /// <summary>All that it has used.</summary>
    public UsageAmount Total => new()
    {
        Allocations = 1,
        AllocationSeconds = (long)_time.GetElapsedTime(_startedAt).TotalSeconds,
        BytesToPeers = _traffic.BytesToPeers,
        BytesToClients = _traffic.BytesToClients,
        PacketsToPeers = _traffic.PacketsToPeers,
        PacketsToClients = _traffic.PacketsToClients,
    };

    /// <summary>What it has used since the last call; each byte is handed out once, whoever calls.</summary>
    public UsageAmount TakeUsage()
    {
        lock (_lock)
        {
            UsageAmount total = Total;
            UsageAmount before = _taken;
            _taken = total;
            return new UsageAmount
            {
                Allocations = total.Allocations - before.Allocations,
                AllocationSeconds = total.AllocationSeconds - before.AllocationSeconds,
                BytesToPeers = total.BytesToPeers - before.BytesToPeers,
                BytesToClients = total.BytesToClients - before.BytesToClients,
                PacketsToPeers = total.PacketsToPeers - before.PacketsToPeers,
                PacketsToClients = total.PacketsToClients - before.PacketsToClients,
            };
        }
    }
}
