using Turnpike.Cluster.Interop.Calls;
using Turnpike.Cluster.Interop.Fleet;
using Turnpike.Interop.Servers;
using Turnpike.LoadTest.Turn;

namespace Turnpike.Cluster.Interop;

/// <summary>The calls lose nothing without a fault, and notice one: why they can be trusted as a check.</summary>
public sealed class HarnessTests : ClusterTest
{
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Calls_without_a_fault_lose_nothing()
    {
        EdgeFleet fleet = Track(new EdgeFleet());
        await fleet.StartAsync("", "");
        RelayedCalls calls = Track(await RelayedCalls.StartAsync(fleet.EndPoints, Alice));

        await calls.ContinueAsync(refreshes: 2);
        CallReport report = await calls.StopTrafficAsync();

        report.AssertNothingLost();
        Assert.True(report.Refreshes >= 2 * report.Calls);
        for (int i = 0; i < fleet.Edges.Count; i++)
        {
            EdgeMetrics metrics = await fleet.Edges[i].MetricsAsync();
            Assert.Equal(report.BytesThrough(i), ((long)metrics.ClientToPeerBytes, (long)metrics.PeerToClientBytes));
        }

        await calls.HangUpAsync();
        Assert.Equal(0, (await fleet.Edges[0].MetricsAsync()).Allocations);
    }

    [Fact]
    public async Task Calls_over_an_edge_that_is_killed_lose_packets_and_fail_and_others_do_not()
    {
        EdgeFleet fleet = Track(new EdgeFleet());
        await fleet.StartAsync("", "");
        RelayedCalls calls = Track(await RelayedCalls.StartAsync(fleet.EndPoints, Alice, new CallSettings { Calls = 10 }));

        await fleet.Edges[1].Process.SignalAsync("KILL");
        await calls.UntilFailedAsync(5, Answer);
        CallReport report = await calls.StopTrafficAsync();

        Assert.Equal(0, report.Up[0].Lost + report.Down[0].Lost);
        Assert.True(report.Up[1].Lost > 0 && report.Down[1].Lost > 0);
        Assert.Equal(5, report.Failures.Count);
    }

    private static TurnCredential Alice(int call) => new(ServerSettings.User, ServerSettings.Password);
}
