using System.Collections.Concurrent;
using Turnpike.ControlPlane.Kubernetes.Election;
using Turnpike.FakeKubernetes;

namespace Turnpike.ControlPlane.Tests.Kubernetes;

/// <summary>Calls that fail, and processes that die, anywhere.</summary>
public sealed class FaultTests
{
    private static readonly ElectionTimes Quick = new(TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(1));

    public static TheoryData<string> Faults() => ["reset", "reset after it was done", "500", "409", "throttled", "denied", "no answer"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Every_kind_of_call_may_fail_twice_and_the_edges_follow_the_load_all_the_same(string what)
    {
        await using Scene scene = await Scene.StartAsync(3);
        ConcurrentDictionary<string, int> failed = [];
        scene.Server.Faults = request => failed.AddOrUpdate($"{request} {request.Name}", 1, static (_, count) => count + 1) <= 2 ? FaultOf(what) : null;
        scene.Scale(timeout: what == "no answer" ? TimeSpan.FromMilliseconds(200) : null);

        await ShrinkAndGrowAsync(scene);

        Assert.Contains(failed.Keys, call => call.StartsWith("update deployments/scale", StringComparison.Ordinal));
        Assert.Contains(failed.Keys, call => call.StartsWith("patch pods", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Scalers_that_die_at_each_write_leave_nothing_undone(bool afterIt)
    {
        await using Scene scene = await Scene.StartAsync(3);
        ConcurrentDictionary<string, bool> dead = [];
        ConcurrentDictionary<string, bool> written = [];
        scene.Server.Faults = request =>
        {
            if (dead.ContainsKey(request.User))
            {
                return Fault.Reset;
            }
            // Each write that is another one than before kills the process that makes it, once.
            bool isWrite = request.Verb is "patch" or "update" && request.Kind != Kind.Leases;
            if (!isWrite || !written.TryAdd($"{request} {request.Name} {written.Count / 3}", true))
            {
                return null;
            }
            dead[request.User] = true;
            return afterIt ? Fault.ResetAfter : Fault.Reset;
        };
        int started = 0;
        async Task ReviveAsync()
        {
            while (started <= dead.Count)
            {
                scene.Scale(times: Quick);
                started++;
                await Task.Yield();
            }
        }
        await ReviveAsync();
        scene.Fleet.Begin(9);
        SimulatedEdge[] edges = [.. scene.Fleet.Edges];
        (edges[0].Calls, edges[1].Calls, edges[2].Calls) = (4, 1, 4);

        await scene.UntilAsync("one drains", () => Revived() && scene.Fleet.Ordered.Count == 1);
        scene.Fleet.HangUp(edges[1]);
        await scene.UntilAsync("it went", () => Revived() && scene.Fleet.Edges.Count == 2 && scene.Deployment.Annotation("turnpike.dev/removing").Length == 0);

        Assert.True(dead.Count >= 4, $"{dead.Count} died");
        Assert.Equal((0, 8, 2), (scene.Fleet.Cut, scene.Fleet.Calls, scene.Replicas));
        Assert.DoesNotContain(edges[1], scene.Fleet.Edges);

        bool Revived() => ReviveAsync().IsCompletedSuccessfully;
    }

    private static async Task ShrinkAndGrowAsync(Scene scene)
    {
        SimulatedEdge[] edges = [.. scene.Fleet.Edges];
        (edges[0].Calls, edges[1].Calls, edges[2].Calls) = (4, 1, 4);
        await scene.UntilAsync("one drains", () => scene.Fleet.Ordered.Count == 1);
        scene.Fleet.HangUp(edges[1]);
        await scene.UntilAsync("it went", () => scene.Fleet.Edges.Count == 2 && scene.Deployment.Annotation("turnpike.dev/removing").Length == 0);
        Assert.DoesNotContain(edges[1], scene.Fleet.Edges);
        scene.Fleet.Begin(8);
        await scene.UntilAsync("there are more", () => scene.Fleet.Edges.Count == 4);
        Assert.Equal((0, 16, 4), (scene.Fleet.Cut, scene.Fleet.Calls, scene.Replicas));
    }

    private static Fault FaultOf(string what) => what switch
    {
        "reset" => Fault.Reset,
        "reset after it was done" => Fault.ResetAfter,
        "500" => Fault.Answer(500, "InternalError", "etcdserver: request timed out"),
        "409" => Fault.Answer(409, "Conflict", "the object has been modified; please apply your changes to the latest version and try again"),
        "throttled" => Fault.Throttle(1),
        "denied" => Fault.Deny("policy.example.com", "not now"),
        _ => Fault.Hang,
    };
}
