using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Turnpike.ServiceDefaults.Tls;

/// <summary>A certificate with its key and its intermediates, as a TLS handshake takes it. Immutable.</summary>
public sealed class TlsCertificate
{
    private TlsCertificate(X509Certificate2 leaf, X509Certificate2Collection intermediates)
    {
        Leaf = leaf;
        Intermediates = intermediates;
        // Offline: whatever the certificate says, nothing is fetched from the network for it.
        Context = SslStreamCertificateContext.Create(leaf, intermediates, offline: true);
    }

    /// <summary>The certificate of this host, with its private key.</summary>
    public X509Certificate2 Leaf { get; }

    /// <summary>What stands after the leaf in the file, in its order.</summary>
    public X509Certificate2Collection Intermediates { get; }

    /// <summary>One object for every handshake with this certificate: the TLS library keeps its own state by it.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>Seconds of Unix time after which clients refuse the certificate.</summary>
    public long ExpiresAt => new DateTimeOffset(Leaf.NotAfter).ToUnixTimeSeconds();

    /// <summary>Seconds of Unix time from which on the certificate is valid.</summary>
    public long ValidFrom => new DateTimeOffset(Leaf.NotBefore).ToUnixTimeSeconds();

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
