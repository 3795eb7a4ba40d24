using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Turnpike.ServiceDefaults.Telemetry;

/// <summary>Traces and metrics over OTLP.</summary>
public static class TelemetryExtensions
{
    // Every source and meter of the product, and none of the framework's, whose attributes hold paths and addresses.
    private const string Ours = "Turnpike*";
    private const string Traces = "traces";
    private const string Metrics = "metrics";

    // More than the spans that an edge has at once, all of which end with its drain.
    private const int QueueSize = 16_384;

    /// <summary>Exports what the process measures to the collector of the settings; adds nothing where there is none.</summary>
    /// <param name="builder">The service.</param>
    /// <param name="identity">Which executable this is: the resource's service.name and service.version, unless OTEL_… says otherwise.</param>
    /// <param name="instance">Which of its instances: the resource's service.instance.id.</param>
    /// <param name="settings">What to export, and where to.</param>
    public static WebApplicationBuilder AddTelemetry(
        this WebApplicationBuilder builder, ServiceIdentity identity, string instance, TelemetrySettings settings)
    {
        IServiceCollection services = builder.Services;
        if (settings.Traces is null && settings.Metrics is null)
        {
            return builder;
        }
        services.AddSingleton<ExportWatch>();
        // Hosted services stop in the reverse order: what the others say while they stop is exported too.
        services.Insert(0, ServiceDescriptor.Singleton<IHostedService, LastExport>());
        IOpenTelemetryBuilder telemetry = services.AddOpenTelemetry().ConfigureResource(resource => resource.Clear()
            .AddService(identity.Program, "turnpike", identity.Version, autoGenerateServiceInstanceId: false, instance)
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector());
        if (settings.Traces is { } traces)
        {
            services.AddOptions<OtlpExporterOptions>(Traces).Configure<ExportWatch>((exporter, watch) =>
            {
                Apply(exporter, traces, () => watch.Connect(Traces, traces));
                exporter.BatchExportProcessorOptions.MaxQueueSize = Math.Max(QueueSize, exporter.BatchExportProcessorOptions.MaxQueueSize);
            });
            telemetry.WithTracing(tracing => tracing.AddSource(Ours).SetSampler(SamplerOf(settings)).AddOtlpExporter(Traces, configure: null));
        }
        if (settings.Metrics is { } metrics)
        {
            services.AddOptions<OtlpExporterOptions>(Metrics)
                .Configure<ExportWatch>((exporter, watch) => Apply(exporter, metrics, () => watch.Connect(Metrics, metrics)));
            services.Configure<MetricReaderOptions>(
                Metrics, reader => reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)settings.MetricsInterval.TotalMilliseconds);
            telemetry.WithMetrics(metering => metering.AddMeter(Ours).AddOtlpExporter(Metrics, configureExporterAndMetricReader: null));
        }
        return builder;
    }

    private static void Apply(OtlpExporterOptions exporter, OtlpTarget target, Func<HttpClient> connect)
    {
        exporter.Protocol = target.IsHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        exporter.Endpoint = target.Endpoint;
        exporter.Headers = target.Headers;
        exporter.TimeoutMilliseconds = (int)target.Timeout.TotalMilliseconds;
        exporter.Compression = target.IsCompressed ? OtlpExportCompression.GZip : OtlpExportCompression.None;
        exporter.HttpClientFactory = connect;
    }

    private static Sampler SamplerOf(TelemetrySettings settings)
    {
        Sampler own = new TraceIdRatioBasedSampler(settings.SamplingRatio);
        return settings.FollowsCallers ? new ParentBasedSampler(own) : own;
    }
}
