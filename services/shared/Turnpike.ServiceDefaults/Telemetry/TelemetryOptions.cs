using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.ServiceDefaults.Telemetry;

/// <summary>
/// Section <c>Telemetry</c>: traces and metrics over OTLP. What is not set here is taken from the variables that OpenTelemetry defines for
/// every program (OTEL_…), and without an endpoint in either place nothing is exported.
/// </summary>
public sealed class TelemetryOptions : ISettingsSection
{
    /// <summary>Default none: nothing is sent anywhere that nobody has named.</summary>
    [Setting("Collector that traces and metrics go to (OTLP); none: nothing is exported", Default = "OTEL_EXPORTER_OTLP_ENDPOINT, else none",
        Allowed = "http://HOST:PORT or https://HOST:PORT; with http/protobuf also a path, in front of /v1/traces and /v1/metrics")]
    public string Endpoint { get; init; } = "";

    /// <summary>Default grpc: every collector listens for it, on port 4317.</summary>
    [Setting("How the collector is spoken to", Default = "OTEL_EXPORTER_OTLP_PROTOCOL, else grpc", Allowed = "grpc, http/protobuf")]
    public string Protocol { get; init; } = "";

    /// <summary>Default none. Often a credential, so no message and no log line shows it.</summary>
    [Setting("Headers of every export, such as a credential of the collector's", Secret = true, Default = "OTEL_EXPORTER_OTLP_HEADERS, else none",
        Allowed = "NAME=VALUE,… with what is special in a value percent-encoded")]
    public string Headers { get; init; } = "";

    /// <summary>Default none: the issuers that the system trusts.</summary>
    [Setting("Issuer of the collector's certificate, trusted beside those of the system; for https", Default = "OTEL_EXPORTER_OTLP_CERTIFICATE, else none",
        Allowed = "a PEM file with one certificate")]
    public string TrustedIssuer { get; init; } = "";

    /// <summary>Default 10000, as OpenTelemetry has it. Nothing but the exporter's own thread waits for it.</summary>
    [Setting("Time that one export may take before it is given up", Unit = "milliseconds", Default = "OTEL_EXPORTER_OTLP_TIMEOUT, else 10000")]
    [Range(100, 60_000)]
    public int Timeout { get; init; } = 10_000;

    /// <summary>Default true: an endpoint is set in order to get them.</summary>
    [Setting("Whether traces are exported")]
    public bool Traces { get; init; } = true;

    /// <summary>Default true; /metrics is there in any case.</summary>
    [Setting("Whether metrics are exported, beside /metrics")]
    public bool Metrics { get; init; } = true;

    /// <summary>Default 1, so that the first call shows. An allocation and a call are a span or a few each: a busy fleet wants less.</summary>
    [Setting("Part of the allocations, and of the calls whose caller does not say, that are traced", Default = "OTEL_TRACES_SAMPLER, else 1")]
    [Range(0.0, 1.0)]
    public double SamplingRatio { get; init; } = 1;

    /// <summary>Default 60, as OpenTelemetry has it.</summary>
    [Setting("Time between two exports of metrics", Unit = "seconds", Default = "OTEL_METRIC_EXPORT_INTERVAL, else 60")]
    [Range(1, 3600)]
    public int MetricsInterval { get; init; } = 60;
}
