using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;
using Turnpike.Scaling;
using Change = Turnpike.Contracts.V1.ScalingPolicy;
using RateChange = Turnpike.Contracts.V1.RatePolicy;
using RatePolicy = Turnpike.Scaling.RatePolicy;
using RulesChange = Turnpike.Contracts.V1.ScalingRules;
using ScalingPolicy = Turnpike.Scaling.ScalingPolicy;
using ScalingRules = Turnpike.Scaling.ScalingRules;

namespace Turnpike.ControlPlane.Scaling;

/// <summary>A policy with what somebody asks about put into it. Bounds are those of the settings.</summary>
internal static class PolicyChange
{
    private const int LongestWindow = 3600;
    private const int LongestPeriod = 1800;
    private const int LongestReport = 600;
    private const int MostEntries = 100;

    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT.</exception>
    public static ScalingPolicy Apply(ScalingPolicy policy, Change? change)
    {
        if (change is null)
        {
            return policy;
        }
        int min = change.HasMinReplicas ? Within("policy.min_replicas", change.MinReplicas, 1, PolicyText.MostReplicas) : policy.MinReplicas;
        int max = change.HasMaxReplicas ? Within("policy.max_replicas", change.MaxReplicas, 1, PolicyText.MostReplicas) : policy.MaxReplicas;
        if (max < min)
        {
            throw Problems.Invalid("policy.max_replicas", $"{max} is less than the minimum, {min}");
        }
        return policy with
        {
            MinReplicas = min,
            MaxReplicas = max,
            TargetUtilization = Targets(policy.TargetUtilization, change.Targets),
            Buffer = change.Buffer is not { } buffer ? policy.Buffer : new Turnpike.Scaling.ScalingBuffer
            {
                Edges = buffer.HasEdges ? Within("policy.buffer.edges", buffer.Edges, 0, PolicyText.MostReplicas) : policy.Buffer.Edges,
                Percent = buffer.HasPercent ? Within("policy.buffer.percent", buffer.Percent, 0, 1000) : policy.Buffer.Percent,
                ProvisioningTime = Length("policy.buffer.provisioning_time", buffer.ProvisioningTime, 0, LongestWindow) ?? policy.Buffer.ProvisioningTime,
            },
            ScaleUp = Apply("policy.scale_up", policy.ScaleUp, change.ScaleUp),
            ScaleDown = Apply("policy.scale_down", policy.ScaleDown, change.ScaleDown),
            Schedule = change.Schedule.Count > 0 ? Schedule(change.Schedule) : policy.Schedule,
            MaxReportAge = Length("policy.max_report_age", change.MaxReportAge, 1, LongestReport) ?? policy.MaxReportAge,
            DryRun = change.HasDryRun ? change.DryRun : policy.DryRun,
        };
    }

    private static Figures Targets(Figures targets, IEnumerable<ScalingTarget> changes)
    {
        foreach (ScalingTarget change in changes)
        {
            if (!(change.Utilization is >= 0.1 and <= 1))
            {
                throw Problems.Invalid("policy.targets", "a utilization is not a number from 0.1 to 1");
            }
            Figures before = targets;
            targets = Figures.Of(dimension => change.Dimension == ScalingDimension.Unspecified || change.Dimension == ScalingMessage.Of(dimension)
                ? change.Utilization
                : before[dimension]);
        }
        return targets;
    }

    private static ScalingRules Apply(string field, ScalingRules rules, RulesChange? change) => change is null ? rules : rules with
    {
        Tolerance = !change.HasTolerance ? rules.Tolerance
            : change.Tolerance is >= 0 and <= 0.5 ? change.Tolerance
            : throw Problems.Invalid($"{field}.tolerance", "not a number from 0 to 0.5"),
        StabilizationWindow = Length($"{field}.stabilization_window", change.StabilizationWindow, 0, LongestWindow) ?? rules.StabilizationWindow,
        SelectPolicy = change.SelectPolicy switch
        {
            RulesChange.Types.SelectPolicy.Unspecified => rules.SelectPolicy,
            RulesChange.Types.SelectPolicy.Max => SelectPolicy.Max,
            RulesChange.Types.SelectPolicy.Min => SelectPolicy.Min,
            RulesChange.Types.SelectPolicy.Disabled => SelectPolicy.Disabled,
            _ => throw Problems.Invalid($"{field}.select_policy", "unknown"),
        },
        Policies = change.Policies.Count == 0 ? rules.Policies
            : change.Policies.Count <= MostEntries ? [.. change.Policies.Select(policy => Rate($"{field}.policies", policy))]
            : throw Problems.Invalid($"{field}.policies", $"more than {MostEntries}"),
    };

    private static RatePolicy Rate(string field, RateChange change) => new(
        change.Type switch
        {
            RateChange.Types.Type.Pods => RateType.Pods,
            RateChange.Types.Type.Percent => RateType.Percent,
            _ => throw Problems.Invalid(field, "a type is neither TYPE_PODS nor TYPE_PERCENT"),
        },
        Within(field, change.Value, 1, PolicyText.MostReplicas),
        Length(field, change.Period, 1, LongestPeriod) ?? throw Problems.Invalid(field, "a period is missing"));

    private static ScalingWindow[] Schedule(RepeatedField<string> texts) => texts.Count > MostEntries
        ? throw Problems.Invalid("policy.schedule", $"more than {MostEntries} windows")
        : [.. texts.Select(text => PolicyText.ReadWindow(text, out ScalingWindow? window) is string why ? throw Problems.Invalid("policy.schedule", why) : window!)];

    private static int Within(string field, int value, int least, int most) =>
        value >= least && value <= most ? value : throw Problems.Invalid(field, $"{value} is not {least} to {most}");

    // Compared in seconds first: a Duration may hold more than a TimeSpan.
    private static TimeSpan? Length(string field, Duration? length, int least, int most) => length is null ? null
        : length.Seconds >= least && length.Seconds <= most && length.Nanos is >= 0 and <= 999_999_999 ? length.ToTimeSpan()
        : throw Problems.Invalid(field, $"not a time from {least} to {most} seconds");
}
