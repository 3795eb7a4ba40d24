namespace Turnpike.LoadTest.Relay;

/// <summary>A run's result as an operator reads it.</summary>
internal static class RelaySummary
{
    public static string Of(RelayResult result)
    {
        var text = new SummaryText();
        text.Line($"server       {result.Server}, {result.Allocations} allocations made in {result.SetupSeconds:0.000} s");
        text.Line($"offered      {result.OfferedPacketsPerSecond:0} packets/s of {result.PayloadBytes} B, measured for {result.Seconds:0.0} s{(result.Interrupted ? " (interrupted)" : "")}");
        text.Direction("up", result.Up);
        text.Direction("down", result.Down);
        text.Redirected(result.Redirected);
        text.Troubles(result.Unexpected, result.LostAllocations, result.FirstFailure, result.DeletionsUnconfirmed);
        text.Generator(result.Generator, result.Pacing);
        return text.ToString();
    }
}
