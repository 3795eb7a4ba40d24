using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using TlsCertificate = Turnpike.ServiceDefaults.Tls.TlsCertificate;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>
/// The server's certificate in one handshake. The private key stays where .NET keeps it: BouncyCastle is given signatures only.
/// </summary>
internal sealed class HandshakeCertificate : TlsCredentialedSigner
{
    // SHA-256 first: the strength of the curves in use. PSS last: TLS 1.2 clients that know it know PKCS #1 too, save a few.
    private static readonly int[] RsaSchemes =
    [
        SignatureScheme.rsa_pkcs1_sha256, SignatureScheme.rsa_pkcs1_sha384, SignatureScheme.rsa_pkcs1_sha512,
        SignatureScheme.rsa_pss_rsae_sha256, SignatureScheme.rsa_pss_rsae_sha384, SignatureScheme.rsa_pss_rsae_sha512,
    ];

    private static readonly int[] ECDsaSchemes =
    [
        SignatureScheme.ecdsa_secp256r1_sha256, SignatureScheme.ecdsa_secp384r1_sha384, SignatureScheme.ecdsa_secp521r1_sha512,
    ];

    private readonly X509Certificate2 _certificate;
    private readonly int _scheme;

    private HandshakeCertificate(X509Certificate2 certificate, Certificate chain, int scheme)
    {
        _certificate = certificate;
        Certificate = chain;
        _scheme = scheme;
        SignatureAndHashAlgorithm = SignatureScheme.GetSignatureAndHashAlgorithm(scheme);
    }

    public Certificate Certificate { get; }

    public SignatureAndHashAlgorithm SignatureAndHashAlgorithm { get; }

    public static bool IsRsa(X509Certificate2 certificate) => certificate.PublicKey.Oid.Value == "1.2.840.113549.1.1.1";

    /// <summary>Chooses the first way to sign that the client understands (RFC 5246 section 7.4.1.4.1).</summary>
    /// <exception cref="TlsFatalAlert">The client understands none.</exception>
    public static HandshakeCertificate Choose(
        BcTlsCrypto crypto, TlsCertificate certificate, IList<SignatureAndHashAlgorithm>? offered)
    {
        foreach (int scheme in IsRsa(certificate.Leaf) ? RsaSchemes : ECDsaSchemes)
        {
            if (offered?.Contains(SignatureScheme.GetSignatureAndHashAlgorithm(scheme)) == true)
            {
                var chain = new Certificate(
                    [.. certificate.Intermediates.Prepend(certificate.Leaf).Select(one => new BcTlsCertificate(crypto, one.RawData))]);
                return new HandshakeCertificate(certificate.Leaf, chain, scheme);
            }
        }

        throw new TlsFatalAlert(AlertDescription.handshake_failure);
    }

    public byte[] GenerateRawSignature(byte[] hash)
    {
        HashAlgorithmName algorithm = hash.Length switch
        {
            SHA256.HashSizeInBytes => HashAlgorithmName.SHA256,
            SHA384.HashSizeInBytes => HashAlgorithmName.SHA384,
            _ => HashAlgorithmName.SHA512,
        };
        using RSA? rsa = _certificate.GetRSAPrivateKey();
        if (rsa is not null)
        {
            bool isPss = _scheme is SignatureScheme.rsa_pss_rsae_sha256
                or SignatureScheme.rsa_pss_rsae_sha384 or SignatureScheme.rsa_pss_rsae_sha512;
            return rsa.SignHash(hash, algorithm, isPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        }

        using ECDsa? ecdsa = _certificate.GetECDsaPrivateKey();
        return ecdsa?.SignHash(hash, DSASignatureFormat.Rfc3279DerSequence) ?? throw new TlsFatalAlert(AlertDescription.internal_error);
    }

    public Org.BouncyCastle.Tls.Crypto.TlsStreamSigner? GetStreamSigner() => null;
}
