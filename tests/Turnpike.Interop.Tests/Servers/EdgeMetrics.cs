using System.Globalization;

namespace Turnpike.Interop.Servers;

/// <summary>One scrape of the edge's <c>/metrics</c>, as Prometheus would read it.</summary>
internal sealed class EdgeMetrics
{
    private readonly Dictionary<string, double> _samples;

    private EdgeMetrics(Dictionary<string, double> samples) => _samples = samples;

    public double Allocations => Sum("turnpike_edge_allocations");

    public double ClientToPeerPackets => Sum("turnpike_edge_relayed_packets_total", "direction=\"client_to_peer\"");

    public double PeerToClientPackets => Sum("turnpike_edge_relayed_packets_total", "direction=\"peer_to_client\"");

    public double ClientToPeerBytes => Sum("turnpike_edge_relayed_bytes_total", "direction=\"client_to_peer\"");

    public double PeerToClientBytes => Sum("turnpike_edge_relayed_bytes_total", "direction=\"peer_to_client\"");

    /// <summary>TCP and TLS connections of clients that are open now.</summary>
    public double StreamConnections => Sum("turnpike_edge_stream_connections");

    /// <summary>Datagrams dropped, over all reasons.</summary>
    public double Drops => Sum("turnpike_edge_drops_total");

    public static EdgeMetrics Parse(string text)
    {
        var samples = new Dictionary<string, double>();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int space = line.LastIndexOf(' ');
            if (line[0] != '#')
            {
                samples.Add(line[..space], double.Parse(line[(space + 1)..], CultureInfo.InvariantCulture));
            }
        }

        return new EdgeMetrics(samples);
    }

    /// <summary>The one sample of a metric; a metric that is not there fails the test.</summary>
    public double Value(string name)
    {
        Assert.True(_samples.ContainsKey(name), $"/metrics has no {name}");
        return _samples[name];
    }

    /// <summary>Requests of a method that were answered with a code, "success" or an error code.</summary>
    public double Requests(string method, string code) =>
        _samples.GetValueOrDefault($"turnpike_edge_requests_total{{method=\"{method}\",code=\"{code}\"}}");

    private double Sum(string name, string label = "")
    {
        double[] values =
        [
            .. _samples.Where(s => s.Key.StartsWith($"{name}{{", StringComparison.Ordinal) && s.Key.Contains(label, StringComparison.Ordinal))
                .Select(s => s.Value),
        ];
        Assert.True(values.Length > 0, $"/metrics has no {name}");
        return values.Sum();
    }
}
