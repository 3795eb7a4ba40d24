using Microsoft.Extensions.Time.Testing;
using Turnpike.Cluster;
using Turnpike.ControlPlane.Fleet;
using Turnpike.ControlPlane.Scaling;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Tests.Scaling;

/// <summary>What the scaling function is shown.</summary>
public sealed class FleetSnapshotsTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 2, 12, 0, 0, TimeSpan.Zero));
    private readonly Directory _directory = new();
    private readonly Known _workload = new();

    private FleetSnapshots? _snapshots;

    private FleetSnapshots Snapshots => _snapshots ??= new FleetSnapshots(_directory, _workload, null!, _time);

    [Fact]
    public void A_report_is_as_old_as_it_is_unchanged_whatever_the_clock_of_its_edge_says()
    {
        _directory.Current = [Told("a", 5), Told("b", 2_000_000_000), Told("c", 0)];
        Take();
        _time.Advance(TimeSpan.FromSeconds(7));
        _directory.Current = [Told("a", 6), Told("b", 2_000_000_000), Told("c", 0)];
        DateTimeOffset now = _time.GetUtcNow();
        Assert.Equal([now, now.AddSeconds(-7), null], Take().Edges.Select(edge => edge.ReportedAt));
    }

    [Fact]
    public void A_list_that_is_not_fresh_is_as_old_as_it_was_fresh_last()
    {
        DateTimeOffset then = _time.GetUtcNow();
        Assert.True(Take().IsFresh);
        _time.Advance(TimeSpan.FromSeconds(30));
        _directory.IsFresh = false;
        FleetSnapshot snapshot = Take();
        Assert.Equal((false, then), (snapshot.IsFresh, snapshot.ReadAt));
    }

    [Fact]
    public void Edges_that_vanish_without_draining_are_missing_for_a_while()
    {
        _directory.Current = [Told("a", 1), Told("b", 1), Told("c", 1)];
        Assert.Null(Take().Replicas);
        _directory.Current = [Told("a", 1), Told("b", 1) with { State = "draining" }];
        Assert.Equal(3, Take().Replicas); // a, b and the missing c
        _directory.Current = [Told("a", 1)];
        Assert.Equal(2, Take().Replicas); // b has drained and gone.
        _directory.Current = [Told("a", 1), Told("c", 2) with { Id = "c-2" }];
        Assert.Null(Take().Replicas); // c has come back.
        _directory.Current = [];
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(Take().Replicas);
    }

    [Fact]
    public void What_Kubernetes_knows_counts()
    {
        _directory.Current = [Told("a", 1), Told("b", 1), Told("c", 1) with { State = "draining" }, Told("d", 1) with { State = "not-ready", Degraded = true }];
        _workload.Current = new Workload
        {
            Replicas = 5,
            Arriving = ["pod-5"],
            Drains = new Dictionary<string, EdgeDrain> { ["b-1"] = EdgeDrain.ScaleIn },
            GoFirst = new HashSet<string> { "a-1" },
            IsFresh = false,
        };
        FleetSnapshot snapshot = Take();
        Assert.Equal((5, "pod-5", false), (snapshot.Replicas, Assert.Single(snapshot.Arriving), snapshot.IsFresh));
        Assert.Equal([EdgeDrain.None, EdgeDrain.ScaleIn, EdgeDrain.Ordered, EdgeDrain.None], snapshot.Edges.Select(edge => edge.Drain));
        Assert.Equal([EdgeState.Ready, EdgeState.Ready, EdgeState.Draining, EdgeState.NotReady], snapshot.Edges.Select(edge => edge.State));
        Assert.Equal([true, false, false, false], snapshot.Edges.Select(edge => edge.GoesFirst));
        Assert.True(snapshot.Edges[3].Degraded);
        Assert.Equal(new Figures(1000, 16384, 0, 0, 1), snapshot.Edges[0].Capacity);
    }

    private FleetSnapshot Take() => Snapshots.Take();

    private static EdgeRecord Told(string name, long at) => Make.Edge(name) with { Load = new EdgeLoad { ReportedAt = at } };

    private sealed class Directory : IEdgeDirectory
    {
        public IReadOnlyList<EdgeRecord> Current { get; set; } = [];

        public bool IsFresh { get; set; } = true;
    }

    private sealed class Known : IWorkloadSource
    {
        public Workload? Current { get; set; }
    }
}
