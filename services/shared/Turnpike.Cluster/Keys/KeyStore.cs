using System.Security.Cryptography;
using System.Text.Json;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>The keys that all edges share. Every method throws <see cref="StoreUnavailableException"/> while the store is away.</summary>
/// <param name="store">The store.</param>
public sealed class KeyStore(ClusterStore store)
{
    /// <summary>What is announced when keys change.</summary>
    public const string Change = "keys";

    /// <summary>Seconds before a new key signs: every edge has it by then, through an announcement or a few heartbeats.</summary>
    internal const int Activation = 10;

    private const int SecretLength = 32;
    private const string NonceField = "nonce";
    private const string TicketField = "ticket";
    private const int Attempts = 20;

    /// <summary>The keys as they are; null when the store has none.</summary>
    public async Task<ClusterKeyRing?> ReadAsync()
    {
        TimedHash hash = await TimedHash.ReadAsync(store, store.Keys.ClusterKeyRing).ConfigureAwait(false);
        List<ClusterKey> nonce = Parse(hash, NonceField);
        List<ClusterKey> ticket = Parse(hash, TicketField);
        return nonce.Count == 0 || ticket.Count == 0 ? null : Ring(nonce, ticket, hash.Now / 1000);
    }

    /// <summary>
    /// Makes the keys where there are none, replaces them when they are old, forgets those that nothing valid is signed with any
    /// more. Any number of processes may do it at once. To be called every few seconds: which key signs follows the store's clock.
    /// </summary>
    /// <param name="known">What this process knows; put back into a store that has none.</param>
    /// <param name="rotationSeconds">Age at which a key is replaced.</param>
    /// <param name="overlapSeconds">How long a key verifies after another one has begun to sign: the life of what it signs.</param>
    public async Task<ClusterKeyRing> EnsureAsync(ClusterKeyRing? known, int rotationSeconds, int overlapSeconds)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            TimedHash hash = await TimedHash.ReadAsync(store, store.Keys.ClusterKeyRing).ConfigureAwait(false);
            long now = hash.Now / 1000;
            List<ClusterKey> nonce = Next(Parse(hash, NonceField), known?.Nonce, now, rotationSeconds, overlapSeconds, out bool nonceIsNew);
            List<ClusterKey> ticket = Next(Parse(hash, TicketField), known?.Ticket, now, rotationSeconds, overlapSeconds, out bool ticketIsNew);
            if (!nonceIsNew && !ticketIsNew)
            {
                return Ring(nonce, ticket, now);
            }
            RedisKey key = store.Keys.ClusterKeyRing;
            ConfigurationEdit edit = new ConfigurationEdit(store)
                .If(key, NonceField, hash.Fields.GetValueOrDefault(NonceField))
                .If(key, TicketField, hash.Fields.GetValueOrDefault(TicketField))
                .Set(key, NonceField, JsonSerializer.SerializeToUtf8Bytes(nonce, ClusterJson.Default.ListClusterKey))
                .Set(key, TicketField, JsonSerializer.SerializeToUtf8Bytes(ticket, ClusterJson.Default.ListClusterKey))
                .Announce(Change);
            if (await edit.RunAsync().ConfigureAwait(false))
            {
                return Ring(nonce, ticket, now);
            }
        }
        throw new StoreUnavailableException("The cluster's keys are changed by others without end.");
    }

    /// <summary>The list as it should be.</summary>
    internal static List<ClusterKey> Next(
        IReadOnlyList<ClusterKey> stored, IReadOnlyList<ClusterKey>? known, long now, int rotation, int overlap, out bool changed)
    {
        changed = false;
        List<ClusterKey> keys = [.. stored.OrderByDescending(key => key.ActiveAt)];
        if (keys.Count == 0)
        {
            changed = true;
            keys = known is { Count: > 0 } ? [.. known.OrderByDescending(key => key.ActiveAt)] : [Create([], now)];
        }
        if (keys[0].ActiveAt + rotation <= now)
        {
            changed = true;
            keys.Insert(0, Create(keys, now + Activation));
        }
        // Each key behind another one stopped signing when that one began to.
        for (int i = keys.Count - 1; i > 0 && keys[i - 1].ActiveAt + overlap < now; i--)
        {
            changed = true;
            keys.RemoveAt(i);
        }
        return keys;
    }

    private static ClusterKeyRing Ring(List<ClusterKey> nonce, List<ClusterKey> ticket, long now) => new(ForSigning(nonce, now), ForSigning(ticket, now));

    // The newest that is active first; one that is not active yet is there to verify, at the end.
    private static ClusterKey[] ForSigning(List<ClusterKey> keys, long now) =>
        [.. keys.OrderBy(key => key.ActiveAt > now).ThenByDescending(key => key.ActiveAt)];

    private static ClusterKey Create(List<ClusterKey> others, long activeAt)
    {
        byte[] id = new byte[1];
        do
        {
            // By chance, so that a store that was lost does not give an old number to another key. 0 is the key of a process alone.
            RandomNumberGenerator.Fill(id);
        }
        while (id[0] == 0 || others.Any(key => key.Id == id[0]));
        return new ClusterKey(id[0], RandomNumberGenerator.GetBytes(SecretLength), activeAt);
    }

    private static List<ClusterKey> Parse(TimedHash hash, string field) =>
        ClusterJson.Read(hash.Fields.GetValueOrDefault(field), ClusterJson.Default.ListClusterKey) ?? [];
}
