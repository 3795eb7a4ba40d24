using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Turnpike.ServiceDefaults.Telemetry;

/// <summary>Whom a connection to the collector trusts beside the system's issuers, and what it shows of itself; read once, at start.</summary>
/// <param name="Issuer">Trusted too; null: nobody else.</param>
/// <param name="Client">Shown to a collector that asks; null: none.</param>
internal sealed record OtlpCertificates(X509Certificate2? Issuer, X509Certificate2? Client)
{
    public static OtlpCertificates None { get; } = new(null, null);

    /// <summary>Reads the certificate of an issuer.</summary>
    public static string? Read(string file, out X509Certificate2? issuer) =>
        TryRead(() => X509CertificateLoader.LoadCertificate(File.ReadAllBytes(file)), out issuer);

    /// <summary>Reads a certificate and its key.</summary>
    public static string? ReadPair(string certificate, string key, out X509Certificate2? client) =>
        TryRead(() => X509Certificate2.CreateFromPemFile(certificate, key), out client);

    /// <summary>Applies them to a connection.</summary>
    public void Apply(SslClientAuthenticationOptions tls)
    {
        if (Client is not null)
        {
            tls.ClientCertificates = [Client];
        }
        if (Issuer is not null)
        {
            tls.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                errors == SslPolicyErrors.None
                || (errors == SslPolicyErrors.RemoteCertificateChainErrors && certificate is not null && IsIssued(certificate, chain));
        }
    }

    private bool IsIssued(X509Certificate certificate, X509Chain? sent)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Issuer!);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ExtraStore.AddRange(sent?.ChainPolicy.ExtraStore ?? []);
        using X509Certificate2 leaf = new(certificate);
        return chain.Build(leaf);
    }

    private static string? TryRead(Func<X509Certificate2> read, out X509Certificate2? certificate)
    {
        certificate = null;
        try
        {
            certificate = read();
            return null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return problem.Message.TrimEnd('.');
        }
    }
}
