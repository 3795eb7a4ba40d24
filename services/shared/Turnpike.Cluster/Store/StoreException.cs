namespace Turnpike.Cluster;

/// <summary>A call to the store that brought no result. The message never contains a secret.</summary>
public abstract class StoreException : Exception
{
    private protected StoreException(string message, Exception? inner)
        : base(message, inner)
    {
    }
}

/// <summary>
/// The store is away, too slow, cannot write or does not let this process in; the call may or may not have been carried out when
/// it timed out. Later calls fail at once, until a probe finds the store well again.
/// </summary>
/// <param name="message">Why.</param>
/// <param name="inner">What the client library said.</param>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : StoreException(message, inner);

/// <summary>The store is there and refused this one call: an error of a script, or data of another kind than expected.</summary>
/// <param name="message">The text of the server's reply.</param>
/// <param name="inner">What the client library said.</param>
public sealed class StoreRefusedException(string message, Exception? inner = null) : StoreException(message, inner);
