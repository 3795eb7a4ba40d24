using System.Net;
using System.Text.RegularExpressions;

namespace Turnpike.Cluster;

/// <summary>What a realm has to look like; the same limits as the edge's own settings have.</summary>
internal static partial class RealmRules
{
    private const int LongestName = 127;

    public static string? Problem(RealmRecord realm) =>
        NameProblem(realm.Name) ?? SecretProblem(realm.Secrets) ?? NumberProblem(realm.Policy) ?? RangeProblem(realm.Policy)
            ?? QuotaProblem("BytesPerUser", realm.Policy.BytesPerUser) ?? QuotaProblem("BytesPerRealm", realm.Policy.BytesPerRealm);

    public static string? NameProblem(string name) =>
        name.Length is 0 or > LongestName || name == ClusterKeys.AllRealms || !Printable().IsMatch(name)
            ? "Name: 1 to 127 printable characters, no quote, no backslash, no colon, not *"
            : null;

    private static string? SecretProblem(IReadOnlyList<RealmSecret> secrets)
    {
        if (secrets.Select(secret => secret.Id).Distinct(StringComparer.Ordinal).Count() != secrets.Count)
        {
            return "Secrets: two have the same id";
        }
        foreach (RealmSecret secret in secrets)
        {
            if (!SecretId().IsMatch(secret.Id))
            {
                return "Secrets: an id is 1 to 16 letters and digits";
            }
            if (secret.Value.Length == 0 || secret.NotAfter <= secret.NotBefore)
            {
                return $"Secrets: {secret.Id} is empty or ends before it begins";
            }
        }
        return null;
    }

    private static string? NumberProblem(RealmPolicy policy) =>
        Outside("AllocationsPerUser", policy.AllocationsPerUser, 0, 1_000_000)
            ?? Outside("AllocationsPerRealm", policy.AllocationsPerRealm, 0, 1_000_000)
            ?? Outside("PermissionsPerAllocation", policy.PermissionsPerAllocation, 1, 4096)
            ?? Outside("ChannelsPerAllocation", policy.ChannelsPerAllocation, 1, 4096)
            ?? Outside("NewPeersPerSecondPerAllocation", policy.NewPeersPerSecondPerAllocation, 0, 1_000_000)
            ?? Outside("PacketsPerSecondPerAllocation", policy.PacketsPerSecondPerAllocation, 0, 100_000_000)
            ?? Outside("BitsPerSecondPerAllocation", policy.BitsPerSecondPerAllocation, 0, 1_000_000_000_000)
            ?? Outside("BitsPerSecondPerUser", policy.BitsPerSecondPerUser, 0, 1_000_000_000_000)
            ?? Outside("AllocationLifetime", policy.AllocationLifetime, 60, 3600)
            ?? Outside("MaxAllocationLifetime", policy.MaxAllocationLifetime, 60, 86_400)
            ?? Outside("MaxCredentialLifetime", policy.MaxCredentialLifetime, 1, 31_536_000);

    private static string? RangeProblem(RealmPolicy policy) =>
        NoRange("PeersAllowPrivate", policy.PeersAllowPrivate) ?? NoRange("PeersAllow", policy.PeersAllow) ?? NoRange("PeersDeny", policy.PeersDeny);

    private static string? QuotaProblem(string name, ByteQuota? quota) =>
        quota is not null && (quota.Bytes <= 0 || !Enum.IsDefined(quota.Period) || !Enum.IsDefined(quota.Action))
            ? $"{name}: at least one byte, a period and an action"
            : null;

    private static string? Outside(string name, long? value, long least, long most) =>
        value < least || value > most ? $"{name}: {least} to {most}" : null;

    private static string? NoRange(string name, IReadOnlyList<string>? ranges) =>
        ranges?.FirstOrDefault(range => !IPNetwork.TryParse(range, out _)) is string wrong ? $"{name}: {wrong} is not ADDRESS/BITS" : null;

    [GeneratedRegex("^[A-Za-z0-9]{1,16}$")]
    private static partial Regex SecretId();

    [GeneratedRegex(@"^[^\p{C}"":\\]+$")]
    private static partial Regex Printable();
}
