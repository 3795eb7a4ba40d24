using System.Collections.Frozen;

namespace Turnpike.Cluster;

/// <summary>What a process knows of the cluster at one moment; immutable.</summary>
public sealed record ClusterSnapshot
{
    /// <summary>Nothing is known yet.</summary>
    public static ClusterSnapshot Empty { get; } = new();

    /// <summary>Realms by name.</summary>
    public FrozenDictionary<string, RealmRecord> Realms { get; init; } = FrozenDictionary<string, RealmRecord>.Empty;

    /// <summary>Revocations.</summary>
    public RevocationSet Revocations { get; init; } = RevocationSet.Empty;

    /// <summary>Nonce and ticket keys; null until there are any.</summary>
    public ClusterKeyRing? Keys { get; init; }

    /// <summary>Edges, as they were when the last one came, went or changed: their loads are of that time.</summary>
    public IReadOnlyList<EdgeRecord> Edges { get; init; } = [];

    /// <summary>Which life of the store this is.</summary>
    public string Epoch { get; init; } = "";

    /// <summary>Whether it was read from the store at least once.</summary>
    public bool Loaded { get; init; }
}
