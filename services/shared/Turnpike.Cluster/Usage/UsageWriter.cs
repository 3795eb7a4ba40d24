using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>Writes one edge's batches with <c>usage-flush.lua</c>.</summary>
internal sealed class UsageWriter(ClusterStore store, string edgeId, ClusterOptions options) : IUsageWriter
{
    /// <summary>
    /// How long the store remembers the number of an edge's last batch, seconds: seven days. A batch that was added without an answer
    /// and is sent again only after a longer absence of the store (which itself lived on) would be added twice.
    /// </summary>
    internal const int NumberRetention = 7 * 86_400;

    private static readonly ClusterScript Flush = ClusterScript.Load("usage-flush");

    public async Task<UsageReceipt> WriteAsync(string realm, UsageBatch? batch, IReadOnlyList<UsageQuestion> questions)
    {
        Call call = new(store.Keys.Usage(realm, "batch:" + edgeId));
        foreach (UsageGroup group in batch?.Groups ?? [])
        {
            call.Add(string.Join(' ', Places(call, realm, group.Slot)));
            call.Add(group.Lines.Count);
            foreach (UsageLine line in group.Lines)
            {
                call.Add(line.Field.ToStore());
                call.Add(line.Amount.Encode());
            }
        }
        call.Add(questions.Count);
        foreach (UsageQuestion question in questions)
        {
            call.Add(call.Place(UsageCalendar.Key(store.Keys, realm, question.Period, question.Start), 0));
            call.Add(question.Fields.Count);
            foreach (UsageField field in question.Fields)
            {
                call.Add(field.ToStore());
            }
        }
        RedisResult result = await store.RunAsync(Flush, call.Keys, call.Arguments(batch?.Number ?? 0, batch?.Groups.Count ?? 0))
            .ConfigureAwait(false);
        var parts = (RedisResult[])result!;
        return new UsageReceipt((int)parts[0] == 1, [.. parts.Skip(1).Select(part => UsageAmount.Decode((byte[]?)part).Bytes)]);
    }

    /// <summary>The buckets that a row of the slot is added to: its own size and all larger ones.</summary>
    private IEnumerable<int> Places(Call call, string realm, UsageSlot slot)
    {
        for (UsageBucket size = slot.Size; size <= UsageBucket.Day; size++)
        {
            int life = size switch
            {
                UsageBucket.Minute => options.MinuteRetention,
                UsageBucket.Hour => options.HourRetention,
                _ => options.DayRetention,
            };
            yield return call.Place(UsageCalendar.Key(store.Keys, realm, size, UsageCalendar.Start(size, slot.Start)), life);
        }
        long month = UsageCalendar.Start(QuotaPeriod.Month, slot.Start);
        yield return call.Place(UsageCalendar.Key(store.Keys, realm, QuotaPeriod.Month, month), UsageCalendar.MonthRetention);
    }

    /// <summary>Keys and arguments in the order that the script documents.</summary>
    private sealed class Call(RedisKey number)
    {
        private readonly List<RedisKey> _keys = [number];
        private readonly List<int> _lives = [];
        private readonly List<RedisValue> _rest = [];

        public RedisKey[] Keys => [.. _keys];

        public void Add(RedisValue value) => _rest.Add(value);

        /// <summary>The key's place among the keys, counted from 1 as Lua does; one that is only read has no life.</summary>
        public int Place(RedisKey key, int life)
        {
            int place = _keys.IndexOf(key);
            if (place < 0)
            {
                place = _keys.Count;
                _keys.Add(key);
                _lives.Add(life);
            }
            return place + 1;
        }

        public RedisValue[] Arguments(long batch, int groups) =>
            [batch, NumberRetention, .. _lives.Select(life => (RedisValue)life), groups, .. _rest];
    }
}
