using System.Xml.Linq;
using Turnpike.LoadTest.Bench;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Tests;

public sealed class BenchPlotTests
{
    private static readonly BenchResult Everything = BenchResults.Of("edge", "coturn") with
    {
        Samples =
        [
            .. BenchResults.Samples("edge", new BenchCase(160, Direction.Up), 12.5, p99: 345),
            .. BenchResults.Samples("coturn", new BenchCase(160, Direction.Up), 25),
        ],
        Saturated = [BenchResults.Saturated("edge", 1, 8), BenchResults.Saturated("coturn", 1, 10)],
        Allocates = [new("edge", 1, 1, 50, 0), new("coturn", 1, 1, 200, 0)],
        Memory = [new("edge", 0.3, 1 << 20, 2 << 20, 3 << 20), new("coturn", 0.3, 1 << 20, 2 << 20, 3 << 20)],
        Soak = BenchResults.Soak(new SoakPoint(0, 1, 1, 0, null), new SoakPoint(1, 1, 1, 0, null)),
    };

    [Fact]
    public void Every_table_is_drawn_with_its_figures_and_the_same_result_gives_the_same_bytes()
    {
        var plots = BenchPlots.Of(Everything).ToDictionary(plot => plot.Name, plot => plot.Svg);
        Assert.Equal(["cost", "delay", "ratio", "saturation", "allocates", "memory", "soak"], plots.Keys);
        foreach ((string name, string figure) in new[] { ("cost", "12.5"), ("delay", "345"), ("ratio", "0.5"), ("saturation", "125"), ("allocates", "20"), ("memory", "3.00") })
        {
            Assert.Contains(figure, string.Concat(XDocument.Parse(plots[name]).Descendants().Where(each => each.Name.LocalName == "text").Select(each => each.Value)), StringComparison.Ordinal);
        }

        Assert.Equal(plots, BenchPlots.Of(Everything).ToDictionary(plot => plot.Name, plot => plot.Svg));
    }

    [Fact]
    public void What_was_not_measured_is_not_drawn()
    {
        Assert.Empty(BenchPlots.Of(BenchResults.Of("edge", "coturn")));
        Assert.Equal(["memory"], BenchPlots.Of(Everything with { Samples = [], Saturated = [], Allocates = [], Soak = null }).Select(plot => plot.Name));
    }

    [Fact]
    public void Each_plot_is_a_file() =>
        Assert.Equal(7, BenchPlots.Files(Everything).Count(file => file.Name.EndsWith(".svg", StringComparison.Ordinal) && file.Svg.Length > 0));
}
