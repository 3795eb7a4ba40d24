using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Realms;
using Turnpike.ControlPlane.Usage;

namespace Turnpike.ControlPlane.Webhooks;

/// <summary>What one delivery brings: some of the events that follow a place in the log, up to another.</summary>
/// <param name="End">The place up to which all is told by it; empty: the log is gone, and what comes is in another one.</param>
/// <param name="Events">What the webhook wants of them; may be none.</param>
/// <param name="Missed">Entries that are gone.</param>
/// <param name="Oldest">When the first of the log's entries in it happened, wanted or not; null: none.</param>
/// <param name="Newest">When the last of them happened.</param>
internal sealed record WebhookBatch(string End, IReadOnlyList<Event> Events, long Missed, DateTimeOffset? Oldest, DateTimeOffset? Newest)
{
    /// <summary>Entries of the log in one delivery.</summary>
    public const int Largest = 100;

    /// <summary>Whether there is something to tell the receiver.</summary>
    public bool IsEmpty => Events.Count == 0 && Missed == 0;

    /// <summary>How many entries to read for the delivery that was begun: no more than that one had, so that it is the same again.</summary>
    /// <param name="cursor">Up to where all is delivered; null: the log had not begun.</param>
    /// <param name="pending">Where the delivery that was begun ends; null: none was.</param>
    public static int CountOf(string? cursor, string? pending) =>
        pending is null || Number(pending) - Number(cursor) is not (> 0 and < Largest and var count) ? Largest : (int)count;

    /// <summary>Makes the delivery of a page of the log.</summary>
    /// <param name="webhook">What it wants.</param>
    /// <param name="cursor">Behind which the page was read.</param>
    /// <param name="pending">Where the delivery that was begun ends; null: none was.</param>
    /// <param name="page">The page.</param>
    /// <returns>Null: there is nothing new.</returns>
    public static WebhookBatch? Of(WebhookRecord webhook, string? cursor, string? pending, EventPage page)
    {
        string end = page.Token ?? "";
        // A log that was lost took along what nobody can count any more: at least one.
        long missed = page.Lost ? Math.Max(1, page.Missed) : page.Missed;
        if (missed == 0 && page.Events.Count == 0)
        {
            return null;
        }
        int count = page.Events.Count;
        if (pending is not null && !page.Lost && Number(pending) < Number(end) && Number(pending) > Number(cursor))
        {
            // Entries at its beginning are gone meanwhile, and the page reaches further than the delivery did.
            int kept = page.Tokens.TakeWhile(token => Number(token) <= Number(pending)).Count();
            (count, end) = kept > 0 ? (kept, pending) : (count, end);
        }
        List<Event> wanted = [];
        for (int i = 0; i < count; i++)
        {
            if (webhook.Wants(page.Events[i]))
            {
                wanted.Add(EventMessage.Of(page.Events[i], page.Tokens[i]));
            }
        }
        return new WebhookBatch(end, wanted, missed, count > 0 ? page.Events[0].At : null, count > 0 ? page.Events[count - 1].At : null);
    }

    /// <summary>The id of the delivery: the same for every attempt, by whichever process.</summary>
    public string Id(WebhookRecord webhook, string? cursor) => $"msg_{webhook.Uid}_{(End.Length > 0 ? End : $"{cursor}-lost")}";

    /// <summary>The body.</summary>
    /// <param name="webhook">Whose.</param>
    /// <param name="now">For a delivery without an event.</param>
    public byte[] Body(WebhookRecord webhook, DateTimeOffset now) => Write(new WebhookPayload
    {
        Type = "events",
        Timestamp = Timestamp.FromDateTimeOffset(Newest ?? now),
        Webhook = ResourceName.OfWebhook(webhook.Realm, webhook.Id),
        Missed = Missed,
        Events = { Events },
    });

    /// <summary>The body of a test.</summary>
    public static byte[] Ping(WebhookRecord webhook, DateTimeOffset now) => Write(new WebhookPayload
    {
        Type = "ping",
        Timestamp = Timestamp.FromDateTimeOffset(now),
        Webhook = ResourceName.OfWebhook(webhook.Realm, webhook.Id),
    });

    private static byte[] Write(WebhookPayload payload) => Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(payload));

    // The part of a token that counts entries.
    private static long Number(string? token) =>
        token is { Length: > 0 } ? long.Parse(token.AsSpan(token.LastIndexOf('-') + 1), CultureInfo.InvariantCulture) : 0;
}
