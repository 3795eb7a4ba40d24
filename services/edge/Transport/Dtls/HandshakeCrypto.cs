using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>
/// The cryptography of one handshake. BouncyCastle asks it for the cipher that protects records, and at that moment the key block is
/// taken for <see cref="RecordProtection"/> too: after the handshake, records are the shard's own affair.
/// </summary>
internal sealed class HandshakeCrypto() : BcTlsCrypto(new SecureRandom(new CryptoApiRandomGenerator()))
{
    private byte[] _acceptedCookie = [];

    /// <summary>The keys, once the handshake has come to them. Whoever takes them disposes of them.</summary>
    public RecordProtection? Protection { get; private set; }

    public override TlsCipher CreateCipher(TlsCryptoParameters cryptoParams, int encryptionAlgorithm, int macAlgorithm)
    {
        RecordCipher cipher = encryptionAlgorithm switch
        {
            EncryptionAlgorithm.AES_128_GCM => RecordCipher.AesGcm128,
            EncryptionAlgorithm.AES_256_GCM => RecordCipher.AesGcm256,
            EncryptionAlgorithm.CHACHA20_POLY1305 => RecordCipher.ChaCha20Poly1305,
            _ => throw new TlsFatalAlert(AlertDescription.handshake_failure),
        };
        Span<byte> keyBlock = stackalloc byte[RecordProtection.KeyBlockLength(cipher)];
        TlsImplUtilities.CalculateKeyBlock(cryptoParams, keyBlock);
        Protection = new RecordProtection(cipher, keyBlock);
        keyBlock.Clear();
        return base.CreateCipher(cryptoParams, encryptionAlgorithm, macAlgorithm);
    }

    /// <summary>
    /// Has BouncyCastle take a ClientHello whose cookie <see cref="CookieExchange"/> has verified. Only a DtlsVerifier makes the
    /// request that a handshake can begin with, and it compares the cookie with a MAC of its own: that MAC is told the cookie.
    /// </summary>
    /// <returns>Null when the ClientHello does not parse.</returns>
    public DtlsRequest? Accept(byte[] datagram, byte[] cookie, DatagramSender sender)
    {
        _acceptedCookie = cookie;
        return new DtlsVerifier(new VouchingCrypto(this)).VerifyRequest([], datagram, 0, datagram.Length, sender);
    }

    private sealed class VouchingCrypto(HandshakeCrypto owner) : BcTlsCrypto(owner.SecureRandom)
    {
        public override TlsHmac CreateHmac(int macAlgorithm) => new VouchingMac(owner._acceptedCookie);
    }

    /// <summary>A MAC whose result is known beforehand.</summary>
    private sealed class VouchingMac(byte[] result) : TlsHmac
    {
        public int InternalBlockSize => 64;

        public int MacLength => result.Length;

        public void SetKey(byte[] key, int keyOff, int keyLen)
        {
        }

        public void SetKey(ReadOnlySpan<byte> key)
        {
        }

        public void Update(byte[] input, int inOff, int length)
        {
        }

        public void Update(ReadOnlySpan<byte> input)
        {
        }

        public byte[] CalculateMac() => [.. result];

        public void CalculateMac(byte[] output, int outOff) => result.CopyTo(output, outOff);

        public void Reset()
        {
        }
    }
}
