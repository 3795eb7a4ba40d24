using System.Security.Cryptography;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>Appends one edge's batches with <c>event-append.lua</c>.</summary>
internal sealed class EventAppender(ClusterStore store, string edgeId, ClusterOptions options) : IEventAppender
{
    private static readonly ClusterScript Append = ClusterScript.Load("event-append");

    public async Task<bool> AppendAsync(string realm, EventBatch batch)
    {
        EventKeys keys = new(store.Keys, realm);
        RedisResult newest = await store.RunAsync(
            Append,
            [store.Keys.Events(realm, "batch:" + edgeId), keys.Head, keys.Log, keys.Readers],
            [
                batch.Number, UsageWriter.NumberRetention, options.DayRetention, options.EventLog, RandomNumberGenerator.GetHexString(16, lowercase: true),
                store.Keys.Notify, EventLog.Announcement(realm), .. batch.Events.Select(entry => (RedisValue)EventJson.Write(entry)),
            ],
            [.. batch.Events.Select(entry => entry.Cause).Where(cause => cause != default).Distinct().Take(StoreSpans.MaxLinks + 1)]).ConfigureAwait(false);
        return (long)newest >= 0;
    }
}

/// <summary>The keys of one realm's log.</summary>
internal readonly record struct EventKeys(ClusterKeys Keys, string Realm)
{
    public RedisKey Head => Keys.Events(Realm, "head");

    public RedisKey Log => Keys.Events(Realm, "log");

    public RedisKey Readers => Keys.Events(Realm, "readers");
}
