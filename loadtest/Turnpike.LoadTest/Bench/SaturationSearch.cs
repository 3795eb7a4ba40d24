using Turnpike.LoadTest.Search;

namespace Turnpike.LoadTest.Bench;

/// <summary>What one step of the search saw.</summary>
internal readonly record struct SaturationStep(double LossPercent, bool GeneratorKeptSchedule, double CpuMicrosecondsPerPacket);

/// <summary>Looks for the highest rate that a server relays without loss, in even steps: coarse, since a comparison makes many.</summary>
internal static class SaturationSearch
{
    public const double ToleratedLossPercent = HighestRateSearch.DefaultToleratedLossPercent;
    public const double StepFactor = 1.15;
    public const int MaximumSteps = 12;

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
}
