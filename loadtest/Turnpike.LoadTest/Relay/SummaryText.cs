using System.Globalization;
using System.Text;

namespace Turnpike.LoadTest.Relay;

/// <summary>The lines that the summaries of all runs share.</summary>
internal sealed class SummaryText
{
    private readonly StringBuilder _text = new();

    public void Line(FormattableString line) => _text.AppendLine(line.ToString(CultureInfo.InvariantCulture));

    public void Direction(string name, DirectionResult? direction)
    {
        if (direction is null)
        {
            return;
        }

        string duplicates = direction.Duplicates == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", came twice {direction.Duplicates}");
        Line($"{name,-12} sent {direction.Sent}, received {direction.Received}, lost {direction.LossPercent:0.000} % (in {direction.FlowsWithLoss} flows), out of order {direction.OutOfOrder}{duplicates}");
        if (direction.Received == 0)
        {
            return; // what never came has no delay
        }

        Line($"             {direction.PacketsPerSecond:0} packets/s, {direction.MegabitsPerSecond:0.0} Mbit/s of payload; jitter us mean {direction.JitterMicroseconds.Mean:0}, worst {direction.JitterMicroseconds.Worst:0}");
        Latency(direction.LatencyMicroseconds);
    }

    public void Latency(LatencyResult latency, string what = "latency us") =>
        Line($"             {what} p50 {latency.P50:0}, p90 {latency.P90:0}, p99 {latency.P99:0}, p99.9 {latency.P999:0}, max {latency.Maximum:0}");

    public void Redirected(RedirectionResult? redirected)
    {
        if (redirected is not null)
        {
            Line($"redirected   {redirected.Clients} clients were sent to another server (300 Try Alternate): {redirected.WhereTo}");
        }
    }

    public void Troubles(long unexpected, int lostAllocations, string? firstFailure, int deletionsUnconfirmed)
    {
        if (unexpected != 0)
        {
            Line($"unexpected   {unexpected} datagrams that belong to no flow or are damaged");
        }

        if (lostAllocations != 0)
        {
            Line($"allocations  {lostAllocations} were lost during the run, the first: {firstFailure}");
        }

        if (deletionsUnconfirmed != 0)
        {
            Line($"allocations  {deletionsUnconfirmed} may be left on the server: it did not confirm their deletion");
        }
    }

    public void Generator(GeneratorResult generator, Pacing pacing)
    {
        string spinning = pacing == Pacing.Spin ? " (never sleeps, so this is no cost)" : "";
        string late = generator.LatePercent is null or 0
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $" ({generator.LatePercent:0.###} % more than {GeneratorResult.ToleratedLatenessMilliseconds:0} ms)");
        Line($"generator    {generator.CpuMicrosecondsPerPacket:0.00} CPU-us a packet sent or received{spinning}, at worst {generator.WorstLatenessMilliseconds:0.0} ms late{late}");
        if (generator.SendDrops + generator.ReceiveDrops != 0)
        {
            Line($"generator    lost packets itself: {generator.SendDrops} not sent, {generator.ReceiveDrops} not read in time");
        }

        if (!generator.KeptSchedule)
        {
            Line($"generator    could not keep its schedule: the figures are this machine's limit, not the server's");
        }
    }

    public override string ToString() => _text.ToString();
}
