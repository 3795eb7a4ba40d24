namespace Turnpike.LoadTest.Planning;

/// <summary>A plan for each size, and what it was made of.</summary>
internal sealed record PlanResult(IReadOnlyList<PlanFigures> Sizes, IReadOnlyDictionary<string, double> Constants);

/// <summary>Something that there is only so much of.</summary>
/// <param name="Name">What.</param>
/// <param name="Share">What is used of it, 1 being all that may be.</param>
/// <param name="MoreClusters">Whether several clusters, each with a part of the fleet, have more of it.</param>
internal sealed record PlanLimit(string Name, double Share, bool MoreClusters);

/// <summary>What one size needs, as one cluster.</summary>
internal sealed record PlanFigures
{
    public required double Allocations { get; init; }

    /// <summary>The hours of which the worst decides how many edges there are.</summary>
    public required IReadOnlyList<PlanHour> Hours { get; init; }

    public required int Edges { get; init; }

    /// <summary>Cores of all edges; their memory, GiB; relay ports and public addresses that are used.</summary>
    public required double EdgeCores { get; init; }

    public required double EdgeMemory { get; init; }

    public required double KernelMemory { get; init; }

    public required int Addresses { get; init; }

    /// <summary>Relayed in the hour with the most, Gb/s, headers included; as much comes in as goes out.</summary>
    public required double Gigabits { get; init; }

    public required double Packets { get; init; }

    public required double AllocatesPerSecond { get; init; }

    /// <summary>What the store is asked, and what that takes.</summary>
    public required StoreDemand Demand { get; init; }

    public required StoreLoad Store { get; init; }

    public required StoreMemory Memory { get; init; }

    /// <summary>Primaries of a Redis Cluster.</summary>
    public required int StoreShards { get; init; }

    public required double IssuedPerSecond { get; init; }

    public required double PlaneCores { get; init; }

    public required int PlaneReplicas { get; init; }

    public required int Pods { get; init; }

    public required double KubernetesCalls { get; init; }

    public required double Series { get; init; }

    /// <summary>GiB.</summary>
    public required double SeriesMemory { get; init; }

    /// <summary>GB that leave the network in a month, payload and headers.</summary>
    public required double MonthlyGigabytes { get; init; }

    public required double TrafficPrice { get; init; }

    public required double OtherPrice { get; init; }

    public required double PricePerGigabyte { get; init; }

    /// <summary>Clusters that are needed so that none is past what one can be.</summary>
    public required int Clusters { get; init; }

    /// <summary>The fullest first.</summary>
    public required IReadOnlyList<PlanLimit> Limits { get; init; }
}
