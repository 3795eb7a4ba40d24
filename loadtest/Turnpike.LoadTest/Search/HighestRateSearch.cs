using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Search;

/// <summary>How one step of the search ended.</summary>
internal enum StepOutcome
{
    /// <summary>The rate went through.</summary>
    Held,

    /// <summary>The server lost more than is tolerated.</summary>
    Failed,

    /// <summary>The generator could not offer the rate, so the step says nothing about the server.</summary>
    GeneratorLimited,
}

/// <summary>How a search moves.</summary>
/// <param name="Growth">The factor from step to step until one fails, or, downwards, until one holds.</param>
/// <param name="Precision">The search ends when the lowest rate that failed is at most this many times the highest that held.</param>
/// <param name="MaximumSteps">Rates that are tried at most.</param>
/// <param name="Lowest">Downwards no rate below this share of the first is tried: a server that is away is soon known to be.</param>
/// <param name="StepSeconds">How long a step measures.</param>
internal sealed record SearchPlan(double Growth = 2, double Precision = 1.05, int MaximumSteps = 20, double Lowest = 1.0 / 64, double StepSeconds = 0)
{
    /// <summary>For making the allocations of a step, what comes late, and deleting them.</summary>
    private const double AroundStepSeconds = 15;

    /// <summary>As long as a search may take: every step tried twice.</summary>
    public TimeSpan Longest(double warmupSeconds) => TimeSpan.FromSeconds(2 * MaximumSteps * (StepSeconds + warmupSeconds + AroundStepSeconds));
}

/// <param name="Factor">The highest that held; 0 where none did.</param>
/// <param name="Step">Its step; the last one tried where none held.</param>
/// <param name="LimitedByGenerator">The server's limit may lie higher.</param>
internal sealed record FoundRate<T>(double Factor, T Step, bool LimitedByGenerator);

/// <summary>
/// Looks for the highest rate that holds: up from the first in growing steps until one fails, or down until one holds, then between
/// the two, at their geometric mean. A step that does not hold is tried twice, since one hiccup of the machine is no limit.
/// </summary>
internal static class HighestRateSearch
{
    public const double DefaultToleratedLossPercent = 0.1;

    /// <summary>
    /// A step whose 99th percentile is later fails: over TCP and TLS what a server cannot take waits in buffers, and is late long before it is lost.
    /// </summary>
    public const double LongestDelayMicroseconds = 500_000;

    /// <summary>Where a step fails by losing packets, or by being late with them.</summary>
    /// <param name="measure">Runs at so many times the scenario's rate.</param>
    /// <param name="toleratedLossPercent">More is too much.</param>
    /// <param name="plan">How to move.</param>
    /// <param name="onStep">Told of every step.</param>
    public static HighestRate Find(Func<double, RateStep> measure, double toleratedLossPercent, SearchPlan plan, Action<RateStep, StepOutcome>? onStep = null)
    {
        var steps = new List<RateStep>();
        FoundRate<RateStep> found = Find(1, factor => Measured(measure(factor)), Judge, plan);
        return new HighestRate(found.Factor == 0 ? 0 : found.Step.OfferedPacketsPerSecond, toleratedLossPercent, found.LimitedByGenerator, steps);

        RateStep Measured(RateStep step)
        {
            steps.Add(step);
            onStep?.Invoke(step, Judge(step));
            return step;
        }

        StepOutcome Judge(RateStep step)
        {
            StepOutcome outcome = Outcome(step.LossPercent, toleratedLossPercent, step.GeneratorKeptSchedule);
            return outcome == StepOutcome.Held && step.LatencyP99Microseconds > LongestDelayMicroseconds ? StepOutcome.Failed : outcome;
        }
    }

    public static StepOutcome Outcome(double lossPercent, double toleratedLossPercent, bool generatorKeptSchedule) =>
        !generatorKeptSchedule ? StepOutcome.GeneratorLimited : lossPercent <= toleratedLossPercent ? StepOutcome.Held : StepOutcome.Failed;

    public static FoundRate<T> Find<T>(double first, Func<double, T> measure, Func<T, StepOutcome> judge, SearchPlan plan)
    {
        FoundRate<T>? held = null;
        (double Factor, StepOutcome Outcome)? failed = null;
        T last = default!;
        double next = first;
        for (int i = 0; i < plan.MaximumSteps && next >= first * plan.Lowest; i++)
        {
            (last, StepOutcome outcome) = Try(next, measure, judge);
            if (outcome == StepOutcome.Held)
            {
                held = new FoundRate<T>(next, last, false);
            }
            else
            {
                failed = (next, outcome);
            }

            if (held is not null && failed is { } tooMuch && tooMuch.Factor <= held.Factor * plan.Precision)
            {
                break;
            }

            next = (held, failed) switch
            {
                (not null, null) => held.Factor * plan.Growth,
                (null, _) => next / plan.Growth,
                _ => Math.Sqrt(held.Factor * failed.Value.Factor),
            };
        }

        // Where nothing failed, only the number of steps ended it.
        bool limited = failed is null || failed.Value.Outcome == StepOutcome.GeneratorLimited;
        return held is null ? new FoundRate<T>(0, last, limited) : held with { LimitedByGenerator = limited };
    }

    private static (T Step, StepOutcome Outcome) Try<T>(double factor, Func<double, T> measure, Func<T, StepOutcome> judge)
    {
        T step = measure(factor);
        StepOutcome outcome = judge(step);
        if (outcome == StepOutcome.Held)
        {
            return (step, outcome);
        }

        T again = measure(factor);
        StepOutcome second = judge(again);
        // A step counts against the server only if it failed with a generator that kept its schedule.
        return second == StepOutcome.Held || outcome == StepOutcome.GeneratorLimited ? (again, second) : (step, outcome);
    }
}
