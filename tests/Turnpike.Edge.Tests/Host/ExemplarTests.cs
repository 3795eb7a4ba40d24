using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Prometheus;
using Turnpike.ServiceDefaults;

namespace Turnpike.Edge.Tests.Host;

public sealed class ExemplarTests : IDisposable
{
    private readonly ActivitySource _source = new("Turnpike.Exemplars");
    private readonly ActivityListener _listener;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<PrometheusExport>().BuildServiceProvider();

    public ExemplarTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => ReferenceEquals(source, _source),
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _source.Dispose();
        _services.Dispose();
    }

    [Fact]
    public async Task A_bucket_names_a_call_that_is_exported_and_no_other_activity()
    {
        PrometheusExport export = _services.GetRequiredService<PrometheusExport>();
        Meter meter = _services.GetRequiredService<IMeterFactory>().Create("Turnpike.Exemplars");
        Histogram<double> took = meter.CreateHistogram<double>("turnpike.took");
        Counter<int> counted = meter.CreateCounter<int>("turnpike.counted");
        using Activity call = _source.StartActivity("call")!;
        took.Record(0.2);
        call.Stop();
        // What the server's own activity counts, such as that of a scrape, is no exemplar.
        using Activity other = new Activity("scrape").Start();
        took.Record(0.02);
        counted.Add(1);
        string scrape = await ScrapeAsync(export);
        other.Stop();

        Assert.Contains(call.TraceId.ToHexString(), scrape, StringComparison.Ordinal);
        Assert.Contains(call.SpanId.ToHexString(), scrape, StringComparison.Ordinal);
        Assert.DoesNotContain(other.TraceId.ToHexString(), scrape, StringComparison.Ordinal);
    }

    private static async Task<string> ScrapeAsync(PrometheusExport export)
    {
        using MemoryStream stream = new();
        await export.Registry.CollectAndExportAsTextAsync(stream, ExpositionFormat.OpenMetricsText, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
