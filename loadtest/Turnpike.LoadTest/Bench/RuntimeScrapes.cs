using System.Globalization;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Bench;

/// <summary>Reads what an edge says of its runtime at intervals, on a thread of its own, until it is told to end.</summary>
internal sealed class RuntimeScrapes : IDisposable
{
    private const string Collections = "dotnet_collection_count_total{generation=\"0\"}";
    private const string Heap = "dotnet_total_memory_bytes";
    private const string Pauses = "dotnet_gc_pause_duration_seconds_sum";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Uri _metrics;
    private readonly int _processId;
    private readonly TimeSpan _interval;
    private readonly MonotonicClock _clock;
    private readonly ManualResetEvent _end = new(false);
    private readonly HttpClient _client = new() { Timeout = Patience };
    private readonly List<SoakPoint> _points = [];
    private readonly Thread _thread;
    private Exception? _failure;

    public RuntimeScrapes(Uri management, int processId, TimeSpan interval, TimeProvider time)
    {
        _metrics = new Uri(management, "metrics");
        _processId = processId;
        _interval = interval;
        _clock = new MonotonicClock(time);
        _thread = new Thread(Scrape) { IsBackground = true, Name = "scrapes" };
        _thread.Start();
    }

    /// <exception cref="TurnRefusedException">It could not be read.</exception>
    public IReadOnlyList<SoakPoint> Points => _failure is null
        ? _points
        : throw new TurnRefusedException($"{_metrics} cannot be read: {_failure.Message}");

    /// <summary>Once more, and then no longer.</summary>
    public void End()
    {
        _end.Set();
        _thread.Join();
    }

    public void Dispose()
    {
        End();
        _client.Dispose();
        _end.Dispose();
    }

    /// <summary>What a scrape in Prometheus's text format says.</summary>
    public static SoakPoint Parse(string text, double seconds, long residentBytes)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n').Where(line => line.StartsWith("dotnet_", StringComparison.Ordinal)))
        {
            int space = line.LastIndexOf(' ');
            values[line[..space]] = double.Parse(line[(space + 1)..], CultureInfo.InvariantCulture);
        }

        return values.TryGetValue(Collections, out double collections) && values.TryGetValue(Heap, out double heap)
            ? new SoakPoint(seconds, residentBytes, (long)heap, (long)collections, values.TryGetValue(Pauses, out double paused) ? paused : null)
            : throw new FormatException($"there is no {Collections} or {Heap}");
    }

    private void Scrape()
    {
        try
        {
            do
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, _metrics);
                using HttpResponseMessage response = _client.Send(request);
                using var reader = new StreamReader(response.EnsureSuccessStatusCode().Content.ReadAsStream());
                _points.Add(Parse(reader.ReadToEnd(), _clock.Now / 1e9, ResidentMemory.BytesOf(_processId)));
            }
            while (!_end.WaitOne(_interval));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException or FormatException)
        {
            _failure = exception;
        }
    }
}
