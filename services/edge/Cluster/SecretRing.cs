using System.Security.Cryptography;
using Turnpike.Cluster;
using Turnpike.Server;

namespace Turnpike.Edge.Cluster;

/// <summary>Secrets that are valid at one time, ready to verify with.</summary>
/// <param name="Verifier">Makes the keys of TURN REST credentials of any of them.</param>
/// <param name="Mark">
/// Differs where any of the secrets does: a credential that bears another mark was found under other secrets than these.
/// </param>
internal sealed record ActiveSecrets(RestCredentials Verifier, string Mark);

/// <summary>
/// The secrets of a realm with their times. What is valid changes at the few moments that they name, so what is made of them is kept
/// from one to the next. Any thread may ask.
/// </summary>
internal sealed class SecretRing
{
    // Who issues credentials may have a clock that is ahead; a secret is nobody's before its time, so nothing is lost by this.
    private const long Skew = 60;

    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, (Entry Entry, ActiveSecrets Alone)> _byId = new(StringComparer.Ordinal);
    private readonly Func<IReadOnlyList<byte[]>, RestCredentials> _verifier;
    private volatile Period? _period;

    /// <summary>Gathers the secrets of a realm.</summary>
    /// <param name="own">Secrets without id or time, from the edge's settings.</param>
    /// <param name="shared">Those of the cluster.</param>
    /// <param name="verifier">Makes keys of secrets, newest first.</param>
    public SecretRing(
        IReadOnlyList<byte[]> own, IReadOnlyList<RealmSecret> shared, Func<IReadOnlyList<byte[]>, RestCredentials> verifier)
    {
        _verifier = verifier;
        foreach (RealmSecret secret in shared.OrderByDescending(secret => secret.NotBefore))
        {
            Entry entry = new(secret.Value, MarkOf(secret.Value), Math.Max(0, secret.NotBefore - Skew), secret.NotAfter);
            _entries.Add(entry);
            _byId[secret.Id] = (entry, new ActiveSecrets(verifier([entry.Value]), entry.Mark));
        }

        _entries.AddRange(own.Select(secret => new Entry(secret, MarkOf(secret), 0, long.MaxValue)));
    }

    /// <summary>Whether there is no secret at all, valid now or not.</summary>
    public bool IsEmpty => _entries.Count == 0;

    /// <summary>All secrets that are valid; null when none is.</summary>
    /// <param name="unixNow">Seconds of Unix time.</param>
    public ActiveSecrets? At(long unixNow)
    {
        if (_period is not { } period || unixNow < period.From || unixNow >= period.Until)
        {
            _period = period = Make(unixNow);
        }

        return period.Secrets;
    }

    /// <summary>The secret of an id, if it is valid.</summary>
    /// <param name="id">The id.</param>
    /// <param name="unixNow">Seconds of Unix time.</param>
    public ActiveSecrets? Find(string id, long unixNow) =>
        _byId.TryGetValue(id, out (Entry Entry, ActiveSecrets Alone) found) && found.Entry.IsValid(unixNow) ? found.Alone : null;

    /// <summary>Whether the secret that made a mark is valid.</summary>
    /// <param name="mark">Of one secret.</param>
    /// <param name="unixNow">Seconds of Unix time.</param>
    public bool Holds(string mark, long unixNow) =>
        _entries.Exists(entry => entry.Mark == mark && entry.IsValid(unixNow));

    private static string MarkOf(byte[] secret) => Convert.ToHexString(SHA256.HashData(secret), 0, 8);

    private Period Make(long unixNow)
    {
        List<Entry> valid = [.. _entries.Where(entry => entry.IsValid(unixNow))];
        long from = 0;
        long until = long.MaxValue;
        foreach (Entry entry in _entries)
        {
            foreach (long time in (ReadOnlySpan<long>)[entry.From, entry.Until])
            {
                from = time <= unixNow ? Math.Max(from, time) : from;
                until = time > unixNow ? Math.Min(until, time) : until;
            }
        }

        return new Period(from, until, valid.Count == 0 ? null : new ActiveSecrets(
            _verifier([.. valid.Select(entry => entry.Value)]), string.Join(' ', valid.Select(entry => entry.Mark))));
    }

    private sealed record Period(long From, long Until, ActiveSecrets? Secrets);

    private sealed record Entry(byte[] Value, string Mark, long From, long Until)
    {
        public bool IsValid(long unixNow) => From <= unixNow && unixNow < Until;
    }
}
