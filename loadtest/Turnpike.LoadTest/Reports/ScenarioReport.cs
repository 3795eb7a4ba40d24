using System.Globalization;
using Turnpike.LoadTest.Plots;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Scenarios;
using Turnpike.LoadTest.Search;

namespace Turnpike.LoadTest.Reports;

/// <summary>A run as one HTML page for somebody who has never seen one: verdict first, then figures, plots, tables, and how to read them.</summary>
internal static class ScenarioReport
{
    public static string Of(ScenarioResult result, Verdict verdict, ReportOrigin origin)
    {
        var page = new HtmlPage($"{result.Scenario}: load on {result.Server}");
        page.Paragraph(Text($"{Describe(result)}, {result.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, measured for {result.Seconds:0.#} s{(result.Interrupted ? ", interrupted before its end" : "")}."), "soft");
        AppendVerdict(page, verdict);
        IReadOnlyList<string> warnings = Verdict.GeneratorWarnings(result.Generator);
        if (warnings.Count != 0)
        {
            page.Banner("warn", "Read with care", warnings);
        }

        page.Heading("Key figures");
        page.Cards(Figure.All.Select(figure => (figure, Value: figure.Of(result))).Where(each => each.Value is not null).Select(each => (each.figure.Name, each.figure.Text(each.Value!.Value))));
        if (result.Highest is { } highest)
        {
            AppendSearch(page, highest);
        }

        page.Heading("Over time");
        foreach (LineChart chart in ScenarioPlots.OverTime(result))
        {
            page.Plot(chart);
        }

        AppendStreams(page, result);
        if (result.Churn is { } churn)
        {
            AppendChurn(page, churn);
        }

        AppendRest(page, result);
        page.Heading("How to read this");
        page.Notes(ReportNotes.Of(result));
        page.Heading("Where it comes from");
        page.Code("Command", origin.Command);
        page.Paragraph(Text($"Server {result.Server}, {Describe(result)}. Generator: {origin.Machine}. turnpike-loadtest {origin.Version}."));
        return page.ToString();
    }

    public static string Describe(ScenarioResult result) =>
        $"{result.Transport.ToUpperInvariant()} from client to server, {(result.Framing == "send" ? "Send and Data indications" : "ChannelData")}";

    private static void AppendVerdict(HtmlPage page, Verdict verdict)
    {
        if (!verdict.IsPassed)
        {
            page.Banner("bad", "Failed", [.. verdict.Problems]);
        }
        else
        {
            page.Banner("good", verdict.Bars.Count == 0 ? "Completed" : "Passed", [verdict.Bars.Count == 0 ? "No bar was set; nothing went wrong that needs none." : "Every bar was met."]);
        }

        if (verdict.Bars.Count != 0)
        {
            page.Table(
                ["bar", "figure", "measured|", ""],
                verdict.Bars.Select(bar => new HtmlCell[]
                {
                    bar.Bar.Text, bar.Bar.Figure.Name, bar.MeasuredText, bar.IsMet ? new HtmlCell("met", "good") : new HtmlCell(bar.Measured is null ? "missed: no data" : "missed", "bad"),
                }));
        }
    }

    private static void AppendSearch(HtmlPage page, HighestRate highest)
    {
        page.Heading("The highest rate");
        string tolerated = PlotText.Readable(highest.ToleratedLossPercent);
        page.Paragraph(highest.PacketsPerSecond > 0
            ? Text($"{PlotText.Readable(highest.PacketsPerSecond)} packets/s went through with at most {tolerated} % lost, and 99 % of them within {HighestRateSearch.LongestDelayMicroseconds / 1e3:0} ms, all streams and both directions together.")
            : Text($"Even the lowest rate that was tried lost more than {tolerated} %, or was more than {HighestRateSearch.LongestDelayMicroseconds / 1e3:0} ms late."));
        if (highest.LimitedByGenerator)
        {
            page.Banner("warn", "The generator was the limit", ["It could not offer more on its schedule: the server's limit may lie higher."]);
        }

        foreach (LineChart chart in ScenarioPlots.OfSearch(highest))
        {
            page.Plot(chart);
        }

        page.Table(
            ["tried|", "lost|", "p99|", "generator"],
            highest.Steps.Select(step => new HtmlCell[]
            {
                Text($"{PlotText.Readable(step.OfferedPacketsPerSecond)}/s"),
                new(Text($"{step.LossPercent:0.###} %"), step.LossPercent <= highest.ToleratedLossPercent ? "" : "bad"),
                new(Figure.Time(step.LatencyP99Microseconds), step.LatencyP99Microseconds <= HighestRateSearch.LongestDelayMicroseconds ? "" : "bad"),
                step.GeneratorKeptSchedule ? "kept its schedule" : new HtmlCell("fell behind", "warn"),
            }));
    }

    private static void AppendStreams(HtmlPage page, ScenarioResult result)
    {
        if (result.Streams.Count == 0)
        {
            return;
        }

        page.Heading("Streams");
        var rows = from stream in result.Streams
                   from each in new[] { (Name: "up", Way: stream.Up), (Name: "down", Way: stream.Down) }
                   where each.Way is not null
                   select Row(stream, each.Name, each.Way);
        page.Table(
            ["stream", "what", "sent|", "lost|", "packets/s|", "Mbit/s|", "p50|", "p99|", "p99.9|", "worst|", "jitter|", "disordered|"], rows);

        static HtmlCell[] Row(StreamResult stream, string direction, DirectionResult way) =>
        [
            $"{stream.Name} {direction}",
            Text($"{stream.Allocations} × {stream.PayloadBytes} B{(stream.Burst > 1 ? Text($", {stream.Burst} at once") : "")}"),
            PlotText.Readable(way.Sent),
            way.FlowsWithLoss == 0 ? "0 %" : new HtmlCell(Text($"{way.LossPercent:0.###} % in {way.FlowsWithLoss} flows"), "bad"),
            PlotText.Readable(way.PacketsPerSecond),
            PlotText.Readable(way.MegabitsPerSecond),
            Figure.Time(way.LatencyMicroseconds.P50),
            Figure.Time(way.LatencyMicroseconds.P99),
            Figure.Time(way.LatencyMicroseconds.P999),
            Figure.Time(way.LatencyMicroseconds.Maximum),
            Figure.Time(way.JitterMicroseconds.Mean),
            PlotText.Readable(way.OutOfOrder),
        ];
    }

    private static void AppendChurn(HtmlPage page, ChurnResult churn)
    {
        page.Heading("Allocations that come and go");
        LatencyResult latency = churn.LatencyMicroseconds;
        page.Paragraph(Text($"{churn.OfferedPerSecond:0.##} Allocates a second were due. {churn.Started} were begun, {churn.Succeeded} granted. From when one was due to its success response, 401 included: median {Figure.Time(latency.P50)}, p99 {Figure.Time(latency.P99)}, p99.9 {Figure.Time(latency.P999)}, at worst {Figure.Time(latency.Maximum)}."));
        if (churn.Packets is { } packets)
        {
            page.Table(
                ["calls that come and go|", "packets sent|", "answered|", "lost|", "round trip, p50|", "p99|", "worst|", "Allocate to first answer, p50|", "p99|", "worst|"],
                [
                    [
                        Text($"{packets.Each} × {packets.PayloadBytes} B, and back"),
                        PlotText.Readable(packets.Sent),
                        PlotText.Readable(packets.Answered),
                        new HtmlCell(Text($"{packets.LossPercent:0.###} %"), packets.Answered < packets.Sent ? "bad" : ""),
                        Figure.Time(packets.RoundTripMicroseconds.P50),
                        Figure.Time(packets.RoundTripMicroseconds.P99),
                        Figure.Time(packets.RoundTripMicroseconds.Maximum),
                        Figure.Time(packets.FirstAnswerMicroseconds.P50),
                        Figure.Time(packets.FirstAnswerMicroseconds.P99),
                        Figure.Time(packets.FirstAnswerMicroseconds.Maximum),
                    ],
                ]);
        }

        if (churn.Failures.Count != 0)
        {
            page.Table(
                ["failed because", "Allocates|"],
                churn.Failures.OrderByDescending(each => each.Value).ThenBy(each => each.Key, StringComparer.Ordinal).Select(each => new HtmlCell[] { each.Key, PlotText.Readable(each.Value) }));
        }
    }

    private static void AppendRest(HtmlPage page, ScenarioResult result)
    {
        GeneratorResult generator = result.Generator;
        page.Heading("Allocations and the generator itself");
        page.Table(
            ["what", "how much|", "which means"],
            [
                ["making the first allocations", Text($"{result.SetupSeconds:0.000} s"), "before the traffic, not part of the measured time"],
                ["allocations lost", Text($"{result.LostAllocations}"), result.FirstFailure is null ? "they ended while they were in use" : $"the first: {result.FirstFailure}"],
                ["clients sent elsewhere", Text($"{result.Redirected?.Clients ?? 0}"), result.Redirected is null ? "no server said 300 (Try Alternate)" : $"by 300 (Try Alternate): {result.Redirected.WhereTo}"],
                ["deletions without an answer", Text($"{result.DeletionsUnconfirmed}"), "these may stay on the server until their lifetime ends"],
                ["unexpected datagrams", Text($"{result.Unexpected}"), "belong to no flow, came from a wrong address, or are damaged"],
                ["generator, CPU a packet", Text($"{generator.CpuMicrosecondsPerPacket:0.00} µs"), "its own cost, sent or received; with --pacing spin it never sleeps, and this is no cost"],
                ["generator, at worst late", new HtmlCell(Text($"{generator.WorstLatenessMilliseconds:0.0} ms"), generator.KeptSchedule ? "" : "bad"), Text($"more than {GeneratorResult.ToleratedLatenessMilliseconds:0} ms and the load was not what it says")],
                ["generator, lost itself", Text($"{generator.SendDrops + generator.ReceiveDrops}"), "packets that it could not send, or did not read in time"],
            ]);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
