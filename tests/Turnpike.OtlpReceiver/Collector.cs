using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Turnpike.OtlpReceiver.Protocol;

namespace Turnpike.OtlpReceiver;

/// <summary>An OTLP/gRPC collector on a loopback port of the system's choice, which keeps what it gets.</summary>
public sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ReceivedSpan> _spans = new();
    private readonly ConcurrentDictionary<(string Service, string Metric), bool> _metrics = new();
    private readonly ConcurrentDictionary<string, bool> _credentials = new();

    private Collector(X509Certificate2? certificate)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        builder.Logging.ClearProviders();
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        _app = builder.Build();
        _app.UseRouting();
        _app.MapGrpcService<Traces>();
        _app.MapGrpcService<Metrics>();
    }

    /// <summary>Where it is: <c>http://127.0.0.1:PORT</c>, or https.</summary>
    public string Endpoint => _app.Urls.Single();

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<ReceivedSpan> Spans => [.. _spans];

    /// <summary>What was measured, by service.</summary>
    public IEnumerable<(string Service, string Metric)> MetricsReceived => _metrics.Keys;

    /// <summary>The values of the header <c>x-api-key</c> that came.</summary>
    public IEnumerable<string> Credentials => _credentials.Keys;

    /// <summary>Starts one, with TLS where it is given a certificate.</summary>
    public static async Task<Collector> StartAsync(X509Certificate2? certificate = null)
    {
        Collector collector = new(certificate);
        await collector._app.StartAsync();
        return collector;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private void Note(Metadata headers)
    {
        if (headers.GetValue("x-api-key") is string key)
        {
            _credentials[key] = true;
        }
    }

    private static string ServiceOf(Resource resource) => ReceivedSpan.Read(resource.Attributes).GetValueOrDefault("service.name", "");

    private sealed class Traces(Collector collector) : TraceService.TraceServiceBase
    {
        public override Task<ExportTraceServiceResponse> Export(ExportTraceServiceRequest request, ServerCallContext context)
        {
            collector.Note(context.RequestHeaders);
            foreach (ResourceSpans resource in request.ResourceSpans)
            {
                string service = ServiceOf(resource.Resource);
                foreach (Span span in resource.ScopeSpans.SelectMany(scope => scope.Spans))
                {
                    collector._spans.Enqueue(new ReceivedSpan(service, span));
                }
            }
            return Task.FromResult(new ExportTraceServiceResponse());
        }
    }

    private sealed class Metrics(Collector collector) : MetricsService.MetricsServiceBase
    {
        public override Task<ExportMetricsServiceResponse> Export(ExportMetricsServiceRequest request, ServerCallContext context)
        {
            collector.Note(context.RequestHeaders);
            foreach (ResourceMetrics resource in request.ResourceMetrics)
            {
                string service = ServiceOf(resource.Resource);
                foreach (Metric metric in resource.ScopeMetrics.SelectMany(scope => scope.Metrics))
                {
                    collector._metrics[(service, metric.Name)] = true;
                }
            }
            return Task.FromResult(new ExportMetricsServiceResponse());
        }
    }
}
