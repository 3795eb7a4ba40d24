using System.Diagnostics;

namespace Turnpike.Cluster.Tests;

/// <summary>A store of one test, its log and the changes of its availability.</summary>
internal sealed class ObservedStore : IAsyncDisposable
{
    public const int Away = 2000;
    public const int Available = 2001;
    public const int Refused = 2002;
    public const int Deaf = 2003;

    private static readonly ClusterScript Probe = ClusterScript.Load("probe");
    private readonly List<bool> _changes = [];
    private int _listening;

    public ObservedStore(string redis, int timeout = 3000, string? prefix = null, string issuer = "")
    {
        Options = new ClusterOptions
        {
            Redis = redis,
            TrustedIssuer = issuer,
            KeyPrefix = prefix ?? Stores.NewPrefix(),
            Timeout = timeout,
            ConnectTimeout = 1000,
        };
        Store = Stores.Open(Options, Log);
        Store.AvailabilityChanged += OnChange;
    }

    public ClusterOptions Options { get; }

    public ClusterStore Store { get; }

    public RecordingLogger Log { get; } = new();

    /// <summary>Set when two changes were raised at once.</summary>
    public bool Overlapped { get; private set; }

    public IReadOnlyList<bool> Changes
    {
        get
        {
            lock (_changes)
            {
                return [.. _changes];
            }
        }
    }

    public Task CallAsync() => CallAsync(Store.Keys.Epoch.ToString());

    public Task CallAsync(string key) => Store.RunAsync(Probe, [Store.Keys.Probe(key)], []);

    /// <summary>Calls until the store is found away.</summary>
    public Task UntilAwayAsync() => UntilAwayAsync(Store.Keys.Epoch.ToString());

    /// <summary>Calls until the store is found away.</summary>
    public Task UntilAwayAsync(string key) => Stores.UntilAsync("the store is away", async () =>
    {
        await CallAsync(key);
        return false;
    }, orUnavailable: true);

    /// <summary>Waits until a refusal is logged; there is one, since it is said at most once a minute.</summary>
    public Task UntilRefusedAsync() => Stores.UntilAsync("a refusal is logged", () => Log.Count(Refused) == 1);

    /// <summary>How long a call that fails takes.</summary>
    public async Task<TimeSpan> FailingCallAsync()
    {
        long started = Stopwatch.GetTimestamp();
        await Assert.ThrowsAsync<StoreUnavailableException>(CallAsync);
        return Stopwatch.GetElapsedTime(started);
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();

    private void OnChange(bool available)
    {
        if (Interlocked.Increment(ref _listening) > 1)
        {
            Overlapped = true;
        }
        lock (_changes)
        {
            _changes.Add(available);
        }
        Interlocked.Decrement(ref _listening);
    }
}
