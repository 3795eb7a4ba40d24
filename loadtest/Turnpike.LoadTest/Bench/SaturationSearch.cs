namespace Turnpike.LoadTest.Bench;

/// <summary>What one step of the search saw.</summary>
internal readonly record struct SaturationStep(double LossPercent, bool GeneratorKeptSchedule, double CpuMicrosecondsPerPacket);

/// <summary>
/// Looks for the highest rate that a server relays without loss: up in steps from a first guess while it holds, or down while it
/// does not. A failed step is tried twice, since one hiccup of the machine is not the server's limit.
/// </summary>
internal static class SaturationSearch
{
    public const double ToleratedLossPercent = 0.1;
    public const double StepFactor = 1.15;
    public const int MaximumSteps = 12;

    public static SaturationSample Find(string server, int allocations, double firstRate, Func<double, SaturationStep> measure)
    {
        (double rate, SaturationStep step) = (firstRate, Try(firstRate, measure));
        bool goesUp = Holds(step);
        for (int i = 1; i < MaximumSteps; i++)
        {
            double nextRate = goesUp ? rate * StepFactor : rate / StepFactor;
            SaturationStep next = Try(nextRate, measure);
            if (goesUp && !Holds(next))
            {
                return new SaturationSample(server, allocations, rate, step.CpuMicrosecondsPerPacket, LimitedByGenerator: !next.GeneratorKeptSchedule);
            }

            (rate, step) = (nextRate, next);
            if (!goesUp && Holds(next))
            {
                break;
            }
        }

        // Out of steps: upwards the limit is higher than was tried, downwards nothing held.
        return new SaturationSample(server, allocations, Holds(step) ? rate : 0, step.CpuMicrosecondsPerPacket, LimitedByGenerator: goesUp);
    }

    private static bool Holds(SaturationStep step) => step.GeneratorKeptSchedule && step.LossPercent <= ToleratedLossPercent;

    private static SaturationStep Try(double rate, Func<double, SaturationStep> measure)
    {
        SaturationStep step = measure(rate);
        return Holds(step) ? step : measure(rate);
    }
}
