using System.Globalization;
using System.Xml.Linq;
using Turnpike.LoadTest.Plots;

namespace Turnpike.LoadTest.Tests;

public sealed class PlotTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static readonly PlotAxis Time = new("time", AxisScale.Time);

    [Theory]
    [InlineData("Linear")]
    [InlineData("Log")]
    public void Every_point_lies_inside_the_view_box_and_higher_values_lie_higher(string scale)
    {
        XElement svg = Draw(new PlotAxis("ms", Enum.Parse<AxisScale>(scale)), [new(0, 0.4), new(5, 17), new(10, 23_000), new(20, 8)]);

        double[] heights = [.. Dots(svg).Select(dot => dot.Y)];
        Assert.Equal(4, heights.Length);
        Assert.True(heights[0] > heights[3] && heights[3] > heights[1] && heights[1] > heights[2], string.Join(' ', heights));
        AssertInside(svg);
    }

    [Fact]
    public void What_is_no_number_is_a_gap_and_never_a_coordinate()
    {
        XElement svg = Draw(
            new PlotAxis("ms", AxisScale.Log),
            [new(0, 1), new(1, double.NaN), new(2, 3), new(3, 0), new(4, double.PositiveInfinity), new(5, -1), new(double.NaN, 5), new(6, 4)]);

        Assert.Equal(3, Dots(svg).Count);
        Assert.Equal(3, svg.Elements(Svg + "path").Count());
        Assert.DoesNotContain("NaN", svg.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("∞", svg.ToString(), StringComparison.Ordinal);
        AssertInside(svg);
    }

    [Fact]
    public void Names_stay_text_whatever_is_in_them()
    {
        const string Hostile = "</text><script>alert('1')</script> & \"quoted\" \u0007\uD800 μs";
        string text = new LineChart(Hostile, Hostile, Time with { Label = Hostile }, new PlotAxis(Hostile), [new(Hostile, [new(0, 1)]), new(Hostile, [new(1, 2)])]).ToSvg();
        XElement svg = XElement.Parse(text);

        Assert.DoesNotContain(svg.Descendants(), element => element.Name.LocalName == "script");
        Assert.Contains("alert('1')", svg.Element(Svg + "title")!.Value, StringComparison.Ordinal);
        Assert.Equal("img", svg.Attribute("role")!.Value);
        Assert.Contains("\"quoted\"", svg.Element(Svg + "desc")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_measured_is_said_and_one_point_is_seen()
    {
        Assert.Contains(Draw(new PlotAxis("ms"), []).Elements(Svg + "text"), text => text.Value == "no data");
        Assert.Contains(Draw(new PlotAxis("ms", AxisScale.Log), [new(0, double.NaN)]).Elements(Svg + "text"), text => text.Value == "no data");
        XElement one = Draw(new PlotAxis("ms"), [new(0, 0)]);
        Assert.Single(Dots(one));
        AssertInside(one);
    }

    [Fact]
    public void A_day_of_seconds_is_thinned_and_keeps_its_one_bad_second()
    {
        PlotPoint[] day = [.. Enumerable.Range(0, 86_400).Select(second => new PlotPoint(second, second == 40_001 ? 100 : 1))];
        string text = new LineChart("day", "day", Time, new PlotAxis("ms"), [new("p99", day)]).ToSvg();

        XElement svg = XElement.Parse(text);
        AssertInside(svg);
        Assert.True(text.Length < 60_000, $"{text.Length} characters");
        double[] heights = [.. svg.Elements(Svg + "path").SelectMany(Points).Select(point => point.Y)];
        Assert.Equal(1, heights.Count(height => height == heights.Min()));
    }

    [Fact]
    public void The_same_input_is_the_same_text_in_any_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        PlotPoint[] points = [new(0.5, 1234.5), new(1.5, 0.25)];
        string Text() => new LineChart("a", "b", Time, new PlotAxis("ms"), [new("x", points)]).ToSvg()
            + new BarChart("a", "b", new PlotAxis("µs"), ["g"], [new("x", [new(1234.5, 0.25, 2000)])]).ToSvg();
        string first = Text();
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE") { NumberFormat = { NumberDecimalSeparator = ",", NegativeSign = "~" } };
            Assert.Equal(first, Text());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Bars_are_as_long_as_their_values_with_their_ranges_and_a_missing_one_is_missing()
    {
        XElement svg = XElement.Parse(new BarChart(
            "cost",
            "cost of two servers",
            new PlotAxis("µs"),
            ["160 B, <up>", "1200 B"],
            [new("edge", [new(10, 8, 12), null]), new("coturn", [new(20, 15, 40), new(5)])])
        {
            Limits = [new PlotLimit(10, "bar")],
        }.ToSvg());

        XElement[] bars = [.. svg.Elements(Svg + "rect").Where(rect => rect.Element(Svg + "title") is not null)];
        Assert.Equal(["160 B, <up>, edge: 10.0", "160 B, <up>, coturn: 20.0", "1200 B, coturn: 5.00"], bars.Select(bar => bar.Value));
        double[] widths = [.. bars.Select(bar => Number(bar, "width"))];
        Assert.Equal(2, widths[1] / widths[0], 2);
        Assert.Equal(0.5, widths[2] / widths[0], 2);
        Assert.Equal(6, svg.Elements(Svg + "line").Count(line => line.Attribute("class")!.Value == "range"));
        AssertInside(svg);
    }

    [Theory]
    [InlineData(0.3, "0.3 s")]
    [InlineData(60, "60 s")]
    [InlineData(3600, "60 min")]
    [InlineData(86_400, "24 h")]
    [InlineData(604_800, "7 d")]
    public void Time_is_labelled_in_the_unit_that_fits(double seconds, string last) =>
        Assert.Equal(last, AxisRange.Of(Time, [seconds]).Ticks[^1].Label);

    [Theory]
    [InlineData("Linear", 0)]
    [InlineData("Linear", 1e-9)]
    [InlineData("Linear", -7)]
    [InlineData("Linear", 1e17)]
    [InlineData("Log", 1)]
    [InlineData("Log", 1e-12)]
    [InlineData("Time", 0)]
    [InlineData("Time", 1e9)]
    public void Any_single_value_has_an_axis_with_a_few_rising_ticks(string scale, double value)
    {
        var range = AxisRange.Of(new PlotAxis("x", Enum.Parse<AxisScale>(scale)), [value]);
        Assert.InRange(range.Ticks.Count, 2, 12);
        Assert.Equal(range.Ticks.Select(tick => tick.Value).Order(), range.Ticks.Select(tick => tick.Value));
        Assert.InRange(range.Position(value), 0, 1);
    }

    private static XElement Draw(PlotAxis y, PlotPoint[] points) =>
        XElement.Parse(new LineChart("title", "description", Time, y, [new PlotSeries("series", points)]).ToSvg());

    private static List<PlotPoint> Dots(XElement svg) =>
        [.. svg.Elements(Svg + "circle").Select(dot => new PlotPoint(Number(dot, "cx"), Number(dot, "cy")))];

    private static IEnumerable<PlotPoint> Points(XElement path) => path.Attribute("d")!.Value.Split('M', 'L', 'Z').Where(pair => pair.Length != 0)
        .Select(pair => pair.Split(','))
        .Select(pair => new PlotPoint(double.Parse(pair[0], CultureInfo.InvariantCulture), double.Parse(pair[1], CultureInfo.InvariantCulture)));

    private static void AssertInside(XElement svg)
    {
        double[] box = [.. svg.Attribute("viewBox")!.Value.Split(' ').Select(part => double.Parse(part, CultureInfo.InvariantCulture))];
        IEnumerable<PlotPoint> corners = svg.Elements(Svg + "rect").SelectMany(rect => new PlotPoint[]
        {
            new(Attribute(rect, "x"), Attribute(rect, "y")),
            new(Attribute(rect, "x") + Number(rect, "width"), Attribute(rect, "y") + Number(rect, "height")),
        });
        IEnumerable<PlotPoint> lines = svg.Elements(Svg + "line").SelectMany(line => new PlotPoint[]
        {
            new(Number(line, "x1"), Number(line, "y1")), new(Number(line, "x2"), Number(line, "y2")),
        });
        Assert.All(Dots(svg).Concat(svg.Elements(Svg + "path").SelectMany(Points)).Concat(corners).Concat(lines), point =>
        {
            Assert.InRange(point.X, 0, box[2]);
            Assert.InRange(point.Y, 0, box[3]);
        });
    }

    private static double Attribute(XElement element, string name) => element.Attribute(name) is null ? 0 : Number(element, name);

    private static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);
}
