using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Credentials;

internal static class CredentialExtensions
{
    /// <summary>Registers what issuing and revoking need.</summary>
    public static IServiceCollection AddCredentials(this IServiceCollection services) => services
        .AddSingleton<OnceStore>()
        .AddSingleton<CredentialMetrics>()
        .AddSingleton<DefaultRealm>()
        .AddHostedService(provider => provider.GetRequiredService<DefaultRealm>())
        .AddSingleton<CredentialIssuer>()
        .AddSingleton<CredentialApi>();
}
