using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.ControlPlane.Options;

/// <summary>What both ports show of themselves over TLS.</summary>
/// <param name="Certificate">The certificate, with its key.</param>
/// <param name="Chain">All that stands in its file: the issuers that clients may not know.</param>
public sealed record ServerCertificate(X509Certificate2 Certificate, X509Certificate2Collection Chain)
{
    /// <summary>Reads the two files; null where they are not set, or where a problem was added.</summary>
    public static ServerCertificate? Read(SettingsReading reading, TlsOptions tls)
    {
        if (tls.Certificate.Length == 0 || tls.Key.Length == 0)
        {
            return null;
        }
        // The setting that is to blame when the step at hand fails.
        (string setting, string file) = (nameof(TlsOptions.Certificate), tls.Certificate);
        try
        {
            string certificate = File.ReadAllText(file);
            X509Certificate2Collection chain = [];
            chain.ImportFromPem(certificate);
            (setting, file) = (nameof(TlsOptions.Key), tls.Key);
            return new ServerCertificate(X509Certificate2.CreateFromPem(certificate, File.ReadAllText(file)), chain);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            reading.AddProblem<TlsOptions>(setting, file, problem.Message.TrimEnd('.'));
            return null;
        }
    }
}
