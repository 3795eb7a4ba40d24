using Turnpike.ServiceDefaults.Telemetry;

namespace Turnpike.Edge.Tests.Host;

public sealed class TelemetrySettingsTests
{
    private static readonly (string, string?) Endpoint = ("Telemetry:Endpoint", "http://collector:4317");

    [Fact]
    public void Without_an_endpoint_nothing_is_exported() =>
        Assert.Same(TelemetrySettings.Off, Reading.Good(("Telemetry:Headers", "a=b"), ("Telemetry:SamplingRatio", "0.5")).Telemetry);

    [Fact]
    public void A_setting_wins_over_a_variable_and_one_of_a_signal_over_that_of_all()
    {
        TelemetrySettings settings = Reading.Good(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4317"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://metrics:4318/in"),
            ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=all"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "700"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "5000"),
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25")).Telemetry;
        Assert.Equal((new Uri("http://all:4317"), false, "a=all"), (settings.Traces!.Endpoint, settings.Traces.IsHttp, settings.Traces.Headers));
        Assert.Equal((new Uri("http://metrics:4318/in"), true), (settings.Metrics!.Endpoint, settings.Metrics.IsHttp));
        Assert.Equal((0.25, true), (settings.SamplingRatio, settings.FollowsCallers));
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(0.7)), (settings.MetricsInterval, settings.Traces.Timeout));

        settings = Reading.Good(
            Endpoint,
            ("Telemetry:Headers", "a=own"),
            ("Telemetry:SamplingRatio", "0.5"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://other:4317"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=all"),
            ("OTEL_TRACES_SAMPLER", "always_off"),
            ("OTEL_METRICS_EXPORTER", "none")).Telemetry;
        Assert.Equal((new Uri("http://collector:4317"), "a=own", 0.5), (settings.Traces!.Endpoint, settings.Traces.Headers, settings.SamplingRatio));
        Assert.Null(settings.Metrics);
    }

    [Fact]
    public void Over_HTTP_the_signals_have_paths_of_their_own()
    {
        TelemetrySettings settings = Reading.Good(("Telemetry:Endpoint", "https://collector/otlp/"), ("Telemetry:Protocol", "http/protobuf")).Telemetry;
        Assert.Equal("https://collector/otlp/v1/traces", settings.Traces!.Endpoint.AbsoluteUri);
        Assert.Equal("https://collector/otlp/v1/metrics", settings.Metrics!.Endpoint.AbsoluteUri);
    }

    [Theory]
    [InlineData("Telemetry:Traces", "false")]
    [InlineData("OTEL_TRACES_EXPORTER", "none")]
    public void Traces_can_be_left_out(string key, string value)
    {
        TelemetrySettings settings = Reading.Good(Endpoint, (key, value)).Telemetry;
        Assert.Null(settings.Traces);
        Assert.NotNull(settings.Metrics);
    }

    [Fact]
    public void The_switch_of_OpenTelemetry_switches_all_of_it_off() =>
        Assert.Same(TelemetrySettings.Off, Reading.Good(Endpoint, ("OTEL_SDK_DISABLED", "true")).Telemetry);

    [Theory]
    [InlineData("Telemetry:Endpoint", "collector:4317")]
    [InlineData("Telemetry:Endpoint", "http://collector:4317/with/a/path")]
    [InlineData("Telemetry:Endpoint", "ftp://collector")]
    [InlineData("Telemetry:Protocol", "http/json")]
    [InlineData("Telemetry:SamplingRatio", "1.5")]
    [InlineData("Telemetry:SamplingRatio", "NaN")]
    [InlineData("Telemetry:TrustedIssuer", "/nowhere/issuer.pem")]
    [InlineData("Telemetry:MetricsInterval", "0")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "udp")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "soon")]
    [InlineData("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd")]
    [InlineData("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/nowhere/client.pem")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "/nowhere/client.pem")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", "/nowhere/issuer.pem")]
    [InlineData("OTEL_TRACES_EXPORTER", "zipkin")]
    [InlineData("OTEL_TRACES_SAMPLER", "jaeger_remote")]
    public void A_value_that_cannot_be_used_is_one_line_that_names_it(string key, string value)
    {
        string problem = Assert.Single(Reading.Bad(Endpoint, (key, value)));
        Assert.StartsWith(key, problem, StringComparison.Ordinal);
        Assert.Contains("allowed: ", problem, StringComparison.Ordinal);
        Assert.Contains(value, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Telemetry:Headers", "hunter2")]
    [InlineData("Telemetry:Headers", "key=hunter2%0a")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a key=hunter2")]
    [InlineData("Telemetry:Endpoint", "http://me:hunter2@collector:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://me:hunter2@collector:4317")]
    [InlineData("Telemetry:Endpoint", "https://collector:4318/?key=hunter2")]
    public void A_secret_that_is_wrong_is_not_shown(string key, string value)
    {
        (string, string?)[] endpoint = key.Contains("ndpoint", StringComparison.OrdinalIgnoreCase) ? [] : [Endpoint];
        string problem = Assert.Single(Reading.Bad([.. endpoint, (key, value)]));
        Assert.StartsWith(key, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_prints_a_header()
    {
        TelemetrySettings settings = Reading.Good(Endpoint, ("Telemetry:Headers", "key=hunter2")).Telemetry;
        Assert.DoesNotContain("hunter2", $"{settings} {settings.Traces}", StringComparison.Ordinal);
        OtlpTarget path = Reading.Good(("Telemetry:Endpoint", "https://collector:4318/hunter2"), ("Telemetry:Protocol", "http/protobuf")).Telemetry.Traces!;
        Assert.Equal("https://collector:4318", $"{path}");
    }

    [Fact]
    public void The_variable_of_one_signal_says_whether_it_is_compressed()
    {
        TelemetrySettings settings = Reading.Good(
            Endpoint, ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"), ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none")).Telemetry;
        Assert.Equal((false, true), (settings.Traces!.IsCompressed, settings.Metrics!.IsCompressed));
    }
}
