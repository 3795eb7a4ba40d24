using Turnpike.LoadTest.Search;

namespace Turnpike.LoadTest.Bench;

/// <summary>What one step of the search saw. A generator that lost more than tolerated itself did not keep its schedule.</summary>
internal readonly record struct SaturationStep(double LossPercent, bool GeneratorKeptSchedule, double CpuMicrosecondsPerPacket);

/// <summary>A rate that was stayed at.</summary>
/// <param name="PacketsPerSecond">The rate.</param>
/// <param name="Step">What was seen there.</param>
/// <param name="LimitedByGenerator">The server's limit may lie higher.</param>
internal readonly record struct StayedRate(double PacketsPerSecond, SaturationStep Step, bool LimitedByGenerator);

/// <summary>Looks for the highest rate that a server relays without loss, in even steps: coarse, since a comparison makes many.</summary>
internal static class SaturationSearch
{
    public const double ToleratedLossPercent = HighestRateSearch.DefaultToleratedLossPercent;
    public const double StepFactor = 1.15;
    public const int MaximumSteps = 12;
    public const int MaximumStepsDown = 3;

    // The precision has room for rounding: neighbouring steps end the search.
    private static readonly SearchPlan Plan = new(StepFactor, StepFactor * 1.001, MaximumSteps, Lowest: 0);

    public static SaturationSample Find(string server, int allocations, double firstRate, Func<double, SaturationStep> measure)
    {
        FoundRate<SaturationStep> found = HighestRateSearch.Find(
            firstRate,
            measure,
            step => HighestRateSearch.Outcome(step.LossPercent, ToleratedLossPercent, step.GeneratorKeptSchedule),
            Plan);
        return new SaturationSample(server, allocations, found.Factor, found.Step.CpuMicrosecondsPerPacket, found.LimitedByGenerator);
    }

    /// <summary>
    /// Measures at a rate that a search found: at a lower one where more is lost than tolerated, a few steps down at most. A server is not
    /// to look cheap for dropping packets.
    /// </summary>
    public static StayedRate Stay(double rate, bool limitedByGenerator, Func<double, SaturationStep> measure)
    {
        SaturationStep step = measure(rate);
        for (int down = 0; down < MaximumStepsDown && step.LossPercent > ToleratedLossPercent; down++)
        {
            limitedByGenerator = !step.GeneratorKeptSchedule;
            rate /= StepFactor;
            step = measure(rate);
        }

        return new StayedRate(rate, step, limitedByGenerator || !step.GeneratorKeptSchedule);
    }
}
