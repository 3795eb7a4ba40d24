using System.Globalization;
using System.Text;

namespace Turnpike.LoadTest.Relay;

/// <summary>A run's result as an operator reads it.</summary>
internal static class RelaySummary
{
    public static string Of(RelayResult result)
    {
        var text = new StringBuilder();
        Line(text, $"server       {result.Server}, {result.Allocations} allocations made in {result.SetupSeconds:0.000} s");
        Line(text, $"offered      {result.OfferedPacketsPerSecond:0} packets/s of {result.PayloadBytes} B, measured for {result.Seconds:0.0} s{(result.Interrupted ? " (interrupted)" : "")}");
        AppendDirection(text, "up", result.Up);
        AppendDirection(text, "down", result.Down);
        if (result.Unexpected != 0)
        {
            Line(text, $"unexpected   {result.Unexpected} datagrams that belong to no flow or are damaged");
        }

        if (result.LostAllocations != 0)
        {
            Line(text, $"allocations  {result.LostAllocations} were lost during the run, the first: {result.FirstFailure}");
        }

        if (result.DeletionsUnconfirmed != 0)
        {
            Line(text, $"allocations  {result.DeletionsUnconfirmed} may be left on the server: it did not confirm their deletion");
        }

        GeneratorResult generator = result.Generator;
        string spinning = result.Pacing == Pacing.Spin ? " (never sleeps, so this is no cost)" : "";
        Line(text, $"generator    {generator.CpuMicrosecondsPerPacket:0.00} CPU-us a packet sent or received{spinning}, at worst {generator.WorstLatenessMilliseconds:0.0} ms late");
        if (generator.SendDrops + generator.ReceiveDrops != 0)
        {
            Line(text, $"generator    lost packets itself: {generator.SendDrops} not sent, {generator.ReceiveDrops} not read in time");
        }

        if (!generator.KeptSchedule)
        {
            Line(text, $"generator    could not keep its schedule: the figures are this machine's limit, not the server's");
        }

        return text.ToString();
    }

    private static void AppendDirection(StringBuilder text, string name, DirectionResult? direction)
    {
        if (direction is null)
        {
            return;
        }

        LatencyResult latency = direction.LatencyMicroseconds;
        Line(text, $"{name,-12} sent {direction.Sent}, received {direction.Received}, lost {direction.LossPercent:0.000} % (in {direction.FlowsWithLoss} flows), out of order {direction.OutOfOrder}");
        Line(text, $"             {direction.PacketsPerSecond:0} packets/s, {direction.MegabitsPerSecond:0.0} Mbit/s of payload; latency us p50 {latency.P50:0}, p90 {latency.P90:0}, p99 {latency.P99:0}, p99.9 {latency.P999:0}, max {latency.Maximum:0}");
    }

    private static void Line(StringBuilder text, FormattableString line) =>
        text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
