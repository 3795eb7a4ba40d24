using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>What an edge shall do or be. Orders are desired state: they are read with each heartbeat until they are gone.</summary>
public abstract record Order
{
    private protected Order()
    {
    }

    internal const string DrainField = "drain";
    internal const string EndPrefix = "end:";

    /// <summary>Reads the fields of the orders' hash; what a newer process wrote and this one does not know is skipped.</summary>
    internal static IReadOnlyList<Order> Parse(IReadOnlyDictionary<string, RedisValue> fields)
    {
        List<Order> orders = [];
        foreach ((string field, RedisValue value) in fields)
        {
            StoredOrder? stored = ClusterJson.Read(value, ClusterJson.Default.StoredOrder);
            if (stored is null)
            {
                continue;
            }
            if (field == DrainField)
            {
                orders.Add(new DrainOrder(stored.Deadline));
            }
            else if (field.StartsWith(EndPrefix, StringComparison.Ordinal))
            {
                orders.Add(new EndAllocationsOrder(field[EndPrefix.Length..], stored.Allocations));
            }
        }
        return orders;
    }
}

/// <summary>Take no new allocations. Without this order an edge is not drained by order.</summary>
/// <param name="Deadline">
/// Seconds of Unix time at which what is left ends; <see cref="EdgeDeadline"/> for what the edge's own settings allow from the moment
/// that it sees the order, <see cref="long.MaxValue"/> for never.
/// </param>
public sealed record DrainOrder(long Deadline) : Order
{
    /// <summary>Stands for the deadline of the edge's settings.</summary>
    public const long EdgeDeadline = 0;
}

/// <summary>End these allocations, then acknowledge.</summary>
/// <param name="Id">To acknowledge it by.</param>
/// <param name="Allocations">Their ids on that edge.</param>
public sealed record EndAllocationsOrder(string Id, IReadOnlyList<long> Allocations) : Order;

/// <summary>An order as the store has it.</summary>
internal sealed record StoredOrder
{
    public long Deadline { get; init; }

    public IReadOnlyList<long> Allocations { get; init; } = [];
}
