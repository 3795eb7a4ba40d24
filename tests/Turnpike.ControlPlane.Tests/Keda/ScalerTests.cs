using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.Keda;

namespace Turnpike.ControlPlane.Tests.Keda;

public sealed class ScalerTests : ControlPlaneTest
{
    private ExternalScaler.ExternalScalerClient Scaler => new(Plane.Invoker(Tokens.Viewer));

    // What the tests say once stays said while they run.
    protected override string[] Settings => ["--Cluster:MemberExpiry=300"];

    [Fact]
    public async Task The_metric_is_the_allocations_of_the_fleet_and_the_target_those_of_an_edge()
    {
        await Plane.BeatAsync(Make.Edge("north") with { Load = new EdgeLoad { Allocations = 700 } });
        await Plane.BeatAsync(Make.Edge("south") with { Load = new EdgeLoad { Allocations = 500 } });
        await Plane.BeatAsync(Make.Edge("west") with { State = "draining", Load = new EdgeLoad { Allocations = 34 } });
        MetricSpec spec = Assert.Single((await Scaler.GetMetricSpecAsync(Reference(), cancellationToken: Cancellation)).MetricSpecs);
        Assert.Equal(("turnpike-allocations", 1000, 1000), (spec.MetricName, spec.TargetSize, spec.TargetSizeFloat));
        spec = Assert.Single((await Scaler.GetMetricSpecAsync(Reference("250"), cancellationToken: Cancellation)).MetricSpecs);
        Assert.Equal(250, spec.TargetSize);
        GetMetricsRequest request = new() { ScaledObjectRef = Reference(), MetricName = spec.MetricName };
        await Until.TrueAsync("three edges", async () =>
            (await Scaler.GetMetricsAsync(request)).MetricValues.Single() is { MetricValue_: 1234, MetricValueFloat: 1234 });
    }

    [Fact]
    public async Task A_fleet_without_allocations_is_not_active()
    {
        using AsyncServerStreamingCall<IsActiveResponse> call = Scaler.StreamIsActive(Reference(), cancellationToken: Cancellation);
        Assert.True(await call.ResponseStream.MoveNext(Cancellation));
        Assert.False(call.ResponseStream.Current.Result);
        Assert.False((await Scaler.IsActiveAsync(Reference(), cancellationToken: Cancellation)).Result);
        await Plane.BeatAsync(Make.Edge("north") with { Load = new EdgeLoad { Allocations = 1 } });
        Assert.True(await call.ResponseStream.MoveNext(Cancellation));
        Assert.True(call.ResponseStream.Current.Result);
        Assert.True((await Scaler.IsActiveAsync(Reference(), cancellationToken: Cancellation)).Result);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("many")]
    [InlineData("1e3")]
    [InlineData("")]
    [InlineData("99999999999999999999")]
    public async Task A_target_that_is_none_is_refused(string target)
    {
        const string Field = "scalerMetadata.allocationsPerEdge";
        await Refused.FieldAsync(Field, async () => await Scaler.IsActiveAsync(Reference(target)));
        await Refused.FieldAsync(Field, async () => await Scaler.GetMetricSpecAsync(Reference(target)));
        await Refused.FieldAsync(Field, async () => await Scaler.GetMetricsAsync(new GetMetricsRequest { ScaledObjectRef = Reference(target), MetricName = "turnpike-allocations" }));
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

    private static ScaledObjectRef Reference(string? target = null)
    {
        ScaledObjectRef reference = new() { Name = "edge", Namespace = "turnpike" };
        if (target is not null)
        {
            reference.ScalerMetadata["allocationsPerEdge"] = target;
        }
        return reference;
    }
}
