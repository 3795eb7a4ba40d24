using Microsoft.Extensions.Logging.Abstractions;
using Turnpike.Interop.Processes;

namespace Turnpike.Cluster.Interop.Fleet;

/// <summary>The cluster's state as the control plane edits it and as an operator reads it: through the same store as the edges.</summary>
internal sealed class ControlSide : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(20);

    private const int Margin = 500;

    private ControlSide(string redis)
    {
        // It is the edges that are tried: what prepares and looks on has the patience of a busy machine.
        var patient = new ClusterOptions { Redis = redis, Timeout = 15_000, ConnectTimeout = 15_000 };
        Store = ClusterStore.Open(patient, TimeProvider.System, NullLoggerFactory.Instance);
        Members = new Membership(Store);
    }

    public ClusterStore Store { get; }

    public Membership Members { get; }

    public static async Task<ControlSide> OpenAsync(string redis)
    {
        var control = new ControlSide(redis);
        await control.UntilAvailableAsync();
        return control;
    }

    public Task UntilAvailableAsync() => Store.WaitUntilAvailableAsync(TestContext.Current.CancellationToken).WaitAsync(StartDeadline);

    /// <summary>
    /// Waits until the store is older than a lease: an edge that finds a younger one takes it for one that was lost, and grants no more
    /// than its local share.
    /// </summary>
    public Task UntilSettledAsync() => Deadline.UntilAsync("the store is older than a lease", StartDeadline, async () =>
        (await Members.WatchAsync(0)).EpochAgeMilliseconds > EdgeFleet.Lease.TotalMilliseconds + Margin);

    /// <summary>Makes a tenant with one secret.</summary>
    public async Task<Tenant> AddTenantAsync(string name, RealmPolicy? policy = null)
    {
        var tenant = new Tenant(Store, name, policy ?? new RealmPolicy());
        await tenant.PutSecretsAsync(Tenant.NewSecret("first"));
        return tenant;
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
