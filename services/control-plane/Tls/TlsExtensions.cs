using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Turnpike.ServiceDefaults.Tls;

namespace Turnpike.ControlPlane.Tls;

internal static class TlsExtensions
{
    /// <summary>Registers the certificate of the settings, where they name one.</summary>
    public static IServiceCollection AddCertificates(this IServiceCollection services, TlsFiles files) => files.AreSet
        ? services.AddSingleton(files).AddSingleton<ServerCertificates>().AddHostedService<CertificateWatch>()
        : services;

    /// <summary>Speaks TLS with the certificate that is in force when a handshake begins.</summary>
    /// <param name="listen">One of the ports.</param>
    /// <param name="asksForCertificates">Whether clients may show one of their own.</param>
    public static void UseCertificates(this ListenOptions listen, bool asksForCertificates)
    {
        ServerCertificates certificates = listen.ApplicationServices.GetRequiredService<ServerCertificates>();
        List<SslApplicationProtocol> protocols = [];
        if (listen.Protocols.HasFlag(HttpProtocols.Http2))
        {
            protocols.Add(SslApplicationProtocol.Http2);
        }
        if (listen.Protocols.HasFlag(HttpProtocols.Http1))
        {
            protocols.Add(SslApplicationProtocol.Http11);
        }
        HandshakeOptions handshake = new(certificate => OptionsFor(certificate, protocols, asksForCertificates));
        listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(handshake.For(certificates.Current!)) });
    }

    private static SslServerAuthenticationOptions OptionsFor(
        SslStreamCertificateContext certificate, List<SslApplicationProtocol> protocols, bool asksForCertificates) => new()
        {
            ServerCertificateContext = certificate,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = protocols,
            AllowRenegotiation = false,
            ClientCertificateRequired = asksForCertificates,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
#pragma warning disable CA5359 // It is no server's certificate, and CallerResolver looks at it.
            RemoteCertificateValidationCallback = asksForCertificates ? AcceptForNow : null,
#pragma warning restore CA5359
        };

    // Certificates of clients are known by their fingerprint, so who signed them does not matter; and a token will do instead of one.
    private static bool AcceptForNow(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => true;
}
