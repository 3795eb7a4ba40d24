using System.Globalization;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>
/// Reads the logs of lifecycle events. A reader keeps the token of its last page and goes on from there, as often as it likes, in
/// any process; it learns when entries were gone before it came.
/// </summary>
/// <remarks>
/// A store that comes back from an old copy of itself keeps the log's epoch. It is noticed when the copy ends before the token; when as many
/// entries were written since, a reader misses them unnoticed.
/// </remarks>
/// <param name="store">The store.</param>
public sealed class EventLog(ClusterStore store)
{
    /// <summary>Entries that one read may bring.</summary>
    public const int MaxCount = 1000;

    /// <summary>After a read, the next new entries are announced if they come within so many seconds.</summary>
    private const int AnnouncedSeconds = 60;

    private const long OldestEntry = 0;
    private const long NextEntry = -1;

    // Values of the script's result before the entries.
    private const int Header = 4;

    private static readonly ClusterScript Read = ClusterScript.Load("event-read");

    /// <summary>
    /// The message by which <see cref="ClusterStore.Notified"/> tells of new entries in a log that was read in the last minute: of the first ones
    /// since then, and of more only when it was read again. It may be lost,
    /// and none follows until the log is read again, so a reader also looks from time to time.
    /// </summary>
    public static string Announcement(string realm) => "events:" + realm;

    /// <summary>Reads on.</summary>
    /// <param name="realm">The realm, or <see cref="ClusterKeys.AllRealms"/> for what concerns no realm.</param>
    /// <param name="token">Of the last page; null: from the oldest entry that is kept.</param>
    /// <param name="count">Most entries to bring, 1 to <see cref="MaxCount"/>.</param>
    /// <exception cref="FormatException">The token is none.</exception>
    /// <exception cref="StoreException">The store is away or refuses.</exception>
    public Task<EventPage> ReadAsync(string realm, string? token, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxCount);
        (string epoch, long last) = Parse(token);
        return ReadAsync(realm, epoch, last, count);
    }

    /// <summary>The token by which reading begins with the next event; null where there is no log yet.</summary>
    /// <exception cref="StoreException">The store is away or refuses.</exception>
    public async Task<string?> EndAsync(string realm) => (await ReadAsync(realm, "", NextEntry, 1).ConfigureAwait(false)).Token;

    private static (string Epoch, long Last) Parse(string? token)
    {
        if (token is null)
        {
            return ("", OldestEntry);
        }
        int dash = token.IndexOf('-', StringComparison.Ordinal);
        return dash > 0 && long.TryParse(token.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long last)
            ? (token[..dash], last)
            : throw new FormatException("This is not a token of an event log.");
    }

    private async Task<EventPage> ReadAsync(string realm, string epoch, long last, int count)
    {
        EventKeys keys = new(store.Keys, realm);
        RedisResult result = await store.RunAsync(Read, [keys.Head, keys.Log, keys.Readers], [epoch, last, count, AnnouncedSeconds])
            .ConfigureAwait(false);
        var parts = (RedisResult[])result!;
        string now = (string)parts[0]!;
        string? token = now.Length == 0 ? null : Token(now, (long)parts[1]);
        List<ClusterEvent> events = [];
        List<string> tokens = [];
        long before = (long)parts[1] - (parts.Length - Header);
        for (int i = Header; i < parts.Length; i++)
        {
            if (EventJson.Read((byte[])parts[i]!) is { } entry)
            {
                events.Add(entry);
                tokens.Add(Token(now, before + 1 + i - Header));
            }
        }
        int unreadable = parts.Length - Header - events.Count;
        return new EventPage(events, token, (long)parts[2] + unreadable, (long)parts[3] == 1) { Tokens = tokens };
    }

    private static string Token(string epoch, long last) => string.Create(CultureInfo.InvariantCulture, $"{epoch}-{last}");
}
