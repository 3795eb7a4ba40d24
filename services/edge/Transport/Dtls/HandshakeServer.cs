using Org.BouncyCastle.Tls;
using Turnpike.ServiceDefaults.Tls;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>
/// What is agreed to in a handshake: DTLS 1.2, ECDHE, AEAD ciphers, no compression, no resumption, no client certificate. The record
/// layer that follows knows no renegotiation, no other record size and no connection ids, so none of these is agreed to.
/// </summary>
internal sealed class HandshakeServer(HandshakeCrypto crypto, TlsCertificate certificate, int timeoutMilliseconds)
    : AbstractTlsServer(crypto)
{
    // A client's messages are small: it sends no certificate. The library keeps as much per message that is not whole yet.
    private const int MaxMessage = 4096;

    private static readonly int[] RsaSuites =
    [
        CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ];

    private static readonly int[] ECDsaSuites =
    [
        CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        CipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ];

    private static readonly int[] Groups = [NamedGroup.x25519, NamedGroup.secp256r1, NamedGroup.secp384r1];

    // RFC 7443: the names of the two uses of STUN.
    private static readonly ProtocolName[] Protocols =
    [
        ProtocolName.AsUtf8Encoding("stun.turn"), ProtocolName.AsUtf8Encoding("stun.nat-discovery"),
    ];

    private readonly HandshakeCrypto _crypto = crypto;

    public override TlsCredentials GetCredentials() =>
        HandshakeCertificate.Choose(_crypto, certificate, m_context.SecurityParameters.ClientSigAlgs);

    public override int GetHandshakeTimeoutMillis() => timeoutMilliseconds;

    public override int GetMaxHandshakeMessageSize() => MaxMessage;

    public override int[] GetSupportedGroups() => Groups;

    public override void ProcessClientExtensions(IDictionary<int, byte[]> clientExtensions)
    {
        clientExtensions?.Remove(ExtensionType.max_fragment_length);
        base.ProcessClientExtensions(clientExtensions);
    }

    protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.DTLSv12.Only();

    protected override int[] GetSupportedCipherSuites() => HandshakeCertificate.IsRsa(certificate.Leaf) ? RsaSuites : ECDsaSuites;

    protected override bool PreferLocalCipherSuites() => true;

    protected override IList<ProtocolName> GetProtocolNames() => Protocols;

    protected override bool AllowCertificateStatus() => false;

    /// <summary>The library would take the client's first group, be it one for TLS 1.3 only.</summary>
    protected override int SelectECDH(int minimumCurveBits)
    {
        int[]? offered = m_context.SecurityParameters.ClientSupportedGroups;
        foreach (int group in Groups)
        {
            if (offered is null ? group == NamedGroup.secp256r1 : offered.Contains(group))
            {
                return group;
            }
        }

        return -1;
    }
}
