namespace Turnpike.LoadTest.Planning;

/// <summary>Every constant of the plan, with where it comes from.</summary>
internal static class Constants
{
    private const string Bench = "measured, bench";
    private const string Store = "measured, store";
    private const string Simulate = "measured, simulate";
    private const string Setting = "the setting's default";
    private const string Assumed = "assumed";

    // What callers do.
    public static readonly Constant CallMinutes = new("mean-call-minutes", 15.5, 0.05, 1440, "minutes", "how long an allocation lives on average", "assumed, as simulated");
    public static readonly Constant PacketsPerSecond = new("packets-per-second", 100, 0, 100_000, "1/s", "packets relayed an allocation at the peak, both directions", "assumed, as simulated in the evening");
    public static readonly Constant Megabits = new("mbps", 0.35, 0, 10_000, "Mb/s", "payload relayed an allocation at the peak, both directions", "assumed, as simulated in the evening");
    public static readonly Constant WorkShare = new("work-share", 84, 0, 100, "%", "allocations in working hours, as a part of those at the peak; 0: the peak is the worst hour anyway", "assumed, as simulated");
    public static readonly Constant WorkPackets = new("work-packets-per-second", 250, 0, 100_000, "1/s", "packets relayed an allocation in working hours", "assumed, as simulated");
    public static readonly Constant WorkMegabits = new("work-mbps", 1.1, 0, 10_000, "Mb/s", "payload relayed an allocation in working hours", "assumed, as simulated");
    public static readonly Constant MeanToPeak = new("mean-to-peak", 0.6, 0.01, 1, "", "allocations on average, as a part of those at the peak", Simulate);
    public static readonly Constant MeanEdges = new("mean-edges", 0.7, 0.01, 10, "", "edges paid for on average, those that start and drain too, as a part of those planned", Simulate);
    public static readonly Constant MeanTraffic = new("mean-traffic", 0.46, 0.001, 1, "", "relayed on average, as a part of the planned hour with the most", Simulate);
    public static readonly Constant PeakFactor = new("peak-factor", 3.5, 1, 100, "", "Allocates in the worst 15 s, as a multiple of what so many allocations need on average", Simulate);
    public static readonly Constant Realms = new("realms", 100, 1, 1_000_000, "", "realms", Assumed);
    public static readonly Constant LargestRealm = new("largest-realm", 20, 0.001, 100, "%", "part of all allocations that the largest realm has", Assumed);
    public static readonly Constant UsersPerAllocation = new("users", 1, 0.0001, 1, "", "users with an allocation at one time, by allocation", Assumed);
    public static readonly Constant DailyUsers = new("daily-users", 10, 1, 10_000, "", "users of a day, as a multiple of those at the peak", Assumed);
    public static readonly Constant Credentials = new("credentials", 1, 0, 100, "", "credentials issued an allocation", Assumed);
    public static readonly Constant Turnover = new("turnover", 3, 0, 1000, "1/day", "times a day that an edge comes and goes", "assumed; simulated: 1 on average");
    public static readonly Constant Watchers = new("watchers", 5, 0, 1_000_000, "", "callers that follow the edges (WatchEdges)", Assumed);
    public static readonly Constant Watched = new("watched-realms", 0, 0, 100, "%", "part of the events that somebody follows (a webhook, WatchEvents)", Assumed);

    // An edge.
    public static readonly Constant EdgeCores = new("edge-cores", 16, 0.1, 1024, "cores", "cores of an edge, one shard each; measured with 1, assumed to add up", Assumed);
    public static readonly Constant EdgeMemory = new("edge-memory", 4096, 128, 4_000_000, "MiB", "memory of an edge, the kernel's for its sockets included", Assumed);
    public static readonly Constant EdgeGigabits = new("edge-gbps", 10, 0.01, 10_000, "Gb/s", "network of an edge, in each direction", Assumed);
    public static readonly Constant EdgeFiles = new("edge-files", 1_048_576, 256, 1e9, "", "file descriptors of an edge", Assumed);
    public static readonly Constant EdgeAddresses = new("relay-addresses", 1, 1, 1000, "", "relay addresses of an edge", Setting);
    public static readonly Constant Ports = new("relay-ports", 16_384, 1, 64_512, "", "relay ports of an address (49152 to 65535)", Setting);
    public static readonly Constant Target = new("target", 88, 10, 100, "%", "how full an edge may be", Setting);
    public static readonly Constant PacketCost = new("packet-us", 11, 0.01, 1000, "µs", "CPU to relay a packet, receiving it included", "measured over veth with a loop in C# of the edge's system calls, 160 B: 10.8 and 11.4; the edge itself on loopback, where the sender pays for receiving: 7.1 saturated, 16 at 20 000/s");
    public static readonly Constant AllocateCost = new("allocate-us", 62.3, 0.1, 10_000, "µs", "CPU of an Allocate, its 401 and its deletion", Bench);
    public static readonly Constant KeepCost = new("keep-us", 0.05, 0, 1000, "µs/s", "CPU to keep an allocation: a Refresh, a permission and a channel every few minutes", "assumed: a third of an Allocate every 400 s");
    public static readonly Constant IdleMemory = new("edge-idle", 45, 0, 100_000, "MiB", "memory of an edge without allocations", Bench);
    public static readonly Constant AllocationBytes = new("allocation-bytes", 1665, 0, 1e6, "bytes", "memory of an allocation", Bench);
    public static readonly Constant UserBytes = new("user-bytes", 390, 0, 1e6, "bytes", "memory of an edge for a user's lease and usage", Store);
    public static readonly Constant SocketBytes = new("socket-bytes", 3072, 0, 1e6, "bytes", "kernel memory of a relay socket", "measured, socket create and bind: 2.5 to 3.9 KB");
    public static readonly Constant HeaderBytes = new("header-bytes", 46, 0, 1000, "bytes", "Ethernet, IPv4, UDP and channel headers of a packet", "RFC 791, 768, 8656");

    // The store.
    public static readonly Constant Heartbeat = new("heartbeat", 1, 0.2, 10, "s", "between two heartbeats of an edge", Setting);
    public static readonly Constant Lease = new("lease", 15, 3, 300, "s", "lifetime of a quota lease, renewed each third of it", Setting);
    public static readonly Constant UsageFlush = new("usage-flush", 5, 1, 60, "s", "between two flushes of usage", Setting);
    public static readonly Constant MinuteRetention = new("minute-retention", 172_800, 7200, 34_560_000, "s", "usage by the minute is kept", Setting);
    public static readonly Constant HourRetention = new("hour-retention", 2_678_400, 172_800, 345_600_000, "s", "usage by the hour is kept", Setting);
    public static readonly Constant DayRetention = new("day-retention", 34_560_000, 2_678_400, 1_576_800_000, "s", "usage by the day is kept", Setting);
    public static readonly Constant EventLog = new("event-log", 100_000, 100, 10_000_000, "", "events kept for a realm", Setting);
    public static readonly Constant StoreBusy = new("store-busy", 60, 1, 100, "%", "how busy a core of the store may be", Assumed);
    public static readonly Constant StoreMemory = new("store-memory", 64, 0.1, 100_000, "GiB", "memory of a shard of the store that may be used", Assumed);
    public static readonly Constant StoreReplicas = new("store-replicas", 1, 0, 10, "", "replicas of each shard of the store, which are paid for too", Assumed);
    public static readonly Constant RoundTrip = new("round-trip", 1, 0.01, 1000, "ms", "to the store and back; what comes meanwhile goes in one call", Assumed);
    public static readonly Constant BeatCost = new("beat-us", 101, 0.1, 10_000, "µs", "the store's CPU of a heartbeat", Store);
    public static readonly Constant RecordCost = new("record-us", 4, 0.001, 1000, "µs", "the store's CPU to tell the list of edges, an edge", Store);
    public static readonly Constant AnnounceCost = new("announce-us", 12, 0.001, 1000, "µs", "the store's CPU to announce something, a listener", Store);
    public static readonly Constant GrantCalls = new("grant-calls", 0.76, 0, 1, "", "calls by grant or return of a lease", "measured, cluster: 1.52 an Allocate and its deletion");
    public static readonly Constant GrantCost = new("grant-us", 90, 0.1, 10_000, "µs", "the store's CPU of a lease call", Store);
    public static readonly Constant GrantUserCost = new("grant-user-us", 5.2, 0.001, 1000, "µs", "and for each user in it", Store);
    public static readonly Constant RenewCost = new("renew-us", 67, 0.1, 10_000, "µs", "the store's CPU to renew a lease", Store);
    public static readonly Constant RenewUserCost = new("renew-user-us", 1.1, 0.001, 1000, "µs", "and for each user in it", Store);
    public static readonly Constant UsageCost = new("usage-us", 66, 0.1, 10_000, "µs", "the store's CPU of a call with usage", Store);
    public static readonly Constant UsageRowCost = new("usage-row-us", 9.3, 0.001, 1000, "µs", "and for each row in it", Store);
    public static readonly Constant EventCallCost = new("event-call-us", 65, 0.1, 10_000, "µs", "the store's CPU of a call with events", Store);
    public static readonly Constant EventCost = new("event-us", 1.8, 0.001, 1000, "µs", "and for each event in it", Store);
    public static readonly Constant LeaseUserBytes = new("lease-user-bytes", 140, 0, 100_000, "bytes", "the store's memory of a user's lease", Store);
    public static readonly Constant UsageFieldBytes = new("usage-field-bytes", 141, 0, 100_000, "bytes", "the store's memory of a user in a minute, an hour or a day", Store);
    public static readonly Constant EventBytes = new("event-bytes", 330, 0, 100_000, "bytes", "the store's memory of an event", Store);
    public static readonly Constant EdgeBytes = new("edge-bytes", 1135, 0, 1e6, "bytes", "the store's memory of an edge", Store);

    // The control plane.
    public static readonly Constant IssueCost = new("issue-us", 134, 0.1, 100_000, "µs", "CPU of IssueCredential with one edge", "measured, control-plane");
    public static readonly Constant IssueEdgeCost = new("issue-edge-us", 0.13, 0, 1000, "µs", "and for each edge", "measured, control-plane --edges");
    public static readonly Constant ReadRecordCost = new("read-record-us", 9.2, 0.001, 1000, "µs", "CPU to read the list of edges, an edge, each second in each replica", Store);
    public static readonly Constant DecideCost = new("decide-us", 1.9, 0.001, 1000, "µs", "CPU of a scaling decision, an edge, every 5 s in one replica", Store);
    public static readonly Constant WatchEdgeCost = new("watch-us", 5, 0.001, 1000, "µs", "CPU to compare an edge for a watcher, each second", Assumed);
    public static readonly Constant PlaneCores = new("plane-cores", 4, 0.1, 256, "cores", "cores of a replica of the control plane", Assumed);
    public static readonly Constant PlaneBusy = new("plane-busy", 60, 1, 100, "%", "how busy they may be", Assumed);

    // What is around it.
    public static readonly Constant ClusterNodes = new("cluster-nodes", 5000, 1, 100_000, "", "nodes of a Kubernetes cluster", "Kubernetes, considerations for large clusters");
    public static readonly Constant PodCalls = new("pod-calls", 20, 1, 1000, "", "Kubernetes API calls in a pod's life", Assumed);
    public static readonly Constant EdgeSeries = new("edge-series", 235, 1, 100_000, "", "Prometheus series of an edge", "measured, /metrics of an edge in a cluster");
    public static readonly Constant RealmSeries = new("realm-series", 4, 0, 1000, "", "and for each realm on it", "measured, /metrics of an edge in a cluster");
    public static readonly Constant SeriesBytes = new("series-bytes", 4096, 0, 1e6, "bytes", "Prometheus' memory of a series", Assumed);

    // Money.
    public static readonly Constant PricePerGigabyte = new("price-per-gb", 0.02, 0, 10, "", "price of a GB that leaves the network", Assumed);
    public static readonly Constant PricePerCore = new("price-per-core-hour", 0.04, 0, 100, "", "price of a core, with its memory, for an hour", Assumed);
    public static readonly Constant PricePerGibibyte = new("price-per-gib-hour", 0.006, 0, 100, "", "price of a GiB of the store's memory for an hour", Assumed);
    public static readonly Constant PricePerAddress = new("price-per-address-hour", 0.005, 0, 100, "", "price of a public IPv4 address for an hour", Assumed);

    public static IReadOnlyList<Constant> All { get; } =
    [
        CallMinutes, PacketsPerSecond, Megabits, WorkShare, WorkPackets, WorkMegabits, MeanToPeak, MeanEdges, MeanTraffic, PeakFactor, Realms, LargestRealm, UsersPerAllocation, DailyUsers, Credentials, Turnover, Watchers, Watched,
        EdgeCores, EdgeMemory, EdgeGigabits, EdgeFiles, EdgeAddresses, Ports, Target, PacketCost, AllocateCost, KeepCost, IdleMemory, AllocationBytes, UserBytes, SocketBytes, HeaderBytes,
        Heartbeat, Lease, UsageFlush, MinuteRetention, HourRetention, DayRetention, EventLog, StoreBusy, StoreMemory, StoreReplicas, RoundTrip, BeatCost, RecordCost, AnnounceCost, GrantCalls,
        GrantCost, GrantUserCost, RenewCost, RenewUserCost, UsageCost, UsageRowCost, EventCallCost, EventCost, LeaseUserBytes, UsageFieldBytes, EventBytes, EdgeBytes,
        IssueCost, IssueEdgeCost, ReadRecordCost, DecideCost, WatchEdgeCost, PlaneCores, PlaneBusy, ClusterNodes, PodCalls, EdgeSeries, RealmSeries, SeriesBytes,
        PricePerGigabyte, PricePerCore, PricePerGibibyte, PricePerAddress,
    ];
}
