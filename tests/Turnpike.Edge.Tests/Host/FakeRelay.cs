using System.Net;

namespace Turnpike.Edge.Tests.Host;

/// <summary>A relay of plain fields.</summary>
internal sealed class FakeRelay : IRelay
{
    private long _allocations;
    private int _allocationReads;
    private int _reads;

    public RelayState State { get; set; } = RelayState.Ready;

    public string? NotReadyReason { get; set; }

    public long Allocations
    {
        get
        {
            Interlocked.Increment(ref _allocationReads);
            return Volatile.Read(ref _allocations);
        }
        set => Volatile.Write(ref _allocations, value);
    }

    public int AllocationReads => Volatile.Read(ref _allocationReads);

    public int Reads => Volatile.Read(ref _reads);

    public IReadOnlyList<string> ListenerUrls { get; set; } = ["turn:127.0.0.1:3478?transport=udp"];

    public IReadOnlyList<IPAddress> RelayAddresses { get; set; } = [IPAddress.Loopback];

    public IReadOnlyList<TimeSpan> ShardBusyTimes { get; set; } = [TimeSpan.Zero, TimeSpan.Zero];

    /// <summary>What the next reading says has gone from clients to peers.</summary>
    public Traffic ClientToPeer { get; set; } = new(100, 16_000);

    /// <summary>Allocations that the realm "red" may have; 0 = no limit.</summary>
    public int RealmLimit { get; set; } = 50;

    /// <summary>What the drain was told about its end.</summary>
    public TimeSpan? DrainLeft { get; private set; }

    public void BeginDrain(TimeSpan? left = null) => (State, DrainLeft) = (RelayState.Draining, left);

    public void DrainByOrder(bool drain, TimeSpan? left = null) => (State, DrainLeft) = (drain ? RelayState.Draining : RelayState.Ready, left);

    public void EndAllocations(IReadOnlyList<long> ids) => Allocations -= ids.Count;

    public void EndAllAllocations() => Allocations = 0;

    public RelaySnapshot Read()
    {
        Interlocked.Increment(ref _reads);
        return new RelaySnapshot(
            [new("allocate", "success", 7), new("allocate", "401", 9), new("refresh", "success", 3)],
            [new("no_permission", 5), new("not_stun", 0)],
            Allocations: 4,
            AllocationsCreated: 7,
            AllocationsEnded: 3,
            ClientToPeer,
            PeerToClient: new(200, 240_000),
            RelayPortsUsed: 6,
            RelayPortsTotal: 16,
            SocketReceiveDrops: 11,
            [new("would_block", 2), new("no_buffers", 0)],
            Shards: 2)
        {
            AllocationKinds = [new("udp", "ipv4", 3), new("tls", "dual", 1)],
            AuthenticationFailures = [new("wrong_password", 22), new("revoked", 0)],
            QuotaRejections = [new("user", 23), new("bandwidth", 0)],
            PeersDenied = [new("private", 24), new("tenant", 0)],
            Paths =
            [
                new(PathTraffic.ClientToPeer, "channel", ClientToPeer.Packets, ClientToPeer.Bytes),
                new(PathTraffic.PeerToClient, "indication", 200, 240_000),
                new(PathTraffic.PeerToClient, PathTraffic.Connection, 0, 7),
            ],
            Realms = [new("other", 1, 0, 0, 0), new("red", 3, 31, 32, 33) { Limit = RealmLimit }],
            DrainEndsAt = 4_102_444_700,
            AllocationsMoved = 16,
            IcmpToClients = 91,
            MovedClients = 17,
            PeerConnections = 18,
            Dtls = new DtlsSnapshot([new("completed", 19), new("failed", 0)], HelloVerifyRequests: 20, Sessions: 21),
            Streams = new StreamSnapshot([new("tcp", 12), new("tls", 13)], [new("client", 14), new("idle", 0)], 4_102_444_800),
        };
    }
}
