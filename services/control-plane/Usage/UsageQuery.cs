using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;
using Turnpike.ControlPlane.Options;
using UsageBucket = Turnpike.Contracts.V1.UsageBucket;
using UsageRow = Turnpike.Contracts.V1.UsageRow;

namespace Turnpike.ControlPlane.Usage;

/// <summary>Reads usage a page at a time: no more buckets than fill the page are asked for.</summary>
internal sealed class UsageQuery(ClusterStore store, ControlPlaneSettings settings, TimeProvider time)
{
    private const int MaxBuckets = 10_000;
    private const int UsualRows = 1000;
    private const int MostRows = 10_000;
    private const int LongestKey = 512;

    // Buckets that are read together. A bucket of a realm is one row; one of users may be a hundred thousand.
    private const int RealmStep = 1024;
    private const int KeyStep = 4;

    private readonly UsageStore _usage = new(store);

    /// <summary>Answers a request about a realm.</summary>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT.</exception>
    /// <exception cref="StoreException">The store is away or refuses.</exception>
    public async Task<QueryUsageResponse> ReadAsync(string realm, QueryUsageRequest request)
    {
        int size = PageToken.Size(request.PageSize, UsualRows, MostRows);
        (Cluster.UsageBucket bucket, int seconds, int kept) = BucketOf(request.Bucket);
        UsageBy by = ByOf(request.GroupBy);
        if (request.Key.Length > 0 && by == UsageBy.Realm)
        {
            throw Problems.Invalid("key", "of no use without group_by");
        }
        if (request.Key.Length > LongestKey)
        {
            throw Problems.Invalid("key", $"{request.Key.Length} characters; allowed: up to {LongestKey}");
        }
        string question = string.Join(
            '\n', "usage", realm, bucket, by, request.Key, request.StartTime?.ToString() ?? "", request.EndTime?.ToString() ?? "");
        Place? place = Place.Read(PageToken.Read(request.PageToken, question));
        (long first, long end) = RangeOf(request, seconds, kept, place);

        int step = by == UsageBy.Realm || request.Key.Length > 0 ? RealmStep : KeyStep;
        List<Cluster.UsageRow> rows = [];
        for (long from = place?.Start ?? first; from < end && rows.Count <= size; from += (long)step * seconds)
        {
            IReadOnlyList<Cluster.UsageRow> found = await _usage.ReadAsync(
                realm,
                bucket,
                DateTimeOffset.FromUnixTimeSeconds(from),
                DateTimeOffset.FromUnixTimeSeconds(Math.Min(end, from + ((long)step * seconds))),
                by,
                request.Key.Length > 0 ? request.Key : null);
            rows.AddRange(found.Where(row => place is null || place.IsBefore(row)));
        }
        QueryUsageResponse response = new() { Rows = { rows.Take(size).Select(Message) } };
        if (rows.Count > size)
        {
            response.NextPageToken = PageToken.Make(new Place(end, rows[size - 1].Start.ToUnixTimeSeconds(), rows[size - 1].Name).ToString(), question);
        }
        return response;
    }

    private static UsageRow Message(Cluster.UsageRow row) => new()
    {
        StartTime = Timestamp.FromDateTimeOffset(row.Start),
        Key = row.Name,
        Totals = EventMessage.Of(row.Amount),
    };

    private (Cluster.UsageBucket Bucket, int Seconds, int Kept) BucketOf(UsageBucket bucket) => bucket switch
    {
        UsageBucket.Minute => (Cluster.UsageBucket.Minute, 60, settings.Cluster.MinuteRetention),
        UsageBucket.Hour or UsageBucket.Unspecified => (Cluster.UsageBucket.Hour, 3600, settings.Cluster.HourRetention),
        UsageBucket.Day => (Cluster.UsageBucket.Day, 86_400, settings.Cluster.DayRetention),
        _ => throw Problems.Invalid("bucket", "not a length of a bucket"),
    };

    private static UsageBy ByOf(UsageGrouping grouping) => grouping switch
    {
        UsageGrouping.Unspecified => UsageBy.Realm,
        UsageGrouping.Tag => UsageBy.Tag,
        UsageGrouping.User => UsageBy.User,
        _ => throw Problems.Invalid("group_by", "not a grouping"),
    };

    // A page that follows another one keeps its end: "now" goes on meanwhile, and rows of the first pages would shift.
    private (long First, long End) RangeOf(QueryUsageRequest request, int seconds, int kept, Place? place)
    {
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        long end = place?.End ?? Seconds(request.EndTime, "end_time", up: true) ?? now + 1;
        long start = Seconds(request.StartTime, "start_time", up: false) ?? end - 86_400;
        bool isBackwards = request is { StartTime: { } from, EndTime: { } to } && (from.Seconds, from.Nanos).CompareTo((to.Seconds, to.Nanos)) >= 0;
        if (start >= end || isBackwards)
        {
            throw Problems.Invalid("start_time", "not before end_time");
        }
        long first = start - (start % seconds);
        if (first + seconds <= now - kept && request.StartTime is not null)
        {
            throw Problems.Invalid("start_time", $"usage in such buckets is kept for {kept / 3600} hours");
        }
        long count = (end - first + seconds - 1) / seconds;
        return count <= MaxBuckets ? (first, end) : throw Problems.Invalid("start_time", $"{count} buckets; allowed: up to {MaxBuckets}");
    }

    private static long? Seconds(Timestamp? stamp, string field, bool up)
    {
        const long Latest = 253_402_300_799; // the end of the year 9999, as in the definition of Timestamp
        return stamp switch
        {
            null => null,
            { Seconds: < 0 or >= Latest } or { Nanos: < 0 or > 999_999_999 } => throw Problems.Invalid(field, "not a time from 1970 to 9999"),
            _ => stamp.Seconds + (up && stamp.Nanos > 0 ? 1 : 0),
        };
    }

    /// <summary>Where a page ended: at a row, in a range whose end is fixed.</summary>
    private sealed record Place(long End, long Start, string Name)
    {
        public static Place? Read(string? position)
        {
            if (position is null)
            {
                return null;
            }
            string[] parts = position.Split(' ', 3);
            return parts.Length == 3 && TryNumber(parts[0], out long end) && TryNumber(parts[1], out long start)
                ? new Place(end, start, parts[2])
                : throw Problems.Invalid("page_token", "not a token of this request");
        }

        public bool IsBefore(Cluster.UsageRow row)
        {
            long start = row.Start.ToUnixTimeSeconds();
            return start > Start || (start == Start && string.CompareOrdinal(row.Name, Name) > 0);
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{End} {Start} {Name}");

        private static bool TryNumber(string text, out long number) =>
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < 253_402_300_799;
    }
}
