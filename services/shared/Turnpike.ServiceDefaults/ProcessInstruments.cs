using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Turnpike.ServiceDefaults;

/// <summary>
/// The process and its runtime as instruments, under the names that Prometheus's own clients use. Only what costs the same however many
/// sockets there are: counting descriptors takes the system longer than all the rest of a scrape together.
/// </summary>
internal static class ProcessInstruments
{
    // Field 20 of proc(5)'s stat, counted from the one behind the name, which is the third.
    private const string StatFile = "/proc/self/stat";
    private const int ThreadsField = 17;

    // Seconds. A relay's packets wait for as long: five milliseconds are heard.
    private static readonly double[] Pauses = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5];

    /// <summary>Adds the instruments; what is returned has to be disposed with the process's part that they are of.</summary>
    public static CollectionPauses Add(IMeterFactory meters)
    {
        Meter meter = meters.Create("Turnpike.Process");
        double startedAt = StartedAt();
        meter.CreateObservableCounter(
            "process.cpu_seconds", static () => Environment.CpuUsage.TotalTime.TotalSeconds, description: "Processor time that the process has used");
        meter.CreateObservableGauge("process.start_time_seconds", () => startedAt, description: "Unix time at which the process started");
        meter.CreateObservableGauge("process.working_set_bytes", static () => Environment.WorkingSet, description: "Memory of the process that is resident");
        meter.CreateObservableGauge("process.num_threads", Threads, description: "Threads of the process");
        meter.CreateObservableGauge(
            "dotnet.total_memory_bytes", static () => GC.GetTotalMemory(forceFullCollection: false), description: "Memory that the runtime's heap holds");
        meter.CreateObservableCounter(
            "dotnet.collection_count",
            static () => Enumerable.Range(0, GC.MaxGeneration + 1).Select(generation => new Measurement<long>(
                GC.CollectionCount(generation), new KeyValuePair<string, object?>("generation", generation))),
            description: "Garbage collections, by the oldest generation that they were of");
        Histogram<double> pauses = meter.CreateHistogram(
            "dotnet.gc_pause_duration_seconds", unit: null, "Pauses of all threads for a garbage collection", tags: [], new InstrumentAdvice<double> { HistogramBucketBoundaries = Pauses });
        return new CollectionPauses(pause => pauses.Record(pause.TotalSeconds));
    }

    private static double StartedAt()
    {
        using Process process = Process.GetCurrentProcess();
        return new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0;
    }

    private static long Threads()
    {
        if (OperatingSystem.IsLinux())
        {
            string stat = File.ReadAllText(StatFile);
            return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[ThreadsField], CultureInfo.InvariantCulture);
        }
        using Process process = Process.GetCurrentProcess();
        return process.Threads.Count;
    }
}
