using Turnpike.Cluster.Interop.Calls;
using Turnpike.Cluster.Interop.Fleet;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;
using Turnpike.Protocol;

namespace Turnpike.Cluster.Interop.Faults;

/// <summary>
/// Two edges of one cluster and fifty calls of ten users through them, while a fault happens to the store or to the way there.
/// A test makes the fault; the scene asks what must be true during and after every one.
/// </summary>
internal sealed class FaultScene : IAsyncDisposable, ILogging
{
    /// <summary>Payload bytes that all calls together relay in a second.</summary>
    public static readonly long BytesPerSecond = new CallSettings().BytesPerSecond;

    private const int Users = 10;
    private const int Edges = 2;

    /// <summary>Above what each user's calls need: the quota counts, and refuses none of them.</summary>
    private const int UserLimit = 8;

    private const string Greedy = "greedy";

    private static readonly TimeSpan StateDeadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ClockPrecision = TimeSpan.FromSeconds(5);

    private readonly EdgeFleet _fleet = new();
    private readonly List<TurnClient> _clients = [];
    private readonly Dictionary<string, int> _expected = [];
    private RelayedCalls? _calls;
    private int _newUsers;

    private FaultScene(ControlSide control, Tenant tenant) => (Control, Tenant) = (control, tenant);

    public ControlSide Control { get; }

    public Tenant Tenant { get; }

    public string Log => _fleet.Log;

    private RelayedCalls Calls => _calls ?? throw new InvalidOperationException("the calls are not up yet");

    /// <summary>Starts edges and calls.</summary>
    /// <param name="store">The store.</param>
    /// <param name="ways">The same store as each of the two edges reaches it.</param>
    /// <param name="secondEdge">Settings that only the second edge has.</param>
    public static async Task<FaultScene> StartAsync(string store, IReadOnlyList<string>? ways = null, params (string Key, string Value)[] secondEdge)
    {
        ControlSide control = await ControlSide.OpenAsync(store);
        var policy = new RealmPolicy { AllocationsPerUser = UserLimit, AllocationsPerRealm = 1000 };
        var scene = new FaultScene(control, await control.AddTenantAsync("acme", policy));
        try
        {
            await scene._fleet.StartAsync([(ways?[0] ?? store, []), (ways?[1] ?? store, secondEdge)]);
            await scene.StartCallsAsync();
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the health of both edges, or of one, says degraded, or no longer says so.</summary>
    public Task UntilAsync(string what, bool isDegraded, int? edge = null) =>
        Deadline.UntilAsync(what, StateDeadline, async () =>
        {
            bool[] states = await Task.WhenAll(_fleet.Edges.Where((_, i) => edge is null || edge == i).Select(server => server.IsDegradedAsync()));
            return states.All(state => state == isDegraded);
        });

    /// <summary>
    /// Lets the calls go on for the length of a fault. Meanwhile somebody new allocates on every edge once a second: credentials of
    /// the API verify and the quota grants, whatever the store does.
    /// </summary>
    public async Task GoOnAsync()
    {
        CallReport before = await Calls.ReportAsync();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (int second = 0; second < FaultSettings.Length.TotalSeconds; second++)
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            foreach (EdgeServer edge in _fleet.Edges)
            {
                await AllocateAsync(edge, $"new{_newUsers++}", expected: 0);
            }
        }

        CallReport after = await Calls.ReportAsync();
        Assert.True(after.Refreshes >= before.Refreshes + after.Calls, "every call was to be refreshed during the fault");
        Assert.Empty(after.Failures);
    }

    /// <summary>
    /// While both edges know that the store is away, each grants a new user its own share of the quota and not one allocation more.
    /// </summary>
    public async Task AssertLocalShareAsync()
    {
        foreach (EdgeServer edge in _fleet.Edges)
        {
            for (int i = 0; i < UserLimit / Edges; i++)
            {
                await AllocateAsync(edge, Greedy, expected: 0);
            }

            await AllocateAsync(edge, Greedy, expected: StunErrorCode.AllocationQuotaReached);
        }
    }

    /// <summary>The second edge's wall clock really is ahead of the first one's.</summary>
    public async Task AssertSkewAsync(TimeSpan ahead)
    {
        TimeSpan difference = await _fleet.Edges[1].ClockAsync() - await _fleet.Edges[0].ClockAsync();
        Assert.InRange(difference, ahead - ClockPrecision, ahead + ClockPrecision);
    }

    /// <summary>A nonce of either edge is good at the other.</summary>
    public async Task AssertNoncesTravelAsync()
    {
        await Travel.AssertAcceptedAsync(_fleet.Edges[0].EndPoint, _fleet.Edges[1].EndPoint, Tenant.Issue("traveller"));
        await Travel.AssertAcceptedAsync(_fleet.Edges[1].EndPoint, _fleet.Edges[0].EndPoint, Tenant.Issue("traveller"));
    }

    /// <summary>
    /// After the fault: nothing was lost, every edge is well, the store counts what lives and bills what was relayed, and all of it
    /// is given back in the end.
    /// </summary>
    /// <param name="unbilledAtLeast">Bytes that cannot be billed any more, because a store that was lost had them.</param>
    /// <param name="unbilledAtMost">The same, with what may have been lost in addition.</param>
    public async Task EndAsync(long unbilledAtLeast = 0, long unbilledAtMost = 0)
    {
        await UntilAsync("both edges reach the store again", isDegraded: false);
        await Control.UntilAvailableAsync();
        await Tenant.UntilCountsAsync(_expected, StateDeadline);
        if (_expected.GetValueOrDefault(Greedy) == UserLimit)
        {
            // Exact again: who has all that a user may have gets no more, on any edge.
            await Task.WhenAll(_fleet.Edges.Select(edge => AllocateAsync(edge, Greedy, expected: StunErrorCode.AllocationQuotaReached)));
        }

        CallReport report = await Calls.StopTrafficAsync();
        report.AssertNothingLost();
        await Tenant.UntilBilledAsync(report.Bytes, unbilledAtLeast, unbilledAtMost, StateDeadline);

        await Calls.HangUpAsync();
        await Task.WhenAll(_clients.Select(client => client.RefreshAsync(0)));
        await Tenant.UntilCountsAsync(new Dictionary<string, int>(), StateDeadline);
    }

    public async ValueTask DisposeAsync()
    {
        if (_calls is not null)
        {
            await _calls.DisposeAsync();
        }

        _clients.ForEach(client => client.Dispose());
        await _fleet.DisposeAsync();
        await Control.DisposeAsync();
    }

    private async Task StartCallsAsync()
    {
        await Trial.UntilAsync(_fleet.EndPoints, Tenant.Issue("first"), granted: true);
        _calls = await RelayedCalls.StartAsync(_fleet.EndPoints, call => Tenant.IssueForCall(UserOf(call), $"tag{call % 3}"));
        foreach (string user in Enumerable.Range(0, new CallSettings().Calls).Select(UserOf))
        {
            Count(user);
        }

        await Tenant.UntilCountsAsync(_expected, StateDeadline);
    }

    private async Task AllocateAsync(EdgeServer edge, string user, int expected)
    {
        var client = new TurnClient(edge.EndPoint) { Credential = Tenant.Issue(user) };
        TurnResponse response = await client.AllocateAsync();
        Assert.True(response.Code == expected, $"{user} at {edge.EndPoint}: expected {expected}, got {response.Code}");
        if (response.Succeeded)
        {
            _clients.Add(client);
            Count(user);
        }
        else
        {
            client.Dispose();
        }
    }

    private void Count(string user) => _expected[user] = _expected.GetValueOrDefault(user) + 1;

    // Calls alternate between the edges, so every user has some on both.
    private static string UserOf(int call) => $"user{call / Edges % Users}";
}
