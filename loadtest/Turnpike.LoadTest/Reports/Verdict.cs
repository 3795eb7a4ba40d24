using System.Globalization;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Reports;

/// <summary>Whether a run is good enough, and why not.</summary>
/// <param name="Bars">Each bar that was set.</param>
/// <param name="Failures">What is wrong whatever the bars are.</param>
internal sealed record Verdict(IReadOnlyList<BarVerdict> Bars, IReadOnlyList<string> Failures)
{
    public bool IsPassed => Failures.Count == 0 && Bars.All(bar => bar.IsMet);

    /// <summary>A sentence each, for the standard error.</summary>
    public IEnumerable<string> Problems => Failures.Concat(Bars.Where(bar => !bar.IsMet).Select(bar => bar.Sentence));

    /// <param name="result">What is judged.</param>
    /// <param name="bars">What it has to keep.</param>
    /// <param name="searchProblem">Why there is no highest rate though one was looked for; null where that is not so.</param>
    public static Verdict Of(ScenarioResult result, IReadOnlyList<Bar> bars, string? searchProblem = null) => new(
        [.. bars.Select(bar => bar.Judge(result))], [.. FailuresOf(result), .. searchProblem is null ? [] : new[] { searchProblem }]);

    /// <summary>Why the figures may be the generator's and not the server's; none where they are the server's.</summary>
    public static IReadOnlyList<string> GeneratorWarnings(GeneratorResult generator)
    {
        var warnings = new List<string>();
        if (!generator.KeptSchedule)
        {
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"The generator was the limit: it fell up to {generator.WorstLatenessMilliseconds:0} ms behind its own schedule, so these figures are this machine's and not the server's. Offer less, or run it on a faster or quieter machine."));
        }

        if (generator.SendDrops + generator.ReceiveDrops != 0)
        {
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"The generator lost packets itself: {generator.SendDrops} were not sent and {generator.ReceiveDrops} not read in time. They count as lost, though not the server lost them."));
        }

        return warnings;
    }

    private static IEnumerable<string> FailuresOf(ScenarioResult result)
    {
        if (result.Interrupted)
        {
            yield return "interrupted before its end";
        }

        IReadOnlyList<DirectionResult> directions = Figure.Directions(result);
        if (directions.Sum(each => each.Sent) == 0 && result.Churn is not { Started: > 0 })
        {
            yield return "nothing was measured";
        }
        else if (directions.Sum(each => each.Sent) != 0 && directions.Sum(each => each.Received) == 0)
        {
            yield return Silence.Whole;
        }
        else
        {
            foreach (StreamResult stream in result.Streams)
            {
                foreach ((string name, DirectionResult? way) in new[] { ("up", stream.Up), ("down", stream.Down) })
                {
                    if (way is { IsSilent: true })
                    {
                        yield return string.Create(CultureInfo.InvariantCulture, $"no packet of {stream.Name} {name} arrived, of {way.Sent} sent");
                    }
                }
            }
        }

        if (Silence.Since(result.Timeline) is double since)
        {
            yield return Silence.Describe(since, result.Seconds);
        }

        if (result.Churn is { Started: > 0, Succeeded: 0 })
        {
            yield return "no Allocate was granted";
        }

        if (result.Churn?.Packets is { Sent: > 0, Answered: 0 } packets)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"no packet of calls that come and go was answered, of {packets.Sent} sent");
        }

        if (result.LostAllocations != 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"{result.LostAllocations} allocations ended while they were in use, the first: {result.FirstFailure ?? "no reason known"}");
        }
    }
}
