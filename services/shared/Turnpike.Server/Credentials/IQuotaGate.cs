namespace Turnpike.Server;

/// <summary>How asking for one more allocation ended.</summary>
public enum QuotaDecision : byte
{
    /// <summary>Counted; to be given back with <see cref="IQuotaGate.Release"/>.</summary>
    Granted,

    /// <summary>The user has as many as it may (486).</summary>
    UserQuotaReached,

    /// <summary>The realm has as many as it may (486).</summary>
    RealmQuotaReached,

    /// <summary>The server has as many as it may (486).</summary>
    ServerQuotaReached,

    /// <summary>The bytes of the user's or the realm's running period are used up (486).</summary>
    ByteQuotaReached,

    /// <summary>The answer comes later, through <see cref="TurnServer.CompleteQuota"/>.</summary>
    Pending,

    /// <summary>The gate cannot answer now (508).</summary>
    Unavailable,
}

/// <summary>Counts concurrent allocations. Called on the shard's thread: never blocks on I/O.</summary>
public interface IQuotaGate
{
    /// <summary>Asks for one more allocation.</summary>
    /// <param name="realm">The realm of the credential, or else the server's own.</param>
    /// <param name="user">The user (<see cref="Credential.User"/>).</param>
    /// <param name="ticket">Names the request in a later <see cref="TurnServer.CompleteQuota"/>.</param>
    QuotaDecision TryAcquire(string realm, string user, long ticket);

    /// <summary>Gives a granted allocation back.</summary>
    /// <param name="realm">The realm.</param>
    /// <param name="user">The user.</param>
    void Release(string realm, string user);
}
