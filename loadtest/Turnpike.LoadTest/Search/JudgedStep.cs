using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Reports;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Search;

/// <summary>What a run at one rate says of the server.</summary>
internal static class JudgedStep
{
    /// <param name="result">The run.</param>
    /// <param name="toleratedLossPercent">More is too much.</param>
    public static RateStep Of(ScenarioResult result, double toleratedLossPercent)
    {
        IReadOnlyList<DirectionResult> directions = Figure.Directions(result);
        bool isItsOwn = result.Generator.ExplainsLoss(directions.Sum(each => each.Sent), directions.Sum(each => each.Received), toleratedLossPercent);

        // A thin stream that is silent would not show in the loss of all.
        double loss = directions.Any(each => each.IsSilent) ? 100 : Figure.Loss(result) ?? 0;
        return new RateStep(
            result.Streams.Sum(stream => stream.OfferedPacketsPerSecond), loss, Figure.P99.Of(result) ?? 0, result.Generator.KeptSchedule && !isItsOwn);
    }
}
