using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Kubernetes.Acting;

/// <summary>The orders to drain, which lie in the store until they are taken back. Every method throws <see cref="StoreException"/> while it is away.</summary>
internal interface IDrainOrders
{
    /// <summary>Whether an edge is ordered to drain.</summary>
    Task<bool> IsOrderedAsync(string edgeId);

    /// <summary>Orders it; what is left ends at the time that is given.</summary>
    Task DrainAsync(string edgeId, DateTimeOffset until);

    /// <summary>Takes the order back.</summary>
    Task UndrainAsync(string edgeId);
}

/// <summary>The same, in the order book.</summary>
internal sealed class DrainOrders(OrderBook orders) : IDrainOrders
{
    public async Task<bool> IsOrderedAsync(string edgeId) => (await orders.ReadAsync(edgeId)).OfType<DrainOrder>().Any();

    public Task DrainAsync(string edgeId, DateTimeOffset until) => orders.DrainAsync(edgeId, until.ToUnixTimeSeconds());

    public Task UndrainAsync(string edgeId) => orders.UndrainAsync(edgeId);
}
