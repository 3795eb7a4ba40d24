namespace Turnpike.Cluster;

/// <summary>A byte quota is used up in the running period.</summary>
/// <param name="Realm">The realm.</param>
/// <param name="User">Whose quota it is; null: the realm's own.</param>
/// <param name="Quota">The quota, with what is to be done.</param>
/// <param name="Used">Bytes that the cluster has used in the period, as far as this process knows.</param>
public sealed record ByteQuotaReached(string Realm, string? User, ByteQuota Quota, long Used);
