using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Turnpike.Interop.Servers;

/// <summary>A private certificate for a server's address, in two PEM files as an operator's ACME client leaves them.</summary>
internal sealed class TestCertificate : IDisposable
{
    /// <summary>A name that it is for, besides the address.</summary>
    public const string Name = "turnpike.test";

    private readonly string _directory = Directory.CreateTempSubdirectory("turnpike-certificate-").FullName;
    private readonly IPAddress _address;

    public TestCertificate(IPAddress address, bool rsa = false)
    {
        _address = address;
        using AsymmetricAlgorithm key = rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Write(key);
    }

    public string CertificateFile => Path.Combine(_directory, "certificate.pem");

    public string KeyFile => Path.Combine(_directory, "key.pem");

    /// <summary>The certificate's SHA-1 fingerprint, in the hexadecimal form of .NET.</summary>
    public string Sha1 { get; private set; } = "";

    /// <summary>The base64 SHA-256 of the public key, by which Chromium knows a certificate.</summary>
    public string PublicKeyHash { get; private set; } = "";

    /// <summary>Puts another certificate with another key into the same files, each of them replaced at once.</summary>
    public void Replace()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Write(key);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private void Write(AsymmetricAlgorithm key)
    {
        const string Subject = $"CN={Name}";
        var request = key is RSA rsa
            ? new CertificateRequest(Subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(Subject, (ECDsa)key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(_address);
        names.AddDnsName(Name);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        Sha1 = certificate.GetCertHashString();
        PublicKeyHash = Convert.ToBase64String(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
        Move(CertificateFile, certificate.ExportCertificatePem());
        Move(KeyFile, key.ExportPkcs8PrivateKeyPem());
    }

    private static void Move(string file, string text)
    {
        string fresh = file + ".new";
        File.WriteAllText(fresh, text);
        File.Move(fresh, file, overwrite: true);
    }
}
