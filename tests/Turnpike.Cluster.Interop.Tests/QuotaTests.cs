using System.Net;
using System.Net.Sockets;
using Turnpike.Cluster.Interop.Fleet;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Protocol;

namespace Turnpike.Cluster.Interop;

/// <summary>A user's quota of five, over four edges at once.</summary>
public sealed class QuotaTests(FourEdges edges) : ClusterTest, IClassFixture<FourEdges>
{
    private const int Limit = 5;
    private const string User = "greedy";
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(20);
    private static readonly Dictionary<string, int> None = [];

    private Tenant _tenant = null!;
    private int _liveBefore;

    [Fact]
    public async Task Two_hundred_Allocates_at_once_get_five_allocations()
    {
        const int Ours = 160;
        const int Foreign = 40;
        await StartAsync("crowd");
        using Socket peer = Loopback.BoundSocket(IPAddress.Loopback);
        await using var watch = new CountWatch(_tenant);

        var foreign = Task.WhenAll(Enumerable.Range(0, Foreign).Select(i => RunUclientAsync(i, (IPEndPoint)peer.LocalEndPoint!)));
        TurnClient[] clients = [.. Enumerable.Range(0, Ours).Select(Client)];
        TurnResponse[] responses = await Task.WhenAll(clients.Select(client => client.AllocateAsync()));
        UclientResult[] results = await foreign;

        Assert.All(responses, response => Assert.True(
            response.Succeeded || response.Code == StunErrorCode.AllocationQuotaReached, $"error {response.Code}"));
        Assert.True(responses.Count(response => response.Succeeded) <= Limit, "more allocations live than the quota allows");
        Assert.Contains(results, result => result.ErrorCodes.Contains(StunErrorCode.AllocationQuotaReached));

        // A foreign client may give back what it got: then there is room for one of ours. In the end it is five, of which no edge has too many.
        TurnClient[] refused = [.. clients.Where((_, i) => !responses[i].Succeeded).Take(Limit + 1)];
        foreach (TurnClient client in refused)
        {
            await client.AllocateAsync();
        }

        Assert.Equal(Limit, await LiveAsync());
        Assert.Equal(Limit, await watch.EndAsync(User));
        Array.ForEach(clients, client => client.Dispose());
    }

    [Fact]
    public async Task Allocations_that_come_and_go_are_never_more_than_five_at_a_time()
    {
        await StartAsync("churn");
        await using var watch = new CountWatch(_tenant);
        int live = 0;
        int most = 0;
        int grants = 0;
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(3));

        await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            while (!end.IsCancellationRequested)
            {
                using TurnClient client = Client(i);
                if ((await client.AllocateAsync()).Succeeded)
                {
                    // Counted after its beginning and before its end: what is too many here is certainly too many there.
                    int now = Interlocked.Increment(ref live);
                    lock (watch)
                    {
                        most = Math.Max(most, now);
                        grants++;
                    }

                    await client.RefreshAsync(600);
                    Interlocked.Decrement(ref live);
                    await client.RefreshAsync(0);
                }
            }
        }));

        Assert.InRange(most, 1, Limit);
        Assert.True(grants > 10 * Limit, $"only {grants} allocations were made: what was given back was not granted again");
        Assert.InRange(await watch.EndAsync(User), 1, Limit);

        // A client that was refused may have sent its request twice, and the second may have been granted: what lives is what counts.
        await _tenant.UntilCountsAsync(new Dictionary<string, int> { [User] = await LiveAsync() }, Answer);
    }

    [Fact]
    public async Task Retransmissions_and_repeated_Allocates_count_once()
    {
        await StartAsync("once");
        using TurnClient client = Client(0);
        TurnResponse challenge = await client.RequestAsync(StunMethod.Allocate, TurnClient.RequestUdp);
        client.TakeChallenge(challenge);
        byte[] request = client.Build(StunClass.Request, StunMethod.Allocate, TurnClient.RequestUdp, authenticated: true);

        for (int i = 0; i < 20; i++)
        {
            client.SendRaw(request);
        }

        await Deadline.UntilAsync("the allocation is there", Answer, async () => (await client.RefreshAsync(600)).Succeeded);
        int answers = client.StrayResponses;
        client.SendRaw(request);
        Assert.True((await client.RefreshAsync(600)).Succeeded);
        Assert.True(client.StrayResponses > answers, "a retransmission was to be answered again");
        for (int i = 0; i < Limit; i++)
        {
            // RFC 8656 section 7.2: the 5-tuple has an allocation.
            Assert.Equal(StunErrorCode.AllocationMismatch, (await client.RequestAsync(StunMethod.Allocate, TurnClient.RequestUdp)).Code);
        }

        await _tenant.UntilCountsAsync(new Dictionary<string, int> { [User] = 1 }, Answer);
        Assert.Equal(1, await LiveAsync());
        await client.RefreshAsync(0);
        await _tenant.UntilCountsAsync(None, Answer);
    }

    private async Task StartAsync(string tenant)
    {
        _tenant = await edges.Control.AddTenantAsync(tenant, new RealmPolicy { AllocationsPerUser = Limit });
        await Trial.UntilAsync(edges.Fleet.EndPoints, _tenant.Issue("first"), granted: true);
        await _tenant.UntilCountsAsync(None, Answer);
        _liveBefore = await edges.Fleet.LiveAsync();
    }

    private TurnClient Client(int number) => new(EdgeFor(number)) { Credential = _tenant.Issue(User) };

    private async Task<UclientResult> RunUclientAsync(int number, IPEndPoint peer)
    {
        (string user, string password) = _tenant.Issue(User);
        await using var run = Uclient.StartAs(user, password, EdgeFor(number), [.. Uclient.To(peer), "-c", "-m", "1", "-n", "5"]);
        return await run.WaitForResultAsync();
    }

    private IPEndPoint EdgeFor(int number) => edges.Fleet.EndPoints[number % edges.Fleet.EndPoints.Count];

    /// <summary>Allocations of this test: what another one left to its lifetime does not count.</summary>
    private async Task<int> LiveAsync() => await edges.Fleet.LiveAsync() - _liveBefore;
}
