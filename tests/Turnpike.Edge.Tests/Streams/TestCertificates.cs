using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Turnpike.Edge.Tests.Streams;

/// <summary>A folder with a certificate chain of three and the leaf's key, made for the test.</summary>
internal sealed class TestCertificates : IDisposable
{
    public static readonly X509Certificate2 Root = Authority("Root", issuer: null);
    private static readonly X509Certificate2 Intermediate = Authority("Intermediate", Root);

    public TestCertificates()
    {
        Folder = Directory.CreateTempSubdirectory("turnpike-tls-").FullName;
        Write("first");
    }

    public string Folder { get; }

    public string Certificate => Path.Combine(Folder, "tls.crt");

    public string Key => Path.Combine(Folder, "tls.key");

    public (string Key, string? Value)[] Settings => [("Edge:Tls:Certificate", Certificate), ("Edge:Tls:Key", Key)];

    /// <summary>Makes a leaf of this name with its chain, and writes both files in place.</summary>
    public void Write(string name, bool rsa = false)
    {
        (string certificate, string key) = Make(name, rsa);
        File.WriteAllText(Certificate, certificate);
        File.WriteAllText(Key, key);
    }

    /// <summary>PEM texts: the leaf and the intermediate; the key.</summary>
    public static (string Certificate, string Key) Make(string name, bool rsa = false, DateTimeOffset? until = null)
    {
        using RSA rsaKey = RSA.Create(2048);
        using ECDsa ecKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedName($"CN={name}");
        CertificateRequest request = rsa
            ? new(subject, rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new(subject, ecKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("turn.example.org");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        using X509Certificate2 leaf = request.Create(
            Intermediate.SubjectName,
            X509SignatureGenerator.CreateForECDsa(Intermediate.GetECDsaPrivateKey()!),
            DateTimeOffset.UnixEpoch.AddYears(50),
            until ?? DateTimeOffset.UnixEpoch.AddYears(90),
            RandomNumberGenerator.GetBytes(8));
        string key = rsa ? rsaKey.ExportPkcs8PrivateKeyPem() : ecKey.ExportPkcs8PrivateKeyPem();
        return ($"{leaf.ExportCertificatePem()}\n{Intermediate.ExportCertificatePem()}\n", key);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static X509Certificate2 Authority(string name, X509Certificate2? issuer)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN={name}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        DateTimeOffset from = DateTimeOffset.UnixEpoch.AddYears(50);
        DateTimeOffset until = DateTimeOffset.UnixEpoch.AddYears(99);
        if (issuer is null)
        {
            return request.CreateSelfSigned(from, until);
        }

        using X509Certificate2 signed = request.Create(issuer, from, until, RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }
}
