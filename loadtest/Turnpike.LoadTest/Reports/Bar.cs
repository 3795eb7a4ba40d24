using System.Globalization;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Reports;

/// <summary>What a figure has to keep: <c>loss&lt;=0.1%</c>, <c>p99&lt;=20ms</c>, <c>rate&gt;=50000/s</c>.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Figure">Whose bar it is; an upper one where lower is better.</param>
/// <param name="Limit">In the figure's unit.</param>
internal sealed record Bar(string Text, Figure Figure, double Limit)
{
    public const string Help = "fail when a figure misses its bar: loss<=0.1% p50|p99|p999|jitter<=20ms rate|highest>=5000 mbps>=40 allocates>=100/s "
        + "failed-allocates|lost-allocations<=0 allocate-p50|allocate-p99<=50ms call-loss<=0.1% call-setup-p50|call-setup-p99<=100ms, with commas";

    private static readonly (string Suffix, double Factor)[] Times = [("us", 1), ("µs", 1), ("ms", 1e3), ("s", 1e6)];

    private string Operator => Figure.HigherIsBetter ? ">=" : "<=";

    /// <summary>Bars with commas between them, one a figure.</summary>
    /// <param name="text">The bars.</param>
    /// <param name="where">Where they are written, for the message.</param>
    /// <exception cref="UsageException">Names the bar that is wrong, and what is allowed.</exception>
    public static IReadOnlyList<Bar> ParseAll(string text, string where)
    {
        var bars = new List<Bar>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            Bar bar = Parse(part, where);
            if (bars.Any(each => each.Figure == bar.Figure))
            {
                throw new UsageException($"{where}: {bar.Figure.Key} has two bars");
            }

            bars.Add(bar);
        }

        return bars;
    }

    /// <summary>The bars of a file: some on each line, and comments behind #.</summary>
    public static IReadOnlyList<Bar> ReadAll(string file)
    {
        try
        {
            string[] lines = [.. File.ReadLines(file).Select(line => line.Split('#')[0].Trim()).Where(line => line.Length != 0)];
            return lines.Length == 0 ? throw new UsageException($"{file} has no bar in it") : ParseAll(string.Join(',', lines), file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--bars: {exception.Message}");
        }
    }

    public BarVerdict Judge(ScenarioResult result) => new(this, Figure.Of(result));

    public bool IsMetBy(double value) => Figure.HigherIsBetter ? value >= Limit : value <= Limit;

    private static Bar Parse(string text, string where)
    {
        int end = text.IndexOfAny(['<', '>', '=']);
        string key = (end < 0 ? text : text[..end]).Trim();
        Figure figure = Figure.All.FirstOrDefault(each => string.Equals(each.Key, key, StringComparison.OrdinalIgnoreCase))
            ?? throw new UsageException($"{where}: '{text}' is no bar: {string.Join(", ", Figure.All.Select(each => each.Key))} can have one, as in loss<=0.1% or rate>=5000");
        var bar = new Bar(text, figure, 0);
        string rest = end < 0 ? "" : text[end..];
        return rest.StartsWith(bar.Operator, StringComparison.Ordinal) && TryParseValue(rest[2..].Trim(), figure.Unit, out double limit)
            ? bar with { Limit = limit }
            : throw new UsageException($"{where}: '{text}' is no bar: it is {figure.Key}{bar.Operator} and {Allowed(figure.Unit)}");
    }

    private static bool TryParseValue(string text, FigureUnit unit, out double value)
    {
        int digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.'))
        {
            digits++;
        }

        double factor = Factor(text[digits..].Trim(), unit);
        bool isNumber = double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
        value *= factor;
        return isNumber && factor > 0 && double.IsFinite(value);
    }

    /// <summary>0 where the unit is not the figure's.</summary>
    private static double Factor(string suffix, FigureUnit unit) => (unit, suffix) switch
    {
        (FigureUnit.Microseconds, _) => Times.FirstOrDefault(time => time.Suffix == suffix).Factor,
        (_, "") or (FigureUnit.PerSecond, "/s") or (FigureUnit.Percent, "%") => 1,
        _ => 0,
    };

    private static string Allowed(FigureUnit unit) => unit switch
    {
        FigureUnit.Microseconds => "a number with us, ms or s, as 20ms",
        FigureUnit.Percent => "a number of percent, as 0.1 or 0.1%",
        FigureUnit.PerSecond => "a number a second, as 5000 or 5000/s",
        FigureUnit.MegabitsPerSecond => "a number of Mbit/s, as 40",
        _ => "a number, as 0",
    };
}

/// <summary>A bar and what was measured; null: nothing was, which misses every bar.</summary>
internal sealed record BarVerdict(Bar Bar, double? Measured)
{
    public bool IsMet => Measured is double value && Bar.IsMetBy(value);

    public string MeasuredText => Measured is double value ? Bar.Figure.Text(value) : "no data";

    public string Sentence => $"{(IsMet ? "met" : "missed")} {Bar.Text}: {(Measured is null ? $"this run did not measure {Bar.Figure.Name}" : $"{Bar.Figure.Name} {MeasuredText}")}";
}
