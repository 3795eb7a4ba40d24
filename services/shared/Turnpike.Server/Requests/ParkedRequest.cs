using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>A request that waits for an answer from outside the shard.</summary>
internal sealed class ParkedRequest(in FiveTuple fiveTuple, in TransactionId transactionId, long ticket, byte[] message) : Timed
{
    private readonly FiveTuple _fiveTuple = fiveTuple;

    public ref readonly FiveTuple FiveTuple => ref _fiveTuple;

    public TransactionId TransactionId { get; } = transactionId;

    public long Ticket { get; } = ticket;

    /// <summary>The request as it came, since the caller's buffer is long reused when the answer comes.</summary>
    public byte[] Message { get; } = message;

    /// <summary>The answer about the credential, once it is there.</summary>
    public CredentialAnswer? Credential { get; set; }

    /// <summary>The answer about the quota, once it is there.</summary>
    public QuotaAnswer? Quota { get; set; }

    /// <summary>The key that verified it, while the quota is being asked for; null while the credential is.</summary>
    public LongTermCredentialKey? Key { get; set; }

    /// <summary>Whether it waits for its quota; else, for its credential.</summary>
    public bool AwaitsQuota => Key is not null;

    /// <summary>The integrity attribute that its answer carries, where there is a key.</summary>
    public IntegrityKind Integrity { get; set; }

    /// <summary>
    /// The answer about the quota that a request needs; null where it has not been asked for. What was asked for another user, before
    /// the credential changed hands, is no answer: the client may try again.
    /// </summary>
    public QuotaDecision? QuotaFor(string realm, string user) =>
        Quota is not { } answer ? null
        : answer.Realm == realm && answer.User == user ? answer.Decision
        : QuotaDecision.Unavailable;
}

/// <summary>What an asynchronous request for quota was answered.</summary>
/// <param name="Realm">As it was asked for.</param>
/// <param name="User">As it was asked for.</param>
/// <param name="Decision">How it ended.</param>
internal sealed record QuotaAnswer(string Realm, string User, QuotaDecision Decision);

/// <summary>What an asynchronous credential look-up found.</summary>
/// <param name="Lookup">How it ended.</param>
/// <param name="Credential">The credential, when found.</param>
internal sealed record CredentialAnswer(CredentialLookup Lookup, Credential? Credential);

/// <summary>
/// The parked requests of one shard: bounded in number and size, and one for each transaction, so that retransmissions of a
/// request that waits wait with it.
/// </summary>
internal sealed class ParkedRequests(int capacity)
{
    /// <summary>A request longer than this is not worth keeping: no honest client sends one.</summary>
    public const int MaxMessageLength = 2048;

    private readonly Dictionary<long, ParkedRequest> _byTicket = [];
    private readonly Dictionary<(FiveTuple, TransactionId), ParkedRequest> _byTransaction = [];

    public int Count => _byTicket.Count;

    public bool IsParked(in FiveTuple fiveTuple, in TransactionId transactionId) =>
        _byTransaction.Count > 0 && _byTransaction.ContainsKey((fiveTuple, transactionId));

    public bool TryAdd(ParkedRequest request)
    {
        if (_byTicket.Count >= capacity || request.Message.Length > MaxMessageLength)
        {
            return false;
        }

        _byTicket.Add(request.Ticket, request);
        _byTransaction.Add((request.FiveTuple, request.TransactionId), request);
        return true;
    }

    /// <summary>Forgets what a client that is gone was waiting for; answers that come later find nothing.</summary>
    public void Forget(in FiveTuple fiveTuple, TimerWheel timers)
    {
        List<ParkedRequest>? waiting = null;
        foreach (ParkedRequest request in _byTicket.Values)
        {
            if (request.FiveTuple.Matches(fiveTuple))
            {
                (waiting ??= []).Add(request);
            }
        }

        foreach (ParkedRequest request in waiting ?? [])
        {
            Take(request.Ticket);
            timers.Disarm(request);
        }
    }

    /// <summary>Takes out a request whose answer has come.</summary>
    /// <param name="ticket">Names it.</param>
    /// <param name="quota">Whether it is the answer about the quota; else, about the credential.</param>
    /// <returns>The request; null where it is gone, or waits for the other answer.</returns>
    public ParkedRequest? Take(long ticket, bool quota) =>
        _byTicket.TryGetValue(ticket, out ParkedRequest? request) && request.AwaitsQuota == quota ? Take(ticket) : null;

    public ParkedRequest? Take(long ticket)
    {
        if (_byTicket.Remove(ticket, out ParkedRequest? request))
        {
            _byTransaction.Remove((request.FiveTuple, request.TransactionId));
        }

        return request;
    }
}
