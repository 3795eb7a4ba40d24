using Turnpike.Interop.Processes;
using Turnpike.LoadTest.Cluster;

namespace Turnpike.Cluster.Interop;

/// <summary><c>turnpike-loadtest cluster</c> for a moment: its times say little here, its counts are exact.</summary>
public sealed class FigureTests
{
    private const double ScriptsThatMayCome = 10;

    [Fact]
    public async Task An_Allocate_and_its_deletion_cost_the_store_two_scripts_at_most_and_fewer_under_load()
    {
        var options = new FigureOptions(
            Repository.PublishedEdge, "redis-server", Seconds: 1, Concurrent: 16, Edges: 3, UsersPerEdge: 5, Credentials: 1000);

        ClusterFigures figures = await new FigureRun(options, TimeProvider.System, TextWriter.Null).ExecuteAsync(TestContext.Current.CancellationToken);

        AllocateFigure[] counted = [.. figures.Allocates.Where(figure => figure.StoreCallsEach is not null)];
        Assert.Equal(4, counted.Length);
        Assert.All(counted, figure =>
        {
            // Heartbeats and flushes are subtracted as they were before, and do not come at even times.
            double allowed = 2 + (ScriptsThatMayCome / Math.Max(1, figure.PerSecond * options.Seconds));
            Assert.True(figure.StoreCallsEach <= allowed, $"{figure.Setting}, {figure.Concurrent} at a time: {figure.StoreCallsEach} scripts, {allowed} allowed");
        });
        Assert.True(figures.Heartbeat.CallsPerSecond > 0);
        Assert.True(figures.Fleet.Grants > 0 && figures.Fleet.Failures == 0, $"{figures.Fleet.Grants} grants, {figures.Fleet.Failures} failures");
        Assert.Contains("| in a cluster, quotas of user and realm | 16 |", FigureTable.Of(figures), StringComparison.Ordinal);
    }
}
