using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Prometheus;

namespace Turnpike.ServiceDefaults;

/// <summary>
/// Shows the service's instruments to Prometheus. A dot becomes an underscore and a counter ends in <c>_total</c>, nothing else is
/// added: <c>turnpike.edge.requests</c> is <c>turnpike_edge_requests_total</c>. The library's own adapter would prefix the meter's name
/// and export counters as gauges. A histogram has the buckets that its instrument advises.
/// </summary>
internal sealed class PrometheusExport : IDisposable
{
    private const string MeterPrefix = "Turnpike";
    private readonly MetricFactory _factory;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<ExportedInstrument> _instruments = [];
    private readonly Lock _collecting = new();
    private readonly CollectionPauses _pauses;

    public PrometheusExport(IMeterFactory meters)
    {
        _factory = Metrics.WithCustomRegistry(Registry);
        // By default the library takes the trace of whoever asks for /metrics for that of all that is counted then.
        _factory.ExemplarBehavior = ExemplarBehavior.NoExemplars();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // The scope is the host: a process with two hosts, as in tests, keeps their instruments apart.
            if (instrument.Meter.Name.StartsWith(MeterPrefix, StringComparison.Ordinal) && ReferenceEquals(instrument.Meter.Scope, meters))
            {
                ExportedInstrument exported = new(instrument, _factory);
                _instruments.Enqueue(exported);
                listener.EnableMeasurementEvents(instrument, exported);
            }
        };
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((ExportedInstrument)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((ExportedInstrument)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((ExportedInstrument)state!).Record(value, tags));
        _listener.Start();
        _pauses = ProcessInstruments.Add(meters);
        Registry.AddBeforeCollectCallback(Collect);
    }

    public CollectorRegistry Registry { get; } = Metrics.NewCustomRegistry();

    public void Dispose()
    {
        _pauses.Dispose();
        _listener.Dispose();
    }

    private void Collect()
    {
        // Two scrapes at once would each take the other's measurements for missing ones.
        lock (_collecting)
        {
            try
            {
                _listener.RecordObservableInstruments();
            }
            finally
            {
                // One instrument that fails must not keep the others' old series.
                foreach (ExportedInstrument instrument in _instruments)
                {
                    instrument.RemoveUnmeasured();
                }
            }
        }
    }
}
