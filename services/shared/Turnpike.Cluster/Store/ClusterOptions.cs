using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Cluster;

/// <summary>Section <c>Cluster</c>: the store that makes many processes one service.</summary>
public sealed class ClusterOptions : ISettingsSection
{
    /// <summary>Default none: one process alone needs no store.</summary>
    [Setting("Redis or Valkey, as a StackExchange.Redis configuration string; empty: this process alone", Secret = true,
        Allowed = "HOST:PORT,… and options such as ssl=true, user=, password=, serviceName= (Sentinel)")]
    public string Redis { get; init; } = "";

    /// <summary>Default none: the issuers that the system trusts. A store of one's own often has an issuer of one's own.</summary>
    [Setting("Issuer of the store's certificate, trusted beside those of the system; for ssl=true", Allowed = "a PEM file with one certificate")]
    public string TrustedIssuer { get; init; } = "";

    /// <summary>Default turnpike. It is part of hash tags, so it has no braces; two clusters on one store differ in it.</summary>
    [Setting("First part of every key in the store", Allowed = "1 to 64 letters, digits, dots, hyphens and underscores")]
    [RegularExpression("^[A-Za-z0-9._-]{1,64}$")]
    public string KeyPrefix { get; init; } = "turnpike";

    /// <summary>Default 2000: many times a slow round trip; nothing on the data path waits for it.</summary>
    [Setting("Time that one command may take before the store counts as away", Unit = "milliseconds")]
    [Range(100, 60_000)]
    public int Timeout { get; init; } = 2000;

    /// <summary>Default 2000, as for a command.</summary>
    [Setting("Time that connecting to one server of the store may take", Unit = "milliseconds")]
    [Range(100, 60_000)]
    public int ConnectTimeout { get; init; } = 2000;

    /// <summary>Default 1000: an order or a revocation whose announcement was lost still arrives within two seconds.</summary>
    [Setting("Time between two heartbeats of an edge", Unit = "milliseconds")]
    [Range(200, 10_000)]
    public int Heartbeat { get; init; } = 1000;

    /// <summary>Default 10: several heartbeats may be lost before an edge counts as gone.</summary>
    [Setting("Time without heartbeat after which an edge is no longer a member; at least three heartbeats", Unit = "seconds")]
    [Range(2, 300)]
    public int MemberExpiry { get; init; } = 10;

    /// <summary>Default 15: what an edge that dies holds of a quota is free again after this time.</summary>
    [Setting("Lifetime of a quota lease; renewed each third of it", Unit = "seconds")]
    [Range(3, 300)]
    public int Lease { get; init; } = 15;

    /// <summary>Default 5: what an edge that dies loses of the usage at most.</summary>
    [Setting("Time between two flushes of usage", Unit = "seconds")]
    [Range(1, 60)]
    public int UsageFlush { get; init; } = 5;

    /// <summary>Default 300: a static user goes on to work this long while the store is away.</summary>
    [Setting("Time that a static user's keys are kept in memory", Unit = "seconds")]
    [Range(1, 86_400)]
    public int CredentialCache { get; init; } = 300;

    /// <summary>Default 86400, one day: longer than any nonce, shorter than anyone needs to break a key.</summary>
    [Setting("Age at which the cluster's nonce and mobility-ticket keys are replaced", Unit = "seconds")]
    [Range(60, 31_536_000)]
    public int KeyRotation { get; init; } = 86_400;

    /// <summary>Default 100000: some tens of megabytes for a busy realm.</summary>
    [Setting("Lifecycle events kept for one realm; the oldest go first")]
    [Range(100, 10_000_000)]
    public int EventLog { get; init; } = 100_000;

    /// <summary>Default 172800, two days.</summary>
    [Setting("Time that usage by the minute is kept", Unit = "seconds")]
    [Range(7200, 34_560_000)]
    public int MinuteRetention { get; init; } = 172_800;

    /// <summary>Default 2678400, 31 days.</summary>
    [Setting("Time that usage by the hour is kept", Unit = "seconds")]
    [Range(172_800, 345_600_000)]
    public int HourRetention { get; init; } = 2_678_400;

    /// <summary>Default 34560000, 400 days: a year and the month in which it is billed.</summary>
    [Setting("Time that usage by the day is kept", Unit = "seconds")]
    [Range(2_678_400, 1_576_800_000)]
    public int DayRetention { get; init; } = 34_560_000;
}
