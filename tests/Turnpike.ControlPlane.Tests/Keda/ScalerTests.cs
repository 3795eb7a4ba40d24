using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.Keda;

namespace Turnpike.ControlPlane.Tests.Keda;

public sealed class ScalerTests : ControlPlaneTest
{
    private ExternalScaler.ExternalScalerClient Scaler => new(Plane.Invoker(Tokens.Viewer));

    // What the tests say once stays said while they run.
    protected override string[] Settings => ["--Cluster:MemberExpiry=300", "--ControlPlane:Scaling:Buffer:ProvisioningTime=0"];

    [Fact]
    public async Task The_metric_is_the_replicas_that_there_should_be_and_the_target_is_one()
    {
        MetricSpec spec = Assert.Single((await Scaler.GetMetricSpecAsync(Reference(), cancellationToken: Cancellation)).MetricSpecs);
        Assert.Equal(("turnpike-replicas", 1, 1), (spec.MetricName, spec.TargetSize, spec.TargetSizeFloat));
        await BeatAsync("north", 900);
        await BeatAsync("south", 850);
        // Another one is needed at 88 %, and one to spare.
        GetMetricsRequest request = new() { ScaledObjectRef = Reference(), MetricName = spec.MetricName };
        await Until.TrueAsync("three edges", async () => (await Scaler.GetMetricsAsync(request)).MetricValues.Single() is { MetricValue_: 3, MetricValueFloat: 3 });
        // Who ends is replaced already by whatever ended it.
        await BeatAsync("west", 34, "draining");
        await Until.TrueAsync("four edges", async () => (await Scaler.GetMetricsAsync(request)).MetricValues.Single() is { MetricValue_: 4 });
    }

    [Fact]
    public async Task There_is_always_something_to_do()
    {
        using AsyncServerStreamingCall<IsActiveResponse> call = Scaler.StreamIsActive(Reference(), cancellationToken: Cancellation);
        Assert.True(await call.ResponseStream.MoveNext(Cancellation));
        Assert.True(call.ResponseStream.Current.Result);
        Assert.True((await Scaler.IsActiveAsync(Reference(), cancellationToken: Cancellation)).Result);
    }

    [Fact]
    public async Task Another_metric_is_refused() => await Refused.FieldAsync(
        "metricName", async () => await Scaler.GetMetricsAsync(new GetMetricsRequest { ScaledObjectRef = Reference(), MetricName = "cpu" }));

    [Fact]
    public async Task Nothing_is_scaled_by_data_that_is_old()
    {
        await Plane.BeatAsync(Make.Edge("north"));
        await Scaler.IsActiveAsync(Reference(), cancellationToken: Cancellation);
        Plane.Redis.Pause();
        try
        {
            await Until.TrueAsync("the data is old", async () =>
            {
                try
                {
                    await Scaler.IsActiveAsync(Reference());
                    return false;
                }
                catch (RpcException problem) when (problem.StatusCode == StatusCode.Unavailable)
                {
                    return true;
                }
            });
        }
        finally
        {
            Plane.Redis.Resume();
        }
    }

    private Task BeatAsync(string name, long allocations, string state = "ready") =>
        Plane.BeatAsync(Make.Edge(name) with { State = state, Load = new EdgeLoad { ReportedAt = 1_700_000_100, Allocations = allocations } });

    private static ScaledObjectRef Reference() => new() { Name = "edge", Namespace = "turnpike" };
}
