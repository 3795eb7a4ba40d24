using Grpc.Core;
using Turnpike.Contracts.Keda;
using Turnpike.ControlPlane.Calls;
using Turnpike.ControlPlane.Fleet;
using Turnpike.ControlPlane.Scaling;

namespace Turnpike.ControlPlane.Keda;

/// <summary>
/// Answers KEDA from the same function as the built-in scaler: the value is the replicas that there should be, and the target is 1 for
/// each of them, so that the HorizontalPodAutoscaler that KEDA makes, which divides the one by the other, asks for just as many. An
/// answer that is not fresh is none: nothing is scaled by old data.
/// </summary>
internal sealed class ScalerApi(ScalingDesk desk, EdgeDirectory directory, StreamGate gate, TimeProvider time) : ExternalScaler.ExternalScalerBase
{
    public const string Metric = "turnpike-replicas";

    public override async Task<IsActiveResponse> IsActive(ScaledObjectRef request, ServerCallContext context) =>
        new() { Result = await ReplicasAsync() > 0 };

    public override async Task StreamIsActive(ScaledObjectRef request, IServerStreamWriter<IsActiveResponse> responseStream, ServerCallContext context)
    {
        using IDisposable place = gate.Enter();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, gate.Stopping);
        BoundedWriter<IsActiveResponse> writer = new(responseStream, context, time, end.Token);
        bool active = await ReplicasAsync() > 0;
        bool? told = null;
        try
        {
            while (true)
            {
                Task next = directory.Next;
                if (directory.IsFresh)
                {
                    active = await ReplicasAsync() > 0;
                }
                if (told != active)
                {
                    told = active;
                    await writer.WriteAsync(new IsActiveResponse { Result = active });
                }
                await next.WaitAsync(end.Token);
            }
        }
        catch (OperationCanceledException) when (gate.Stopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw StreamGate.Ending();
        }
    }

    public override Task<GetMetricSpecResponse> GetMetricSpec(ScaledObjectRef request, ServerCallContext context) =>
        Task.FromResult(new GetMetricSpecResponse { MetricSpecs = { new MetricSpec { MetricName = Metric, TargetSize = 1, TargetSizeFloat = 1 } } });

    public override async Task<GetMetricsResponse> GetMetrics(GetMetricsRequest request, ServerCallContext context)
    {
        if (request.MetricName != Metric)
        {
            throw Problems.Invalid("metricName", $"not {Metric}");
        }
        int replicas = await ReplicasAsync();
        return new GetMetricsResponse { MetricValues = { new MetricValue { MetricName = Metric, MetricValue_ = replicas, MetricValueFloat = replicas } } };
    }

    // A store that is away makes it UNAVAILABLE.
    private async Task<int> ReplicasAsync() => (await desk.DecideAsync()).Replicas;
}
