using Turnpike.ControlPlane.Options;
using Turnpike.Scaling;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.ControlPlane.Scaling;

/// <summary>Turns the settings into a policy, and collects what is wrong with them.</summary>
internal static class ScalingPolicyReader
{
    private delegate string? Parser<T>(string text, out T value);

    public static ScalingPolicy Read(SettingsReading reading, ScalingOptions options)
    {
        if (options.MaxReplicas < options.MinReplicas)
        {
            reading.AddProblem<ScalingOptions>(nameof(ScalingOptions.MaxReplicas), $"{options.MaxReplicas}", $"less than ControlPlane:Scaling:MinReplicas ({options.MinReplicas})");
        }
        List<ScalingWindow?> schedule = ReadAll<ScalingOptions, ScalingWindow?>(reading, nameof(ScalingOptions.Schedule), options.Schedule, PolicyText.ReadWindow);
        for (int i = 0; i < schedule.Count && schedule.Count == options.Schedule.Length; i++)
        {
            if (schedule[i]!.MinReplicas > options.MaxReplicas || schedule[i]!.MaxReplicas < options.MinReplicas || schedule[i]!.MaxReplicas > options.MaxReplicas)
            {
                reading.AddProblem<ScalingOptions>(nameof(ScalingOptions.Schedule), options.Schedule[i],
                    $"not within ControlPlane:Scaling:MinReplicas and MaxReplicas ({options.MinReplicas} to {options.MaxReplicas})", i);
            }
        }
        return new ScalingPolicy
        {
            MinReplicas = options.MinReplicas,
            MaxReplicas = options.MaxReplicas,
            TargetUtilization = ReadTargets(reading, options),
            Buffer = new ScalingBuffer
            {
                Edges = options.Buffer.Edges,
                Percent = options.Buffer.Percent,
                ProvisioningTime = TimeSpan.FromSeconds(options.Buffer.ProvisioningTime),
            },
            ScaleUp = new ScalingRules
            {
                Tolerance = options.ScaleUp.Tolerance / 100.0,
                StabilizationWindow = TimeSpan.FromSeconds(options.ScaleUp.StabilizationWindowSeconds),
                SelectPolicy = options.ScaleUp.SelectPolicy,
                Policies = ReadAll<ScaleUpOptions, RatePolicy>(reading, nameof(ScaleUpOptions.Policies), options.ScaleUp.Policies, PolicyText.ReadRate),
            },
            ScaleDown = new ScalingRules
            {
                Tolerance = options.ScaleDown.Tolerance / 100.0,
                StabilizationWindow = TimeSpan.FromSeconds(options.ScaleDown.StabilizationWindowSeconds),
                SelectPolicy = options.ScaleDown.SelectPolicy,
                Policies = ReadAll<ScaleDownOptions, RatePolicy>(reading, nameof(ScaleDownOptions.Policies), options.ScaleDown.Policies, PolicyText.ReadRate),
            },
            Schedule = [.. schedule.OfType<ScalingWindow>()],
            MaxReportAge = TimeSpan.FromSeconds(options.MaxReportAge),
            DryRun = options.DryRun,
        };
    }

    private static Figures ReadTargets(SettingsReading reading, ScalingOptions options)
    {
        Dictionary<Dimension, double> targets = [];
        for (int i = 0; i < options.Targets.Length; i++)
        {
            string? why = PolicyText.ReadTarget(options.Targets[i], out Dimension dimension, out double target);
            why ??= targets.TryAdd(dimension, target) ? null : "listed twice";
            if (why is not null)
            {
                reading.AddProblem<ScalingOptions>(nameof(ScalingOptions.Targets), options.Targets[i], why, i);
            }
        }
        return Figures.Of(dimension => targets.GetValueOrDefault(dimension, options.TargetUtilization / 100.0));
    }

    private static List<T> ReadAll<TOptions, T>(SettingsReading reading, string setting, string[] texts, Parser<T> parse)
    {
        List<T> values = [];
        for (int i = 0; i < texts.Length; i++)
        {
            if (parse(texts[i], out T value) is string why)
            {
                reading.AddProblem<TOptions>(setting, texts[i], why, i);
            }
            else
            {
                values.Add(value);
            }
        }
        return values;
    }
}
