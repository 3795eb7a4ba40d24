namespace Turnpike.Server;

/// <summary>Why an allocation ended.</summary>
public enum AllocationEnd : byte
{
    /// <summary>The client asked for it: Refresh with a LIFETIME of 0.</summary>
    Deleted,

    /// <summary>Its lifetime was over.</summary>
    Expired,

    /// <summary>The client's connection (TCP, TLS or DTLS) closed.</summary>
    ClientClosed,

    /// <summary>What it was made with was revoked.</summary>
    Revoked,

    /// <summary>A quota was used up.</summary>
    QuotaReached,

    /// <summary>An operator ended it.</summary>
    Terminated,

    /// <summary>The server stopped, or came to the end of its drain.</summary>
    ServerStopped,
}

/// <summary>
/// Is told of every allocation's beginning and end, each once, and of what its client's requests change between them, on the thread of its
/// shard. Never blocks, and does not call the server back from within.
/// </summary>
public interface IAllocationObserver
{
    /// <summary>An allocation is in force.</summary>
    /// <param name="allocation">The allocation.</param>
    void Started(Allocation allocation);

    /// <summary>An allocation has ended, and all that it held is given back.</summary>
    /// <param name="allocation">The allocation; what it has relayed stays readable.</param>
    /// <param name="reason">Why.</param>
    void Ended(Allocation allocation, AllocationEnd reason);

    /// <summary>A Refresh has been granted.</summary>
    /// <param name="allocation">The allocation.</param>
    /// <param name="lifetime">What was granted, in seconds.</param>
    void Refreshed(Allocation allocation, uint lifetime)
    {
    }

    /// <summary>A new 5-tuple waits for the client to use it (RFC 8016).</summary>
    /// <param name="allocation">The allocation.</param>
    void Moved(Allocation allocation)
    {
    }

    /// <summary>A CreatePermission has brought permissions that were not there; those that it only extends are not told of.</summary>
    /// <param name="allocation">The allocation.</param>
    /// <param name="count">How many.</param>
    void Permitted(Allocation allocation, int count)
    {
    }

    /// <summary>A channel is bound that was not; one that is only extended is not told of.</summary>
    /// <param name="allocation">The allocation.</param>
    void ChannelBound(Allocation allocation)
    {
    }
}

/// <summary>Nobody who wants to know.</summary>
internal sealed class NoObserver : IAllocationObserver
{
    public static readonly NoObserver Instance = new();

    public void Started(Allocation allocation)
    {
    }

    public void Ended(Allocation allocation, AllocationEnd reason)
    {
    }
}
