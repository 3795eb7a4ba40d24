using System.Net;
using System.Security.Cryptography;
using Turnpike.Cluster;
using Turnpike.Edge.Options;
using Turnpike.Edge.Tracing;
using Turnpike.Edge.Transport;
using Turnpike.Server;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// The asynchronous side of an edge in a cluster, put together: the store and its parts, and what they mean to the shards. Nothing here
/// waits for the store; <see cref="ClusterLink"/> keeps it going.
/// </summary>
internal sealed class EdgeCluster : IRelayRules, IUserLookup, IAsyncDisposable
{
    private const int IncarnationBytes = 4;

    private readonly EdgeSettings _settings;
    private readonly TimeProvider _time;
    private readonly long _openedAt;
    private readonly AllocationTracer? _tracer;
    private readonly UserStore _userStore;
    private readonly UserShares _shares;
    private readonly List<ClusterQuotaGate> _gates = [];
    private IReadOnlyList<IShardInbox> _shards = [];
    private bool _disposed;

    public EdgeCluster(EdgeSettings settings, TimeProvider time, ILoggerFactory loggers, AllocationTracer? tracer = null)
    {
        _settings = settings;
        _time = time;
        _openedAt = time.GetTimestamp();
        _tracer = tracer;
        ILogger logger = loggers.CreateLogger<EdgeCluster>();
        Id = $"{settings.Name}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IncarnationBytes))}";
        Store = ClusterStore.Open(settings.Cluster, time, loggers, tracer?.Source);
        View = new ClusterView(Store, loggers);
        Membership = new Membership(Store);
        Orders = new OrderBook(Store);
        KeyStore = new KeyStore(Store);
        _userStore = new UserStore(Store);
        Realms = new RealmTable(settings, logger);
        Ledger = new LeaseLedger(
            Store, Id, settings.Cluster, settings.Quota.WhenStoreUnavailable, () => Volatile.Read(ref _edges), time, loggers);
        Usage = new UsageLedger(Store, Id, settings.Cluster, realm => Realms.Realms.GetValueOrDefault(realm)?.Policy, time, loggers);
        Events = new EventWriter(Store, Id, settings.Cluster, time, loggers);

        Registry = new AllocationRegistry(time);
        Feeder = new UsageFeeder(Registry, Usage, Events, Id, time);
        Revoker = new Revoker(Registry, Events.Add, Id, time);
        QuotaReports = new QuotaReports(Events.Add, Id, time);
        Usage.QuotaReached += OnBytesReached;
        _shares = new UserShares(Registry, () => Realms.HasUserCaps, CapOf, Ledger.ClusterCount, time);
        Users = new StoredUsers(this, TimeSpan.FromSeconds(settings.Cluster.CredentialCache), time, logger);
        Credentials = new ClusterCredentials(settings, Realms, () => Revoker.Revoked, Users, () => IsInformed);
        Keys = new KeyBook(settings.Lifetimes.Nonce);
        Servers = new StoreServers(() => Store.Servers, host => Dns.GetHostAddressesAsync(host), time);
        Redirect = new ClusterRedirect(settings, Id);
        Policy = new ClusterPolicy(settings, Realms, Keys.At(0), Credentials.For, () => Servers.Addresses, Redirect);
    }

    private int _edges = 1;
    private string _management = "";
    private bool _isInformed;

    /// <summary>Name and incarnation: a restart is another edge.</summary>
    public string Id { get; }

    /// <summary>Where the control plane reaches the management port; empty before it listens.</summary>
    public string Management
    {
        get => Volatile.Read(ref _management);
        set => Volatile.Write(ref _management, value);
    }

    public ClusterStore Store { get; }

    public ClusterView View { get; }

    public Membership Membership { get; }

    public OrderBook Orders { get; }

    public KeyStore KeyStore { get; }

    public RealmTable Realms { get; }

    public LeaseLedger Ledger { get; }

    public UsageLedger Usage { get; }

    public EventWriter Events { get; }

    public AllocationRegistry Registry { get; }

    public UsageFeeder Feeder { get; }

    public Revoker Revoker { get; }

    public QuotaReports QuotaReports { get; }

    public StoredUsers Users { get; }

    public ClusterCredentials Credentials { get; }

    public KeyBook Keys { get; }

    public ClusterPolicy Policy { get; }

    /// <summary>Where clients go while this edge drains.</summary>
    public ClusterRedirect Redirect { get; }

    /// <summary>Where the store is.</summary>
    public StoreServers Servers { get; }

    /// <summary>Edges that are members, this one included, as last known.</summary>
    public int Edges
    {
        get => Volatile.Read(ref _edges);
        set => Volatile.Write(ref _edges, Math.Max(1, value));
    }

    /// <summary>Whether what the store says is in force here; before that nobody can tell who is unknown.</summary>
    public bool IsInformed => Volatile.Read(ref _isInformed);

    /// <summary>Time since the store was looked for first.</summary>
    public TimeSpan Age => _time.GetElapsedTime(_openedAt);

    public IAllocationObserver Observer => Registry;

    bool IUserLookup.IsAvailable => Store.IsAvailable;

    /// <summary>Requests of this edge that wait for the store now.</summary>
    public int Parked => Ledger.Statistics.Pending + Users.Waiting;

    public IQuotaGate QuotaOf(int shard)
    {
        while (_gates.Count <= shard)
        {
            _gates.Add(new ClusterQuotaGate(Realms, Ledger, Usage.IsBlocked, QuotaReports.OnRefused, _tracer?.ForShard(_gates.Count)));
        }

        return _gates[shard];
    }

    public int AllocationLimitOf(string realm) => (Realms.Realms.GetValueOrDefault(realm) ?? Realms.Own).Leases.PerRealm;

    public ServerPolicy PolicyOf(int shard) => Policy.Of(shard);

    public void UsePlaces(RelayPlaces places) => Policy.UsePlaces(places);

    public void Serve(IReadOnlyList<IShardInbox> shards)
    {
        _shards = shards;
        for (int i = 0; i < _gates.Count; i++)
        {
            _gates[i].Serve(shards[i]);
        }

        Users.Serve(shards);
        Revoker.Serve(shards);
        Policy.Serve(shards);
        _shares.Serve(shards);
    }

    public void Stop() => _shares.Stop();

    /// <summary>Puts into force what is known of the cluster.</summary>
    /// <param name="snapshot">What is known.</param>
    /// <param name="storeNow">Seconds of Unix time by the store's clock, which the keys go by.</param>
    public void Apply(ClusterSnapshot snapshot, long storeNow)
    {
        // Before the realms: whoever becomes known with them and is revoked never gets in.
        Revoker.Use(snapshot.Revocations);
        bool realmsChanged = Realms.Update(snapshot.Realms);
        if (snapshot.Keys is { } ring)
        {
            Keys.Use(ring, storeNow);
        }

        Redirect.Use(snapshot.Edges);
        Policy.Update(realmsChanged, ClusterPolicy.FleetOf(snapshot.Edges, Id), Keys.At(storeNow));
        if (snapshot.Loaded)
        {
            Volatile.Write(ref _isInformed, true);
        }
    }

    Task<StaticUserRecord?> IUserLookup.FindAsync(string username) => _userStore.FindAsync(_settings.Realm, username);

    Task<StaticUserRecord?> IUserLookup.FindByHashAsync(byte[] userHash) => _userStore.FindByHashAsync(_settings.Realm, userHash);

    public async ValueTask DisposeAsync()
    {
        // The container knows it under two types, and ends it once for each.
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            await Store.DisposeAsync();
            View.Dispose();
        }
    }

    private long CapOf(string realm) => (Realms.Realms.GetValueOrDefault(realm) ?? Realms.Own).BitsPerSecondPerUser;

    private void OnBytesReached(ByteQuotaReached reached)
    {
        QuotaReports.OnBytesReached(reached);
        if (reached.Quota.Action != QuotaAction.End)
        {
            return;
        }

        foreach (LiveAllocation allocation in Registry.All.Where(
            allocation => allocation.Realm == reached.Realm && (reached.User is null || allocation.User == reached.User)))
        {
            long id = allocation.Id;
            _shards[allocation.Shard].Post(server => server.EndAllocation(id, AllocationEnd.QuotaReached));
        }
    }
}
