using System.Diagnostics.Metrics;
using Prometheus;

namespace Turnpike.ServiceDefaults;

/// <summary>One instrument and the Prometheus metric that shows it.</summary>
internal sealed class ExportedInstrument
{
    private readonly Instrument _instrument;
    private readonly MetricFactory _factory;
    private readonly Lock _creating = new();
    private volatile Action<double, string[]>? _write;
    private string[] _labels = [];

    public ExportedInstrument(Instrument instrument, MetricFactory factory)
    {
        _instrument = instrument;
        _factory = factory;
    }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Action<double, string[]> write = _write ?? Create(tags);
        string[] values = new string[_labels.Length];
        Array.Fill(values, "");
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            int index = Array.IndexOf(_labels, Name(tag.Key));
            if (index >= 0)
            {
                values[index] = tag.Value?.ToString() ?? "";
            }
        }
        write(value, values);
    }

    private static string Name(string name) => name.Replace('.', '_').Replace('-', '_').ToLowerInvariant();

    // The label names are known with the first measurement only.
    private Action<double, string[]> Create(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_creating)
        {
            if (_write is not null)
            {
                return _write;
            }
            _labels = new string[tags.Length];
            for (int i = 0; i < tags.Length; i++)
            {
                _labels[i] = Name(tags[i].Key);
            }
            return _write = Writer(Name(_instrument.Name), _instrument.Description ?? "");
        }
    }

    private Action<double, string[]> Writer(string name, string help)
    {
        Type kind = _instrument.GetType().GetGenericTypeDefinition();
        if (kind == typeof(ObservableCounter<>))
        {
            Counter counter = _factory.CreateCounter(name + "_total", help, _labels);
            return (value, labels) => counter.WithLabels(labels).IncTo(value);
        }
        if (kind == typeof(Counter<>))
        {
            Counter counter = _factory.CreateCounter(name + "_total", help, _labels);
            return (value, labels) => counter.WithLabels(labels).Inc(value);
        }
        if (kind == typeof(UpDownCounter<>))
        {
            Gauge gauge = _factory.CreateGauge(name, help, _labels);
            return (value, labels) => gauge.WithLabels(labels).Inc(value);
        }
        if (kind == typeof(Histogram<>))
        {
            Histogram histogram = _factory.CreateHistogram(name, help, _labels);
            return (value, labels) => histogram.WithLabels(labels).Observe(value);
        }
        Gauge current = _factory.CreateGauge(name, help, _labels);
        return (value, labels) => current.WithLabels(labels).Set(value);
    }
}
