using System.Globalization;
using System.Text;

namespace Turnpike.LoadTest.Store;

/// <summary>The figures as Markdown.</summary>
internal static class StoreTable
{
    public static string Of(StoreFigures figures)
    {
        var text = new StringBuilder();
        Line(text, $"Redis {figures.RedisVersion}, alone on loopback, nothing kept on disk.");
        text.AppendLine();
        Line(text, $"| call | calls | items each | µs in the script | µs of CPU | µs of CPU an item | bytes left an item |");
        Line(text, $"| --- | --- | --- | --- | --- | --- | --- |");
        foreach (CallFigure each in figures.Calls)
        {
            string bytes = each.BytesPerItem is { } left ? left.ToString("0", CultureInfo.InvariantCulture) : "";
            Line(text, $"| {each.What} | {each.Calls} | {each.ItemsEach:0.#} | {each.ScriptMicroseconds:0.0} | {each.CpuMicroseconds:0.0} | {each.CpuMicroseconds / each.ItemsEach:0.00} | {bytes} |");
        }

        text.AppendLine();
        ReaderFigures readers = figures.Readers;
        Line(text, $"Reading the list of edges: {readers.RecordMicroseconds:0.00} µs of the reader's CPU an edge; a scaling decision: {readers.DecisionMicroseconds:0.00} µs an edge.");
        Line(text, $"A user's lease and usage: {readers.UserBytes:0} bytes of an edge's memory.");
        return text.ToString();
    }

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
