using System.Diagnostics;
using System.Diagnostics.Metrics;
using Prometheus;

namespace Turnpike.ServiceDefaults;

/// <summary>
/// One instrument and the Prometheus metric that shows it. An instrument that was made with tags, and an empty list of them, has no
/// labels: its series is there before anything is measured.
/// </summary>
internal sealed class ExportedInstrument
{
    // Leads from a bucket to a call that fell into it, in OpenMetrics; only to one whose trace is exported.
    private static readonly ExemplarBehavior Exemplars = new()
    {
        DefaultExemplarProvider = static (_, _) => Activity.Current is { Recorded: true } activity && activity.Source.Name.StartsWith("Turnpike", StringComparison.Ordinal)
            ? Exemplar.FromTraceContext()
            : Exemplar.None,
    };

    private readonly Instrument _instrument;
    private readonly MetricFactory _factory;
    private readonly Lock _creating = new();
    private readonly LabelledGauge? _gauge;
    private volatile Action<double, string[]>? _write;
    private string[] _labels = [];

    public ExportedInstrument(Instrument instrument, MetricFactory factory)
    {
        _instrument = instrument;
        _factory = factory;
        if (instrument.IsObservable && Kind != typeof(ObservableCounter<>))
        {
            _gauge = new LabelledGauge();
        }
        if (instrument.Tags is { } tags && !tags.Any())
        {
            Create([]);
        }
    }

    private Type Kind => _instrument.GetType().GetGenericTypeDefinition();

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Action<double, string[]> write = _write ?? Create(tags);
        string[] values = _labels.Length == 0 ? [] : new string[_labels.Length];
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

    /// <summary>After all observable instruments were asked: a gauge that was not measured for some labels has none for them any more.</summary>
    public void RemoveUnmeasured() => _gauge?.RemoveUnmeasured();

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
        if (Kind == typeof(ObservableCounter<>))
        {
            Counter counter = _factory.CreateCounter(name + "_total", help, _labels);
            return (value, labels) => counter.WithLabels(labels).IncTo(value);
        }
        if (Kind == typeof(Counter<>))
        {
            Counter counter = _factory.CreateCounter(name + "_total", help, _labels);
            return (value, labels) => counter.WithLabels(labels).Inc(value);
        }
        if (Kind == typeof(UpDownCounter<>))
        {
            Gauge gauge = _factory.CreateGauge(name, help, _labels);
            return (value, labels) => gauge.WithLabels(labels).Inc(value);
        }
        if (Kind == typeof(Histogram<>))
        {
            var shape = new HistogramConfiguration { Buckets = Buckets, ExemplarBehavior = Exemplars };
            Histogram histogram = _factory.CreateHistogram(name, help, _labels, shape);
            if (_labels.Length == 0)
            {
                return (value, _) => histogram.Observe(value);
            }
            return (value, labels) => histogram.WithLabels(labels).Observe(value);
        }
        Gauge current = _factory.CreateGauge(name, help, _labels);
        if (_gauge is null || _labels.Length == 0)
        {
            return (value, labels) => current.WithLabels(labels).Set(value);
        }
        _gauge.Gauge = current;
        return _gauge.Set;
    }

    /// <summary>The bounds that the instrument advises; null for the library's own.</summary>
    private double[]? Buckets => (_instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries?.ToArray();

    /// <summary>An observable gauge whose label values come and go. Measured by one thread at a time.</summary>
    private sealed class LabelledGauge
    {
        private readonly Dictionary<string, (string[] Labels, int Round)> _known = new(StringComparer.Ordinal);
        private int _round;

        public Gauge? Gauge { get; set; }

        public void Set(double value, string[] labels)
        {
            _known[string.Join('\0', labels)] = (labels, _round);
            Gauge!.WithLabels(labels).Set(value);
        }

        public void RemoveUnmeasured()
        {
            foreach ((string key, (string[] labels, int round)) in _known)
            {
                if (round != _round)
                {
                    Gauge!.RemoveLabelled(labels);
                    _known.Remove(key);
                }
            }
            _round++;
        }
    }
}
