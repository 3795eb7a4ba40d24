using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>A scenario's result as an operator reads it.</summary>
internal static class ScenarioSummary
{
    public static string Of(ScenarioResult result, Pacing pacing)
    {
        var text = new SummaryText();
        text.Line($"scenario     {result.Scenario} at {result.Server} over {result.Transport}, {result.Framing} framing, measured for {result.Seconds:0.0} s{(result.Interrupted ? " (interrupted)" : "")}");
        text.Line($"setup        {result.SetupSeconds:0.000} s to make the first allocations");
        foreach (StreamResult stream in result.Streams)
        {
            string burst = stream.Burst == 1 ? "" : $" in bursts of {stream.Burst}";
            text.Line($"{stream.Name,-12} {stream.Allocations} allocations, {stream.OfferedPacketsPerSecond:0.#} packets/s of {stream.PayloadBytes} B{burst}");
            text.Direction("  up", stream.Up);
            text.Direction("  down", stream.Down);
        }

        if (result.Churn is { } churn)
        {
            AppendChurn(text, churn);
        }

        if (result.Highest is { } highest)
        {
            string limit = highest.LimitedByGenerator ? "; the generator was the limit" : "";
            text.Line($"highest      {highest.PacketsPerSecond:0} packets/s with at most {highest.ToleratedLossPercent:0.###} % lost, {highest.Steps.Count} steps{limit}");
        }

        text.Redirected(result.Redirected);
        text.Troubles(result.Unexpected, result.LostAllocations, result.FirstFailure, result.DeletionsUnconfirmed);
        text.Generator(result.Generator, pacing);
        return text.ToString();
    }

    private static void AppendChurn(SummaryText text, ChurnResult churn)
    {
        if (churn.Started == 0)
        {
            text.Line($"churn        {churn.OfferedPerSecond:0.##} Allocates/s: none was due in the measured time");
            return;
        }

        text.Line($"churn        {churn.OfferedPerSecond:0.##} Allocates/s: {churn.Started} begun, {churn.Succeeded} granted");
        if (churn.Succeeded != 0)
        {
            text.Latency(churn.LatencyMicroseconds);
        }

        foreach ((string what, long count) in churn.Failures.OrderByDescending(failure => failure.Value))
        {
            text.Line($"             {count} failed: {what}");
        }

        if (churn.Packets is not { Sent: > 0 } packets)
        {
            return;
        }

        text.Line($"  packets    {packets.Each} of {packets.PayloadBytes} B in each, and back: sent {packets.Sent}, answered {packets.Answered}, lost {packets.LossPercent:0.000} %");
        if (packets.Answered != 0)
        {
            text.Latency(packets.RoundTripMicroseconds, "round trip us");
            text.Latency(packets.FirstAnswerMicroseconds, "from Allocate to first answer us");
        }
    }
}
