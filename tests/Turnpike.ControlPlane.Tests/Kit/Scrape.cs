using System.Globalization;

namespace Turnpike.ControlPlane.Tests;

/// <summary>One scrape: values by series, as they are written.</summary>
internal sealed class Scrape
{
    private readonly Dictionary<string, double> _samples = new(StringComparer.Ordinal);

    private Scrape(string text)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#'))
        {
            int space = line.LastIndexOf(' ');
            _samples.Add(line[..space], double.Parse(line[(space + 1)..], CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The names of all series of ours.</summary>
    public IEnumerable<string> Series => _samples.Keys.Where(series => series.StartsWith("turnpike_control_plane_", StringComparison.Ordinal));

    /// <summary>The value of a series; 0 where it is not there yet.</summary>
    /// <param name="series">Without the prefix that all have: <c>edges{state="ready"}</c>.</param>
    public double this[string series] => _samples.GetValueOrDefault($"turnpike_control_plane_{series}");

    public static async Task<Scrape> OfAsync(TestControlPlane plane)
    {
        using HttpClient http = plane.Rest(null);
        return new Scrape(await http.GetStringAsync("/metrics", TestContext.Current.CancellationToken));
    }
}
