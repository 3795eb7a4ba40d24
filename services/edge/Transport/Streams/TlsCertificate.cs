using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Turnpike.Edge.Transport.Streams;

/// <summary>A certificate with its key and its intermediates, and what a TLS handshake needs of them. Immutable.</summary>
internal sealed class TlsCertificate
{
    /// <summary>The ALPN name of STUN and TURN over TLS (RFC 7443 section 2).</summary>
    public static readonly SslApplicationProtocol Alpn = new("stun.turn");

    private TlsCertificate(X509Certificate2 leaf, X509Certificate2Collection intermediates)
    {
        Leaf = leaf;
        Intermediates = intermediates;
        Handshake = new SslServerAuthenticationOptions
        {
            // Offline: whatever the certificate says, nothing is fetched from the network for it.
            ServerCertificateContext = SslStreamCertificateContext.Create(leaf, intermediates, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [Alpn],
            AllowRenegotiation = false,
            ClientCertificateRequired = false,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
    }

    /// <summary>The certificate of this host, with its private key.</summary>
    public X509Certificate2 Leaf { get; }

    /// <summary>What stands after the leaf in the file, in its order.</summary>
    public X509Certificate2Collection Intermediates { get; }

    /// <summary>One object for every handshake with this certificate: the TLS library keeps its own state by it.</summary>
    public SslServerAuthenticationOptions Handshake { get; }

    /// <summary>Seconds of Unix time after which clients refuse the certificate.</summary>
    public long ExpiresAt => new DateTimeOffset(Leaf.NotAfter).ToUnixTimeSeconds();

    /// <summary>Reads both from PEM text. Null with <paramref name="why"/> when they cannot be used together.</summary>
    public static TlsCertificate? Parse(string certificatePem, string keyPem, out string why)
    {
        try
        {
            why = "";
            var all = new X509Certificate2Collection();
            all.ImportFromPem(certificatePem);
            if (all.Count == 0)
            {
                why = "there is no certificate in it";
                return null;
            }

            X509Certificate2 leaf = WithKey(X509Certificate2.CreateFromPem(certificatePem, keyPem));
            all[0].Dispose();
            all.RemoveAt(0);
            return new TlsCertificate(leaf, all);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or NotSupportedException)
        {
            why = $"the certificate and the key cannot be used together ({exception.Message.TrimEnd('.')})";
            return null;
        }
    }

    private static X509Certificate2 WithKey(X509Certificate2 ephemeral)
    {
        if (!OperatingSystem.IsWindows())
        {
            return ephemeral;
        }

        // Windows' TLS takes no key that exists in memory alone.
        using (ephemeral)
        {
            return X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), password: null);
        }
    }
}
