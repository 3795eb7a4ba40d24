namespace Turnpike.LoadTest.Planning;

/// <summary>What a fleet does in a second, as far as the store is asked for it.</summary>
/// <param name="Edges">Edges that beat.</param>
/// <param name="Users">Users that have an allocation.</param>
/// <param name="Allocates">Allocations that begin in a second.</param>
/// <param name="Ends">Allocations that end in a second.</param>
/// <param name="Changes">Edges that come, go or become another, in a second.</param>
/// <param name="Replicas">Control planes.</param>
internal readonly record struct StoreDemand(double Edges, double Users, double Allocates, double Ends, double Changes, double Replicas)
{
    /// <summary>The part of it that one realm has: its users are on all edges.</summary>
    public StoreDemand Part(double share) => this with { Users = Users * share, Allocates = Allocates * share, Ends = Ends * share };
}

/// <summary>Cores of the store for the keys of realms; each kind of a realm's is in one slot.</summary>
internal readonly record struct RealmLoad(double Leases, double Usage, double Events, double Calls)
{
    public double Cores => Leases + Usage + Events;
}

/// <summary>Cores of the store.</summary>
/// <param name="Configuration">The slot of members, realms, revocations and orders.</param>
/// <param name="Announcements">The server that everybody listens to.</param>
/// <param name="Realms">All realms.</param>
/// <param name="Largest">The largest one.</param>
/// <param name="Calls">Scripts a second.</param>
internal readonly record struct StoreLoad(double Configuration, double Announcements, RealmLoad Realms, RealmLoad Largest, double Calls)
{
    public double Cores => Configuration + Announcements + Realms.Cores;

    /// <summary>Each of them is one core's work at most, however many shards there are.</summary>
    public IEnumerable<(string Name, double Cores)> HotSpots =>
    [
        ("store: slot of the fleet's configuration", Configuration),
        ("store: announcements", Announcements),
        ("store: slot of the largest realm's leases", Largest.Leases),
        ("store: slot of the largest realm's usage", Largest.Usage),
        ("store: slot of the largest realm's events", Largest.Events),
    ];
}

/// <summary>What the scripts cost the store: the plan asks it about averages, the simulation about each of its steps.</summary>
internal sealed class StoreModel(PlanValues values)
{
    // As the code has them: LeaseScope.ReadChunk, WaitingUsage.MaxBatchRows, EventQueue.MaxBatch.
    private const double RenewedUsers = 512;
    private const double UsageRows = 250;
    private const double EventsOfCall = 200;

    // An edge follows announcements with a heartbeat each 50 ms at most, reads everything each 5 minutes, and in a large fleet waits before
    // it reads the list of edges, so that all together read so many records a second (ClusterView.WaitOf).
    private const double MostFollowed = 20;
    private const double ReadAllSeconds = 300;
    private const double ReadRecords = 50_000;
    private const double LeastRead = 2 / ReadAllSeconds;

    // Who follows a log is woken once for each reading, and pauses for 100 ms after it.
    private const double ReadsPerSecond = 10;

    // On average: leases up to a tenth early, flushes up to a fifth.
    private const double RenewEarly = 0.95;
    private const double FlushEarly = 0.9;
    private const double Micro = 1e-6;

    public StoreLoad Of(StoreDemand demand)
    {
        double users = demand.Edges == 0 ? 0 : demand.Users / demand.Edges;
        double realms = values[Constants.Realms];
        // Realms that have somebody on an edge, where users are on edges at random.
        RealmLoad all = Realms(demand, realms * (1 - Math.Exp(-users / realms)));
        double largest = Math.Max(1 / realms, values[Constants.LargestRealm] / 100);
        RealmLoad one = Realms(demand.Part(largest), 1 - Math.Exp(-users * largest));

        double beats = demand.Edges / values[Constants.Heartbeat];
        double lists = demand.Replicas + (demand.Edges / ReadAllSeconds) + (demand.Edges * Followed(demand));
        double configuration = Micro * ((beats * values[Constants.BeatCost]) + (lists * demand.Edges * values[Constants.RecordCost]));
        double appends = EventCalls(demand, realms * (1 - Math.Exp(-users / realms)));
        double watched = values[Constants.Watched] / 100;
        double announced = demand.Changes + Math.Min(appends * watched, Math.Max(1, realms * watched) * ReadsPerSecond * demand.Replicas);
        double announcements = Micro * announced * (demand.Edges + demand.Replicas) * values[Constants.AnnounceCost];
        return new StoreLoad(configuration, announcements, all, one, all.Calls + beats + lists);
    }

    // How often an edge reads the list because somebody came or went.
    private static double Followed(StoreDemand demand) =>
        Math.Min(Math.Min(demand.Changes, MostFollowed), Math.Max(LeastRead, ReadRecords / Math.Max(1, demand.Edges * demand.Edges)));

    private RealmLoad Realms(StoreDemand demand, double realmsOfEdge)
    {
        double scopes = Math.Max(1e-9, demand.Edges * realmsOfEdge);
        double changes = demand.Allocates + demand.Ends;
        double grants = changes * values[Constants.GrantCalls] / (1 + (changes / scopes * values[Constants.RoundTrip] / 1000));
        double third = values[Constants.Lease] / 3 * RenewEarly;
        double renewals = Math.Max(scopes, demand.Users / RenewedUsers) / third;
        double leases = (grants * values[Constants.GrantCost]) + (changes * values[Constants.GrantUserCost])
            + (renewals * values[Constants.RenewCost]) + (demand.Users / third * values[Constants.RenewUserCost]);

        // A row for each user, one for a tag and one for the realm.
        double flush = values[Constants.UsageFlush] * FlushEarly;
        double rows = demand.Users + (2 * scopes);
        double flushes = Math.Max(scopes, rows / UsageRows) / flush;
        double usage = (flushes * values[Constants.UsageCost]) + (rows / flush * values[Constants.UsageRowCost]);

        double appends = EventCalls(demand, realmsOfEdge);
        double events = (appends * values[Constants.EventCallCost]) + (changes * values[Constants.EventCost]);
        return new RealmLoad(leases * Micro, usage * Micro, events * Micro, grants + renewals + flushes + appends);
    }

    // Events of a second go together.
    private static double EventCalls(StoreDemand demand, double realmsOfEdge)
    {
        double changes = demand.Allocates + demand.Ends;
        return Math.Max(Math.Min(changes, demand.Edges * realmsOfEdge), changes / EventsOfCall);
    }
}
