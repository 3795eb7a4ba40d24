using System.Diagnostics.Metrics;

namespace Turnpike.Cluster;

/// <summary>How a process and its store get on, as instruments.</summary>
public static class StoreInstruments
{
    // Seconds: a store in the same rack answers in less than one millisecond; Cluster:Timeout is 2 s unless set otherwise.
    private static readonly double[] Latencies = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

    /// <summary>Adds <c>store_calls</c>, <c>store_errors</c> by kind and <c>store_latency_seconds</c>.</summary>
    /// <param name="meter">Where they belong.</param>
    /// <param name="prefix">What stands before their names: <c>turnpike.edge.cluster</c>.</param>
    /// <param name="store">The store.</param>
    public static void Add(Meter meter, string prefix, ClusterStore store)
    {
        StoreStatistics statistics = store.Statistics;
        meter.CreateObservableCounter($"{prefix}.store_calls", () => statistics.Calls, description: "Calls to the store that brought a result");
        meter.CreateObservableCounter(
            $"{prefix}.store_errors",
            () => Enum.GetValues<StoreErrorKind>().Select(
                kind => new Measurement<long>(statistics.Errors(kind), new KeyValuePair<string, object?>("kind", Label(kind)))),
            description: "Calls to the store that failed, by kind");
        Histogram<double> latency = meter.CreateHistogram(
            $"{prefix}.store_latency_seconds",
            unit: null,
            "Time that calls to the store took that brought a result",
            tags: [],
            new InstrumentAdvice<double> { HistogramBucketBoundaries = Latencies });
        statistics.Measured += elapsed => latency.Record(elapsed.TotalSeconds);
    }

    /// <summary>What a kind is called in metrics and traces.</summary>
    internal static string Label(StoreErrorKind kind) => kind switch
    {
        StoreErrorKind.Timeout => "timeout",
        StoreErrorKind.Connection => "connection",
        StoreErrorKind.NotServing => "not_serving",
        StoreErrorKind.Denied => "denied",
        StoreErrorKind.Refused => "refused",
        StoreErrorKind.Away => "away",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A kind without a label."),
    };
}
