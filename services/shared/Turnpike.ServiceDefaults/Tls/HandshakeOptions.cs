using System.Net.Security;

namespace Turnpike.ServiceDefaults.Tls;

/// <summary>
/// What a TLS server needs for a handshake, made once for each certificate: the TLS library keeps its own state by these objects.
/// </summary>
/// <param name="make">Makes it; called again when another certificate is in force.</param>
public sealed class HandshakeOptions(Func<SslStreamCertificateContext, SslServerAuthenticationOptions> make)
{
    private volatile Made? _last;

    /// <summary>For a handshake with this certificate.</summary>
    public SslServerAuthenticationOptions For(TlsCertificate certificate)
    {
        Made? last = _last;
        if (last is null || !ReferenceEquals(last.Certificate, certificate))
        {
            last = new Made(certificate, make(certificate.Context));
            _last = last;
        }
        return last.Options;
    }

    private sealed record Made(TlsCertificate Certificate, SslServerAuthenticationOptions Options);
}
