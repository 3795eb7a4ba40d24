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

    // The heap of an idle runtime grows to its budget, which depends on the processor's caches, before it is collected first.
    private const int FillingCollections = 2;
    private const int FillingScrapes = 3000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Uri _metrics;
    private readonly int _processId;
    private readonly MonotonicClock _clock;
    private readonly ManualResetEvent _end = new(false);
    private readonly HttpClient _client = new() { Timeout = Patience };
    private readonly List<SoakPoint> _points = [];
    private Thread? _thread;
    private Exception? _failure;

    public RuntimeScrapes(Uri management, int processId, TimeProvider time)
    {
        _metrics = new Uri(management, "metrics");
        _processId = processId;
        _clock = new MonotonicClock(time);
    }

    /// <exception cref="TurnRefusedException">It could not be read.</exception>
    public IReadOnlyList<SoakPoint> Points => _failure is null ? _points : throw Unreadable(_failure);

    /// <summary>Scrapes until the runtime has collected twice: what its heap grows by until then is no leak.</summary>
    /// <exception cref="TurnRefusedException">It cannot be read.</exception>
    public void FillHeap(CancellationToken stop)
    {
        try
        {
            long before = Scrape().Collections;
            for (int i = 0; i < FillingScrapes && Scrape().Collections < before + FillingCollections; i++)
            {
                stop.ThrowIfCancellationRequested();
            }
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            throw Unreadable(exception);
        }
    }

    public void Begin(TimeSpan interval)
    {
        _thread = new Thread(() => ScrapeUntilEnd(interval)) { IsBackground = true, Name = "scrapes" };
        _thread.Start();
    }

    public void End()
    {
        _end.Set();
        _thread?.Join();
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

    private static bool IsFailure(Exception exception) => exception is HttpRequestException or IOException or TaskCanceledException or FormatException;

    private TurnRefusedException Unreadable(Exception exception) => new($"{_metrics} cannot be read: {exception.Message}");

    private void ScrapeUntilEnd(TimeSpan interval)
    {
        try
        {
            do
            {
                _points.Add(Scrape());
            }
            while (!_end.WaitOne(interval));
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            _failure = exception;
        }
    }

    private SoakPoint Scrape()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _metrics);
        using HttpResponseMessage response = _client.Send(request);
        using var reader = new StreamReader(response.EnsureSuccessStatusCode().Content.ReadAsStream());
        return Parse(reader.ReadToEnd(), _clock.Now / 1e9, ResidentMemory.BytesOf(_processId));
    }
}
