using System.Globalization;
using System.Text;

namespace Turnpike.LoadTest.Planning;

/// <summary>The plan as Markdown: a column a size, and what is fullest.</summary>
internal static class PlanTable
{
    // Less full than this, a limit is nobody's concern yet.
    private const double Worth = 0.05;

    public static string Of(PlanResult result)
    {
        IReadOnlyList<PlanFigures> sizes = result.Sizes;
        var text = new StringBuilder();
        text.Append("| allocations at the peak |").AppendJoin(" |", sizes.Select(size => " " + Number(size.Allocations))).AppendLine(" |");
        text.Append("| --- |").Insert(text.Length, " --- |", sizes.Count).AppendLine();
        Row("edges", size => Number(size.Edges));
        foreach ((int index, PlanHour first) in sizes[0].Hours.Index().Where(entry => entry.Item.Share > 0))
        {
            HourRow("edges", (size, hour) => Number(hour.Edges(size.Allocations)));
            HourRow("allocations an edge, and what binds", (_, hour) => $"{Number(hour.Edge.Allocations)}, {hour.Edge.Binding}");
            HourRow("used of an edge", (_, hour) => string.Join(", ", hour.Edge.Shares.Select(share => $"{share.Key} {Percent(share.Value)}")));

            void HourRow(string name, Func<PlanFigures, PlanHour, string> cell) => Row($"{name} {first.Name}", size => cell(size, size.Hours[index]));
        }

        Row("cores of edges", size => Number(size.EdgeCores));
        Row("memory of edges, of their kernels' sockets, GiB", size => $"{Number(size.EdgeMemory)}, {Number(size.KernelMemory)}");
        Row("relay addresses", size => Number(size.Addresses));
        Row("relayed at most, Gb/s in and as much out; packets/s", size => $"{Number(size.Gigabits)}; {Number(size.Packets)}");
        Row("Allocates/s", size => Number(size.AllocatesPerSecond));
        Row("store: scripts/s", size => Number(size.Store.Calls));
        Row("store: cores", size => Number(size.Store.Cores));
        Row("of them leases, usage, events", size => $"{Number(size.Store.Realms.Leases)}, {Number(size.Store.Realms.Usage)}, {Number(size.Store.Realms.Events)}");
        Row("of them configuration, announcements", size => $"{Number(size.Store.Configuration)}, {Number(size.Store.Announcements)}");
        Row("store: memory, GiB", size => Number(size.Memory.Total));
        Row("of it usage by minute, hour, day", size => $"{Number(size.Memory.Minutes)}, {Number(size.Memory.Hours)}, {Number(size.Memory.Days)}");
        Row("store: shards (primaries)", size => Number(size.StoreShards));
        Row("IssueCredential/s", size => Number(size.IssuedPerSecond));
        Row("control plane: cores, replicas", size => $"{Number(size.PlaneCores)}, {Number(size.PlaneReplicas)}");
        Row("Kubernetes: pods, API calls/s", size => $"{Number(size.Pods)}, {Number(size.KubernetesCalls)}");
        Row("Prometheus: series, GiB", size => $"{Number(size.Series)}, {Number(size.SeriesMemory)}");
        Row("leaves the network, TB a month", size => Number(size.MonthlyGigabytes / 1000));
        Row("price a month: traffic, the rest", size => $"{Number(size.TrafficPrice)}, {Number(size.OtherPrice)}");
        Row("price a GB, all in", size => size.PricePerGigabyte.ToString("0.0000", CultureInfo.InvariantCulture));
        Row("clusters, so that none is past a fleet-wide limit", size => Number(size.Clusters));

        foreach (PlanFigures size in sizes)
        {
            text.AppendLine().Append(CultureInfo.InvariantCulture, $"{Number(size.Allocations)} allocations as one cluster, the fullest first (100 % is all that may be used):").AppendLine();
            PlanLimit[] limits = [.. size.Limits.Where(limit => limit.Share >= Worth)];
            text.AppendLine(limits.Length == 0 ? "- nothing is fuller than 5 %" : string.Join("\n", limits.Select(limit => $"- {limit.Name}: {Percent(limit.Share)}{(limit.Share > 1 ? " — past it" : "")}")));
        }

        return text.ToString();

        void Row(string name, Func<PlanFigures, string> cell) =>
            text.Append("| ").Append(name).Append(" |").AppendJoin(" |", sizes.Select(size => " " + cell(size))).AppendLine(" |");
    }

    /// <summary>Three digits of it, with spaces between thousands.</summary>
    public static string Number(double value) => value switch
    {
        0 => "0",
        < 0.1 => value.ToString("0.####", CultureInfo.InvariantCulture),
        < 10 => value.ToString("0.##", CultureInfo.InvariantCulture),
        < 100 => value.ToString("0.#", CultureInfo.InvariantCulture),
        _ => value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' '),
    };

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0} %");
}
