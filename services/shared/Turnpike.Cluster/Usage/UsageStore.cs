using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>Reads usage of the whole cluster.</summary>
/// <param name="store">The store.</param>
public sealed class UsageStore(ClusterStore store)
{
    /// <summary>Buckets that one read may span: a week by the minute, a year by the hour, and days without end.</summary>
    public const int MaxBuckets = 10_080;

    /// <summary>Fields that one command brings, roughly; so no command holds up the store, however many users a realm has.</summary>
    private const int PageSize = 500;

    /// <summary>Buckets that are read at the same time.</summary>
    private const int Parallelism = 64;

    /// <summary>Rows in the order of time, then of names. Buckets without usage, or whose retention has ended, have none.</summary>
    /// <param name="realm">The realm.</param>
    /// <param name="bucket">Size of the buckets.</param>
    /// <param name="from">A time in the first bucket.</param>
    /// <param name="to">End of the last bucket, or a time in it; not part of the range.</param>
    /// <param name="by">What to add up.</param>
    /// <param name="only">Only this tag or user.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="MaxBuckets"/> buckets.</exception>
    /// <exception cref="StoreException">The store is away or refuses.</exception>
    public async Task<IReadOnlyList<UsageRow>> ReadAsync(
        string realm, UsageBucket bucket, DateTimeOffset from, DateTimeOffset to, UsageBy by, string? only = null)
    {
        int seconds = UsageCalendar.Seconds(bucket);
        long first = UsageCalendar.Start(bucket, from.ToUnixTimeSeconds());
        long end = to.ToUnixTimeSeconds() + (to.Ticks % TimeSpan.TicksPerSecond == 0 ? 0 : 1);
        long count = (Math.Max(0, end - first) + seconds - 1) / seconds;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxBuckets, nameof(to));

        List<UsageRow> rows = [];
        foreach (long[] starts in Enumerable.Range(0, (int)count).Select(i => first + ((long)i * seconds)).Chunk(Parallelism))
        {
            foreach (List<UsageRow> found in await Task.WhenAll(starts.Select(ReadBucketAsync)).ConfigureAwait(false))
            {
                rows.AddRange(found);
            }
        }
        return rows;

        Task<List<UsageRow>> ReadBucketAsync(long start)
        {
            RedisKey key = UsageCalendar.Key(store.Keys, realm, bucket, start);
            var time = DateTimeOffset.FromUnixTimeSeconds(start);
            return by == UsageBy.Realm ? ReadFieldAsync(key, time, UsageField.Realm)
                : only is null ? ScanAsync(key, time, by)
                : ReadFieldAsync(key, time, new UsageField(by, only));
        }
    }

    private async Task<List<UsageRow>> ReadFieldAsync(RedisKey key, DateTimeOffset start, UsageField field)
    {
        RedisValue value = await store.QueryAsync(database => database.HashGetAsync(key, field.ToStore(), CommandFlags.DemandMaster), "HGET")
            .ConfigureAwait(false);
        return value.IsNull ? [] : [new UsageRow(start, field.By, field.Name, UsageAmount.Decode((byte[]?)value))];
    }

    private async Task<List<UsageRow>> ScanAsync(RedisKey key, DateTimeOffset start, UsageBy by)
    {
        // HSCAN may bring a field twice, and the later value is the newer one.
        SortedDictionary<string, UsageAmount> found = new(StringComparer.Ordinal);
        string cursor = "0";
        do
        {
            string from = cursor;
            object[] arguments = [key, from, "MATCH", UsageField.Pattern(by), "COUNT", PageSize];
            RedisResult reply = await store.QueryAsync(database => database.ExecuteAsync("HSCAN", arguments, CommandFlags.DemandMaster), "HSCAN")
                .ConfigureAwait(false);
            var parts = (RedisResult[])reply!;
            cursor = (string)parts[0]!;
            var fields = (RedisResult[])parts[1]!;
            for (int i = 0; i + 1 < fields.Length; i += 2)
            {
                found[UsageField.NameOf((string)fields[i]!)] = UsageAmount.Decode((byte[]?)fields[i + 1]);
            }
        }
        while (cursor != "0");
        return [.. found.Select(field => new UsageRow(start, by, field.Key, field.Value))];
    }
}
