using System.Collections.Frozen;
using Turnpike.Cluster;
using Turnpike.Edge.Options;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// The realms that this edge serves: its own, which exists without any cluster, and those that the cluster has records of. A record that
/// cannot be served is refused, and what was served before stays.
/// </summary>
internal sealed partial class RealmTable(EdgeSettings settings, ILogger logger)
{
    private readonly Dictionary<string, long> _refused = new(StringComparer.Ordinal);
    private volatile FrozenDictionary<string, ServedRealm> _realms = Table([ServedRealm.Own(settings)]);

    /// <summary>All realms by name; the edge's own is always there.</summary>
    public FrozenDictionary<string, ServedRealm> Realms => _realms;

    /// <summary>The edge's own realm.</summary>
    public ServedRealm Own => _realms[settings.Realm];

    /// <summary>Whether any realm has secrets, so that names alone may say who comes.</summary>
    public bool HasSecrets => _realms.Values.Any(realm => !realm.Secrets.IsEmpty);

    /// <summary>Whether any realm caps its users' bandwidth.</summary>
    public bool HasUserCaps => _realms.Values.Any(realm => realm.BitsPerSecondPerUser > 0);

    /// <summary>Takes over what the cluster says.</summary>
    /// <param name="records">All records, by the realm's name.</param>
    /// <returns>Whether anything is different from before.</returns>
    public bool Update(IReadOnlyDictionary<string, RealmRecord> records)
    {
        FrozenDictionary<string, ServedRealm> before = _realms;
        List<ServedRealm> realms = [];
        foreach (RealmRecord record in records.Values)
        {
            ServedRealm? served = before.GetValueOrDefault(record.Name);
            if (!ReferenceEquals(served?.Record, record))
            {
                served = Read(record) ?? served;
            }

            if (served is not null)
            {
                realms.Add(served);
            }
        }

        if (!records.ContainsKey(settings.Realm))
        {
            ServedRealm own = before[settings.Realm];
            realms.Add(own.Record is null ? own : ServedRealm.Own(settings));
        }
        else if (!realms.Any(realm => realm.Name == settings.Realm))
        {
            realms.Add(before[settings.Realm]);
        }

        if (realms.Count == before.Count && realms.All(realm => ReferenceEquals(before.GetValueOrDefault(realm.Name), realm)))
        {
            return false;
        }

        _realms = Table(realms);
        return true;
    }

    private static FrozenDictionary<string, ServedRealm> Table(IEnumerable<ServedRealm> realms) =>
        realms.ToFrozenDictionary(realm => realm.Name, StringComparer.Ordinal);

    private ServedRealm? Read(RealmRecord record)
    {
        if (ServedRealm.TryRead(settings, record, out ServedRealm? realm, out string? problem))
        {
            return realm;
        }

        // The same record comes with every reload; once is enough to say so.
        if (_refused.GetValueOrDefault(record.Name, -1) != record.Version)
        {
            _refused[record.Name] = record.Version;
            LogRefused(logger, record.Name, problem);
        }

        return null;
    }

    [LoggerMessage(EventId = 1420, Level = LogLevel.Error,
        Message = "The record of realm {Realm} is refused, and the one before stays: {Problem}")]
    private static partial void LogRefused(ILogger logger, string realm, string problem);
}
