using System.Text.Json.Serialization;

namespace Turnpike.Cluster;

/// <summary>Where the events of a realm are sent. Times are seconds of Unix time.</summary>
public sealed record WebhookRecord
{
    /// <summary>The realm.</summary>
    public required string Realm { get; init; }

    /// <summary>Its name within the realm.</summary>
    public required string Id { get; init; }

    /// <summary>Never used by another webhook, not even by a later one of the same name; letters and digits.</summary>
    public required string Uid { get; init; }

    /// <summary>Counts the edits, from 1.</summary>
    public long Version { get; init; }

    /// <summary>The address of the receiver. It may hold what only the receiver shall know.</summary>
    public required string Url { get; init; }

    /// <summary>Only these kinds; empty: all.</summary>
    public IReadOnlyList<EventKind> Kinds { get; init; } = [];

    /// <summary>Only events with one of these tags; empty: whatever their tag.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Nothing is delivered for now.</summary>
    public bool Paused { get; init; }

    /// <summary>The token of the realm's log behind which delivery begins; null: the log began later.</summary>
    public string? Start { get; init; }

    /// <summary>What deliveries are signed with, the newest first.</summary>
    public IReadOnlyList<WebhookSecret> Secrets { get; init; } = [];

    /// <summary>When it was made.</summary>
    public long CreatedAt { get; init; }

    /// <summary>Whether the webhook is for an event.</summary>
    public bool Wants(ClusterEvent entry) =>
        (Kinds.Count == 0 || Kinds.Contains(entry.Kind)) && (Tags.Count == 0 || Tags.Contains(entry.Tag, StringComparer.Ordinal));

    /// <summary>Without the address and the secrets.</summary>
    public override string ToString() => $"{nameof(WebhookRecord)} {Realm}/{Id}";
}

/// <summary>A secret of a webhook.</summary>
/// <param name="Value">The secret.</param>
/// <param name="CreatedAt">Seconds of Unix time.</param>
/// <param name="NotAfter">Seconds of Unix time from which on it no longer signs; <see cref="long.MaxValue"/> when it has no end.</param>
public sealed record WebhookSecret(byte[] Value, long CreatedAt, long NotAfter)
{
    /// <summary>Whether it signs.</summary>
    public bool IsValid(long unixNow) => unixNow < NotAfter;

    /// <summary>Without the secret.</summary>
    public override string ToString() => nameof(WebhookSecret);
}

/// <summary>How far a webhook is, as the process that delivers it has written it. Times are milliseconds of Unix time; 0: none.</summary>
public sealed record WebhookProgress
{
    /// <summary>The token of the log up to which all is delivered; null: not begun; empty: from the oldest entry.</summary>
    public string? Cursor { get; init; }

    /// <summary>The token at which the delivery ends that was begun and may or may not have arrived; null: none.</summary>
    public string? Pending { get; init; }

    /// <summary>The version of the webhook that the failures are of: another version begins anew.</summary>
    public long Version { get; init; }

    /// <summary>Attempts in a row that failed.</summary>
    public int FailedAttempts { get; init; }

    /// <summary>When the first of them failed.</summary>
    public long FailingSince { get; init; }

    /// <summary>When the next attempt is due.</summary>
    public long NextAttempt { get; init; }

    /// <summary>When something last arrived.</summary>
    public long LastSuccess { get; init; }

    /// <summary>When an attempt last failed.</summary>
    public long LastFailure { get; init; }

    /// <summary>Why.</summary>
    public string LastFailureReason { get; init; } = "";

    /// <summary>Events that have arrived.</summary>
    public long Delivered { get; init; }

    /// <summary>Events that were gone before they could be delivered.</summary>
    public long Missed { get; init; }

    /// <summary>Why nothing is delivered any more; empty where it is.</summary>
    public string DisabledReason { get; init; } = "";

    /// <summary>Nothing is delivered until the webhook is changed.</summary>
    [JsonIgnore]
    public bool IsDisabled => DisabledReason.Length > 0;

    /// <summary>The token of the log behind which the webhook goes on; null: from the oldest entry.</summary>
    public string? CursorOf(WebhookRecord webhook) => Cursor is null ? webhook.Start : Cursor.Length == 0 ? null : Cursor;

    /// <summary>The same for a version of the webhook: where it is a new one, without the failures of the older ones.</summary>
    public WebhookProgress For(long version) => Version == version
        ? this
        : this with { Version = version, FailedAttempts = 0, FailingSince = 0, NextAttempt = 0, DisabledReason = "" };
}
