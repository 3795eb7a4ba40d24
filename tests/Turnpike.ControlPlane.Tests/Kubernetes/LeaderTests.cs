using Turnpike.FakeKubernetes;

namespace Turnpike.ControlPlane.Tests.Kubernetes;

/// <summary>One of many scales, whatever their clocks say.</summary>
public sealed class LeaderTests
{
    [Fact]
    public async Task Of_three_one_leads_and_when_it_ends_another_does_at_once()
    {
        await using Scene scene = await Scene.StartAsync(2);
        SceneScaler[] all = [scene.Scale(), scene.Scale(), scene.Scale()];
        await scene.UntilAsync("one leads", () => all.Any(each => each.Elector.IsLeader));
        SceneScaler first = all.Single(each => each.Elector.IsLeader);
        await scene.UntilAsync("the others know it", () => all.All(each => each.Elector.Holder == first.Name));
        SceneScaler other = all.First(each => each != first);
        await scene.UntilAsync("they say so", () => other.Status.Text == $"{first.Name} leads");

        DateTimeOffset ended = scene.Time.GetUtcNow();
        await first.DisposeAsync();
        await scene.UntilAsync("another leads", () => all.Any(each => each != first && each.Elector.IsLeader));

        Assert.True(scene.Time.GetUtcNow() - ended < TimeSpan.FromSeconds(10), "it was not given up");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    public async Task A_clock_that_is_hours_wrong_takes_no_lead_from_anybody(int hours)
    {
        await using Scene scene = await Scene.StartAsync(2);
        SceneScaler right = scene.Scale();
        await scene.UntilAsync("one leads", () => right.Elector.IsLeader);
        SceneScaler wrong = scene.Scale(skew: TimeSpan.FromHours(hours));

        await scene.PassAsync(TimeSpan.FromMinutes(1));
        Assert.True(right.Elector.IsLeader);
        Assert.False(wrong.Elector.IsLeader);

        scene.Server.Faults = request => request.User == right.Name ? Fault.Reset : null;
        await scene.UntilAsync("the other leads", () =>
        {
            Assert.False(right.Elector.IsCertain && wrong.Elector.IsCertain, "two lead");
            return wrong.Elector.IsLeader;
        });
        Assert.False(right.Elector.IsLeader);
    }

    [Fact]
    public async Task Two_that_claim_the_lead_by_turns_never_have_it_together_and_no_call_ends()
    {
        await using Scene scene = await Scene.StartAsync(4);
        scene.Fleet.Begin(8);
        SceneScaler[] both = [scene.Scale(), scene.Scale(skew: TimeSpan.FromMinutes(7))];

        for (int turn = 0; turn < 4; turn++)
        {
            await scene.UntilAsync("one leads", () => both.Any(each => each.Elector.IsLeader));
            SceneScaler leader = both.Single(each => each.Elector.IsLeader);
            scene.Server.Faults = request => request.User == leader.Name ? Fault.Reset : null;
            await scene.UntilAsync("the other leads", () =>
            {
                Assert.False(both.All(each => each.Elector.IsCertain), "two lead");
                return both.Any(each => each != leader && each.Elector.IsLeader);
            });
        }
        scene.Server.Faults = _ => null;
        await scene.UntilAsync("the load is followed", () =>
        {
            foreach (SimulatedEdge edge in scene.Fleet.Edges.Where(scene.Fleet.IsDraining))
            {
                scene.Fleet.HangUp(edge);
            }
            return scene.Replicas == 2 && scene.Fleet.Edges.Count == 2;
        });
        Assert.Equal(0, scene.Fleet.Cut);
    }
}
