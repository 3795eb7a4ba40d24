using System.Runtime.InteropServices;

namespace Turnpike.Server;

/// <summary>
/// Concurrent-allocation quotas of one process, shared by its shards. Only Allocate and the end of an allocation come here, so
/// one lock serves; nothing on the data path takes it.
/// </summary>
/// <param name="perUser">Allocations a user may hold at once; 0 = no limit.</param>
/// <param name="perRealm">Allocations a realm may hold at once; 0 = no limit.</param>
/// <param name="total">Allocations the process may hold at once; 0 = no limit.</param>
public sealed class LocalQuotaGate(int perUser, int perRealm, int total) : IQuotaGate
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Realm, string User), int> _users = [];
    private readonly Dictionary<string, int> _realms = new(StringComparer.Ordinal);
    private int _total;

    /// <inheritdoc/>
    public QuotaDecision TryAcquire(string realm, string user, long ticket)
    {
        lock (_lock)
        {
            if (perUser > 0 && _users.GetValueOrDefault((realm, user)) >= perUser)
            {
                return QuotaDecision.UserQuotaReached;
            }

            if (perRealm > 0 && _realms.GetValueOrDefault(realm) >= perRealm)
            {
                return QuotaDecision.RealmQuotaReached;
            }

            if (total > 0 && _total >= total)
            {
                return QuotaDecision.ServerQuotaReached;
            }

            CollectionsMarshal.GetValueRefOrAddDefault(_users, (realm, user), out _)++;
            CollectionsMarshal.GetValueRefOrAddDefault(_realms, realm, out _)++;
            _total++;
            return QuotaDecision.Granted;
        }
    }

    /// <inheritdoc/>
    public void Release(string realm, string user)
    {
        lock (_lock)
        {
            _total--;
            // An entry at zero goes, so that names seen once do not stay for ever.
            Decrement(_users, (realm, user));
            Decrement(_realms, realm);
        }
    }

    private static void Decrement<TKey>(Dictionary<TKey, int> counts, TKey key)
        where TKey : notnull
    {
        if (--CollectionsMarshal.GetValueRefOrNullRef(counts, key) == 0)
        {
            counts.Remove(key);
        }
    }
}
