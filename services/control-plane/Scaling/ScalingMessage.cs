using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Fleet;
using Turnpike.Scaling;
using Decision = Turnpike.Scaling.ScalingDecision;
using Policy = Turnpike.Scaling.ScalingPolicy;
using Rate = Turnpike.Scaling.RatePolicy;
using Rules = Turnpike.Scaling.ScalingRules;
using ScalingDecision = Turnpike.Contracts.V1.ScalingDecision;
using ScalingPolicy = Turnpike.Contracts.V1.ScalingPolicy;

namespace Turnpike.ControlPlane.Scaling;

/// <summary>Policies and decisions in the words of the API.</summary>
internal static class ScalingMessage
{
    public const string PolicyName = "scalingPolicy";
    private const int MostVictims = 100;

    public static ScalingDecision Of(LoggedDecision logged)
    {
        ScalingDecision message = Of(logged.Decision);
        message.Name = string.Create(CultureInfo.InvariantCulture, $"decisions/{logged.Number}");
        message.Actor = logged.Actor;
        return message;
    }

    public static ScalingDecision Of(Decision decision)
    {
        ScalingDecision message = new()
        {
            DecideTime = Timestamp.FromDateTimeOffset(decision.At),
            Action = decision.Action switch
            {
                ScalingAction.ScaleUp => ScalingDecision.Types.Action.ScaleUp,
                ScalingAction.ScaleDown => ScalingDecision.Types.Action.ScaleDown,
                _ => ScalingDecision.Types.Action.None,
            },
            CurrentReplicas = decision.Current,
            InService = decision.InService,
            Desired = decision.Desired,
            DesiredReplicas = decision.Replicas,
            Undrain = { decision.Undrain.Select(id => EdgeName.Of(id)) },
            Withdraw = { decision.Withdraw },
            Drain = { decision.Drain.Select(id => EdgeName.Of(id)) },
            Victims = { decision.Victims.Take(MostVictims).Select(id => EdgeName.Of(id)) },
            Reasons =
            {
                decision.Reasons.Select(reason => new Contracts.V1.ScalingReason
                {
                    Code = Code(reason.Code), Description = reason.Words, Limit = decision.Limits.Contains(reason.Code),
                }),
            },
            Dimensions = { decision.Dimensions.Select(Of) },
            CanScaleDown = decision.CanScaleDown,
            DryRun = decision.DryRun,
        };
        if (decision.Needed is double needed)
        {
            message.Needed = needed;
        }
        return message;
    }

    public static ScalingPolicy Of(Policy policy) => new()
    {
        Name = PolicyName,
        MinReplicas = policy.MinReplicas,
        MaxReplicas = policy.MaxReplicas,
        Targets = { Figures.Dimensions.Select(dimension => new ScalingTarget { Dimension = Of(dimension), Utilization = policy.TargetUtilization[dimension] }) },
        Buffer = new Contracts.V1.ScalingBuffer
        {
            Edges = (int)policy.Buffer.Edges,
            Percent = (int)policy.Buffer.Percent,
            ProvisioningTime = Duration.FromTimeSpan(policy.Buffer.ProvisioningTime),
        },
        ScaleUp = Of(policy.ScaleUp),
        ScaleDown = Of(policy.ScaleDown),
        Schedule = { policy.Schedule.Select(PolicyText.Write) },
        MaxReportAge = Duration.FromTimeSpan(policy.MaxReportAge),
        DryRun = policy.DryRun,
    };

    public static ScalingDimension Of(Dimension dimension) => dimension switch
    {
        Dimension.Allocations => ScalingDimension.Allocations,
        Dimension.RelayPorts => ScalingDimension.RelayPorts,
        Dimension.PacketsPerSecond => ScalingDimension.PacketsPerSecond,
        Dimension.BitsPerSecond => ScalingDimension.BitsPerSecond,
        _ => ScalingDimension.ShardBusy,
    };

    /// <summary>As programs read it: <c>LOAD_NEEDS_MORE</c>.</summary>
    internal static string Code(ScalingReasonCode code) => string.Concat(code.ToString().Select(
        (letter, index) => char.IsUpper(letter) && index > 0 ? $"_{letter}" : $"{char.ToUpperInvariant(letter)}"));

    private static ScalingFigures Of(DimensionFigures figures)
    {
        ScalingFigures message = new()
        {
            Dimension = Of(figures.Dimension),
            Load = figures.Load,
            Capacity = figures.Capacity,
            EdgeCapacity = figures.EdgeCapacity ?? 0,
            Growth = figures.Growth,
            Buffer = figures.Buffer,
            Target = figures.Target,
        };
        if (figures.Needed is double needed)
        {
            message.Needed = needed;
        }
        return message;
    }

    private static Contracts.V1.ScalingRules Of(Rules rules) => new()
    {
        Tolerance = rules.Tolerance,
        StabilizationWindow = Duration.FromTimeSpan(rules.StabilizationWindow),
        SelectPolicy = rules.SelectPolicy switch
        {
            SelectPolicy.Max => Contracts.V1.ScalingRules.Types.SelectPolicy.Max,
            SelectPolicy.Min => Contracts.V1.ScalingRules.Types.SelectPolicy.Min,
            _ => Contracts.V1.ScalingRules.Types.SelectPolicy.Disabled,
        },
        Policies = { rules.Policies.Select(Of) },
    };

    private static Contracts.V1.RatePolicy Of(Rate rate) => new()
    {
        Type = rate.Type == RateType.Pods ? Contracts.V1.RatePolicy.Types.Type.Pods : Contracts.V1.RatePolicy.Types.Type.Percent,
        Value = rate.Value,
        Period = Duration.FromTimeSpan(rate.Period),
    };
}
