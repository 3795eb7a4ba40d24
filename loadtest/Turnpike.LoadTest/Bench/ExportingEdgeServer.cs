using System.Net;

namespace Turnpike.LoadTest.Bench;

/// <summary>The published edge as <see cref="EdgeServer"/> has it, which exports a span of every allocation and its metrics once a second.</summary>
internal sealed class ExportingEdgeServer(string executable) : EdgeServer(executable, "edge-otlp")
{
    private readonly OtlpSink _sink = new();

    public override void Dispose()
    {
        try
        {
            base.Dispose();
        }
        finally
        {
            _sink.Dispose();
        }
    }

    protected override IEnumerable<KeyValuePair<string, string>> Settings(IPEndPoint listen, BenchUser user) =>
    [
        .. base.Settings(listen, user),
        new("Telemetry__Endpoint", _sink.Endpoint),
        new("Telemetry__Protocol", "http/protobuf"),
        new("Telemetry__SamplingRatio", "1"),
        new("Telemetry__MetricsInterval", "1"),
    ];
}
