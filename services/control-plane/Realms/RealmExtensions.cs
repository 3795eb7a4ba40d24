using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Realms;

internal static class RealmExtensions
{
    /// <summary>Registers what realms, their secrets and their users need.</summary>
    public static IServiceCollection AddRealms(this IServiceCollection services) => services
        .AddSingleton<RealmStore>()
        .AddSingleton<UserStore>()
        .AddSingleton<RevocationStore>()
        .AddSingleton<RealmCache>()
        .AddSingleton<RealmSecrets>()
        .AddSingleton<RealmUsers>()
        .AddSingleton<RealmApi>();
}
