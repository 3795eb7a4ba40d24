using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Realms;

/// <summary>What holds for a realm whose policy says nothing.</summary>
internal static class RealmLimits
{
    /// <summary>Secrets that a realm has at once.</summary>
    public const int Secrets = 16;

    private const int CredentialLifetime = 86_400;
    private const int AllocationLifetime = 3600;

    /// <summary>Seconds that an issued credential lives at most; a day unless the policy says otherwise, as other providers have it.</summary>
    public static long MaxCredentialLifetime(RealmRecord realm) => realm.Policy.MaxCredentialLifetime ?? CredentialLifetime;

    /// <summary>Seconds that an allocation lives at most without being refreshed.</summary>
    public static long MaxAllocationLifetime(RealmRecord realm) => realm.Policy.MaxAllocationLifetime ?? AllocationLifetime;
}
