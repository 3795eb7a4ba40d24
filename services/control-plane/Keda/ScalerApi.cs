using System.Globalization;
using Grpc.Core;
using Turnpike.Contracts.Keda;
using Turnpike.ControlPlane.Calls;
using Turnpike.ControlPlane.Fleet;

namespace Turnpike.ControlPlane.Keda;

/// <summary>
/// Answers KEDA: the value is the allocations of the whole fleet, the target how many of them one edge shall have. KEDA asks for as many
/// edges as the one divided by the other gives. An answer that is not fresh is none: nothing is scaled by old data.
/// </summary>
internal sealed class ScalerApi(EdgeDirectory directory, StreamGate gate, TimeProvider time) : ExternalScaler.ExternalScalerBase
{
    public const string Metric = "turnpike-allocations";
    public const string TargetKey = "allocationsPerEdge";
    public const long UsualTarget = 1000;

    private const long MostTarget = 1_000_000;

    public override async Task<IsActiveResponse> IsActive(ScaledObjectRef request, ServerCallContext context)
    {
        Target(request);
        return new IsActiveResponse { Result = await AllocationsAsync() > 0 };
    }

    public override async Task StreamIsActive(ScaledObjectRef request, IServerStreamWriter<IsActiveResponse> responseStream, ServerCallContext context)
    {
        Target(request);
        using IDisposable place = gate.Enter();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, gate.Stopping);
        BoundedWriter<IsActiveResponse> writer = new(responseStream, context, time, end.Token);
        bool active = await AllocationsAsync() > 0;
        bool? told = null;
        try
        {
            while (true)
            {
                Task next = directory.Next;
                if (directory.IsFresh)
                {
                    active = await AllocationsAsync() > 0;
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

    public override Task<GetMetricSpecResponse> GetMetricSpec(ScaledObjectRef request, ServerCallContext context)
    {
        long target = Target(request);
        return Task.FromResult(new GetMetricSpecResponse
        {
            MetricSpecs = { new MetricSpec { MetricName = Metric, TargetSize = target, TargetSizeFloat = target } },
        });
    }

    public override async Task<GetMetricsResponse> GetMetrics(GetMetricsRequest request, ServerCallContext context)
    {
        Target(request.ScaledObjectRef ?? new ScaledObjectRef());
        if (request.MetricName != Metric)
        {
            throw Problems.Invalid("metricName", $"not {Metric}");
        }
        long allocations = await AllocationsAsync();
        return new GetMetricsResponse
        {
            MetricValues = { new MetricValue { MetricName = Metric, MetricValue_ = allocations, MetricValueFloat = allocations } },
        };
    }

    // A store that is away makes it UNAVAILABLE.
    private async Task<long> AllocationsAsync() => (await directory.FreshAsync()).Sum(edge => edge.Load.Allocations);

    private static long Target(ScaledObjectRef request)
    {
        if (!request.ScalerMetadata.TryGetValue(TargetKey, out string? text))
        {
            return UsualTarget;
        }
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long target) && target is > 0 and <= MostTarget
            ? target
            : throw Problems.Invalid($"scalerMetadata.{TargetKey}", $"not a number from 1 to {MostTarget}");
    }
}
