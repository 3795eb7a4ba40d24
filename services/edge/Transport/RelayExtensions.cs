using Turnpike.Edge.Options;
using Turnpike.Edge.PublicAddresses;
using Turnpike.Edge.Transport.Streams;
using Turnpike.ServiceDefaults.Tls;

namespace Turnpike.Edge.Transport;

public static class RelayExtensions
{
    /// <summary>The relay: one object that is started with the host and that the management side looks at.</summary>
    public static IServiceCollection AddRelay(this IServiceCollection services) => services
        .AddSingleton(provider => provider.GetRequiredService<EdgeSettings>().TlsFiles)
        .AddSingleton<ServerCertificates>()
        .AddSingleton<StreamServer>()
        .AddSingleton<EdgeRelay>()
        .AddSingleton<IRelay>(provider => provider.GetRequiredService<EdgeRelay>())
        .AddHostedService(provider => provider.GetRequiredService<EdgeRelay>())
        .AddHostedService<PublicAddressDiscovery>();
}
