using System.Globalization;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>Where buckets and the periods of byte quotas begin: UTC calendar, Unix seconds. Names of their keys follow from it.</summary>
internal static class UsageCalendar
{
    /// <summary>How long the month that a byte quota counts in is kept after its last change: the month and one more.</summary>
    public const int MonthRetention = 62 * 86_400;

    public static int Seconds(UsageBucket bucket) => bucket switch
    {
        UsageBucket.Minute => 60,
        UsageBucket.Hour => 3600,
        _ => 86_400,
    };

    /// <summary>Begin of the bucket that the time is in.</summary>
    public static long Start(UsageBucket bucket, long unixSeconds) => unixSeconds - Remainder(unixSeconds, Seconds(bucket));

    /// <summary>Begin of the quota period that the time is in.</summary>
    public static long Start(QuotaPeriod period, long unixSeconds)
    {
        if (period != QuotaPeriod.Month)
        {
            return Start(period == QuotaPeriod.Hour ? UsageBucket.Hour : UsageBucket.Day, unixSeconds);
        }
        DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds(unixSeconds);
        return new DateTimeOffset(time.Year, time.Month, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
    }

    public static RedisKey Key(ClusterKeys keys, string realm, UsageBucket bucket, long start) =>
        Key(keys, realm, bucket switch { UsageBucket.Minute => "minute", UsageBucket.Hour => "hour", _ => "day" }, start);

    /// <summary>Quotas by the hour and by the day count in the bucket of that size; only the month has a hash of its own.</summary>
    public static RedisKey Key(ClusterKeys keys, string realm, QuotaPeriod period, long start) =>
        Key(keys, realm, period switch { QuotaPeriod.Hour => "hour", QuotaPeriod.Day => "day", _ => "month" }, start);

    private static RedisKey Key(ClusterKeys keys, string realm, string name, long start) =>
        keys.Usage(realm, name + ":" + start.ToString(CultureInfo.InvariantCulture));

    private static long Remainder(long value, long size) => ((value % size) + size) % size;
}
