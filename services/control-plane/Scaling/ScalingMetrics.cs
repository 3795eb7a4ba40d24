using System.Diagnostics.Metrics;
using Turnpike.ControlPlane.Options;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Scaling;

/// <summary>
/// The last decision of this process, in numbers that a HorizontalPodAutoscaler can follow. A process that decides nothing shows none; a
/// decision that got old is no number, so that nothing is scaled by it.
/// </summary>
internal sealed class ScalingMetrics
{
    private const int MissedDecisions = 3;
    private readonly DecisionLog _log;
    private readonly TimeProvider _time;
    private readonly TimeSpan _old;

    public ScalingMetrics(IMeterFactory meters, DecisionLog log, ControlPlaneSettings settings, TimeProvider time)
    {
        (_log, _time) = (log, time);
        _old = MissedDecisions * TimeSpan.FromSeconds(settings.Options.Scaling.Interval);
        Meter meter = meters.Create("Turnpike.ControlPlane.Scaling");
        Add("desired_replicas", "Replicas that the edges' workload should have", decision => [new(decision.Replicas)]);
        Add("current_replicas", "Replicas that the edges' workload has, those that drain included", decision => [new(decision.Current)]);
        Add("desired_edges", "Edges that should be in service", decision => [new(decision.Desired)]);
        Add("edges_in_service", "Replicas that do not drain", decision => [new(decision.InService)]);
        Add("scaling_held_back", "1 while what is known of the fleet is too bad to scale in by", decision => [new(decision.CanScaleDown ? 0 : 1)]);
        Add("saturation", "Load of the fleet as a part of the capacity in service, by dimension", decision => ByDimension(decision, figures => figures.Utilization));
        Add("scaler_last_decision", "1 for each reason of the last decision, 0 for all others", decision => Enum.GetValues<ScalingReasonCode>().Select(
            code => new Measurement<double>(
                decision.Reasons.Any(reason => reason.Code == code) ? 1 : 0, new KeyValuePair<string, object?>("reason", ScalingMessage.Code(code)))));
        Add("needed_edges", "Edges that load and buffer need, by dimension, before any rule or bound", decision => ByDimension(decision, figures => figures.Needed));

        void Add(string name, string description, Func<ScalingDecision, IEnumerable<Measurement<double>>> measure) =>
            meter.CreateObservableGauge($"turnpike.control_plane.{name}", () => Measure(measure), description: description);
    }

    private static IEnumerable<Measurement<double>> ByDimension(ScalingDecision decision, Func<DimensionFigures, double?> number) =>
        decision.Dimensions.Where(figures => figures.Needed is not null)
            .Select(figures => new Measurement<double>(number(figures) ?? double.NaN, new KeyValuePair<string, object?>("dimension", PolicyText.Name(figures.Dimension))));

    private IEnumerable<Measurement<double>> Measure(Func<ScalingDecision, IEnumerable<Measurement<double>>> measure)
    {
        if (_log.Latest is not { } decision)
        {
            return [];
        }
        bool isOld = _time.GetUtcNow() - decision.At > _old;
        return measure(decision).Select(measurement => isOld ? new Measurement<double>(double.NaN, measurement.Tags) : measurement);
    }
}
