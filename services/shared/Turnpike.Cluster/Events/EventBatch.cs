namespace Turnpike.Cluster;

/// <summary>Events of one realm that are appended together, once; sent again as it was while there is no answer.</summary>
/// <param name="Number">Counts up by one for each batch of this edge and realm.</param>
/// <param name="Events">Oldest first.</param>
internal sealed record EventBatch(long Number, IReadOnlyList<ClusterEvent> Events);

/// <summary>Appends batches to the store; the seam at which tests fail.</summary>
internal interface IEventAppender
{
    /// <summary>Appends a batch to the log of a realm.</summary>
    /// <returns>False: it had been appended by an earlier attempt.</returns>
    /// <exception cref="StoreException">There was no answer: it may or may not have been appended.</exception>
    Task<bool> AppendAsync(string realm, EventBatch batch);
}
