using System.Security.Cryptography;
using System.Text.Json;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>The orders to edges. Every method throws <see cref="StoreUnavailableException"/> while the store is away.</summary>
/// <param name="store">The store.</param>
public sealed class OrderBook(ClusterStore store)
{
    private const int IdBytes = 8;

    /// <summary>How long orders to an edge that no longer reads them are kept.</summary>
    internal static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    /// <summary>What is announced when orders to an edge change.</summary>
    public static string Change(string edgeId) => "orders:" + edgeId;

    /// <summary>Orders a drain; another one before is replaced.</summary>
    /// <param name="edgeId">The edge.</param>
    /// <param name="deadline">As <see cref="DrainOrder.Deadline"/>.</param>
    public Task DrainAsync(string edgeId, long deadline) => PutAsync(edgeId, Order.DrainField, new StoredOrder { Deadline = deadline });

    /// <summary>Takes an order to drain back.</summary>
    public Task UndrainAsync(string edgeId) => DeleteAsync(edgeId, Order.DrainField);

    /// <summary>Orders the end of allocations.</summary>
    /// <returns>The id of the order.</returns>
    public async Task<string> EndAllocationsAsync(string edgeId, IReadOnlyList<long> allocations)
    {
        string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        await PutAsync(edgeId, Order.EndPrefix + id, new StoredOrder { Allocations = allocations }).ConfigureAwait(false);
        return id;
    }

    /// <summary>The edge has carried an order out.</summary>
    public Task AcknowledgeAsync(string edgeId, string orderId) => DeleteAsync(edgeId, Order.EndPrefix + orderId);

    /// <summary>All orders to an edge.</summary>
    public async Task<IReadOnlyList<Order>> ReadAsync(string edgeId)
    {
        HashEntry[] fields = await store.QueryAsync(
            database => database.HashGetAllAsync(store.Keys.Orders(edgeId), CommandFlags.DemandMaster), "HGETALL").ConfigureAwait(false);
        return Order.Parse(fields.ToDictionary(field => field.Name.ToString(), field => field.Value));
    }

    private Task<bool> PutAsync(string edgeId, string field, StoredOrder order) => new ConfigurationEdit(store) { Expiry = Kept }
        .Set(store.Keys.Orders(edgeId), field, JsonSerializer.SerializeToUtf8Bytes(order, ClusterJson.Default.StoredOrder))
        .Announce(Change(edgeId))
        .RunAsync();

    private Task<bool> DeleteAsync(string edgeId, string field) => new ConfigurationEdit(store)
        .Delete(store.Keys.Orders(edgeId), field)
        .Announce(Change(edgeId))
        .RunAsync();
}
