using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>The ciphers that are served: all are AEAD ciphers with a tag of 16 bytes.</summary>
internal enum RecordCipher
{
    AesGcm128,
    AesGcm256,
    ChaCha20Poly1305,
}

/// <summary>
/// Protects and opens records of DTLS 1.2 with an AEAD cipher (RFC 5246 section 6.2.3.3, RFC 5288, RFC 7905). Works in place and
/// allocates nothing, save when a record is forged: .NET reports that by an exception.
/// </summary>
internal sealed class RecordProtection : IDisposable
{
    private const int TagLength = 16;
    private const int NonceLength = 12;
    private const int GcmSaltLength = 4;
    private const int GcmExplicitNonceLength = 8;
    private const int AdditionalDataLength = 13;

    private readonly AesGcm? _readGcm;
    private readonly AesGcm? _writeGcm;
    private readonly ChaCha20Poly1305? _readChaCha;
    private readonly ChaCha20Poly1305? _writeChaCha;
    private readonly byte[] _readIv;
    private readonly byte[] _writeIv;

    /// <summary>Takes the keys of a server from the key block (RFC 5246 section 6.3).</summary>
    public RecordProtection(RecordCipher cipher, ReadOnlySpan<byte> keyBlock)
    {
        int key = KeyLength(cipher);
        int iv = IvLength(cipher);
        ReadOnlySpan<byte> clientKey = keyBlock[..key];
        ReadOnlySpan<byte> serverKey = keyBlock.Slice(key, key);
        _readIv = keyBlock.Slice(2 * key, iv).ToArray();
        _writeIv = keyBlock.Slice((2 * key) + iv, iv).ToArray();
        if (cipher == RecordCipher.ChaCha20Poly1305)
        {
            _readChaCha = new ChaCha20Poly1305(clientKey);
            _writeChaCha = new ChaCha20Poly1305(serverKey);
        }
        else
        {
            _readGcm = new AesGcm(clientKey, TagLength);
            _writeGcm = new AesGcm(serverKey, TagLength);
        }

        ExplicitNonceLength = cipher == RecordCipher.ChaCha20Poly1305 ? 0 : GcmExplicitNonceLength;
    }

    /// <summary>Bytes that a record has beyond its plaintext, its header included.</summary>
    public int Overhead => DtlsRecord.HeaderLength + ExplicitNonceLength + TagLength;

    private int ExplicitNonceLength { get; }

    /// <summary>Bytes of the key block that <paramref name="cipher"/> needs.</summary>
    public static int KeyBlockLength(RecordCipher cipher) => 2 * (KeyLength(cipher) + IvLength(cipher));

    /// <summary>Opens a record in place; false when it is not authentic, and then its bytes are lost.</summary>
    /// <param name="record">The header, as read.</param>
    /// <param name="bytes">The record, header and fragment.</param>
    /// <param name="plaintext">Inside <paramref name="bytes"/>.</param>
    public bool TryOpen(scoped in DtlsRecord record, Span<byte> bytes, out Span<byte> plaintext)
    {
        plaintext = default;
        int length = record.Length - ExplicitNonceLength - TagLength;
        if (length is < 0 or > DtlsRecord.MaxPlaintext)
        {
            return false;
        }

        Span<byte> fragment = bytes.Slice(DtlsRecord.HeaderLength, record.Length);
        Span<byte> nonce = stackalloc byte[NonceLength];
        ulong epochAndSequence = ((ulong)record.Epoch << 48) | record.Sequence;
        if (_readGcm is not null)
        {
            _readIv.CopyTo(nonce);
            fragment[..GcmExplicitNonceLength].CopyTo(nonce[GcmSaltLength..]);
        }
        else
        {
            MixNonce(_readIv, epochAndSequence, nonce);
        }

        Span<byte> additionalData = stackalloc byte[AdditionalDataLength];
        WriteAdditionalData(additionalData, epochAndSequence, record.Type, length);
        Span<byte> text = fragment.Slice(ExplicitNonceLength, length);
        ReadOnlySpan<byte> tag = fragment[(ExplicitNonceLength + length)..];
        try
        {
            if (_readGcm is not null)
            {
                _readGcm.Decrypt(nonce, text, tag, text, additionalData);
            }
            else
            {
                _readChaCha!.Decrypt(nonce, text, tag, text, additionalData);
            }
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }

        plaintext = text;
        return true;
    }

    /// <summary>Makes a record.</summary>
    /// <param name="type">Its content type.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="sequence">Its number, never used before in this epoch.</param>
    /// <param name="plaintext">What it carries; not inside <paramref name="destination"/>.</param>
    /// <param name="destination">As long as the plaintext and <see cref="Overhead"/>.</param>
    public void Seal(ContentType type, ushort epoch, ulong sequence, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        ulong epochAndSequence = ((ulong)epoch << 48) | sequence;
        DtlsRecord.WriteHeader(
            destination, type, DtlsRecord.Version12, epoch, sequence, ExplicitNonceLength + plaintext.Length + TagLength);
        Span<byte> fragment = destination[DtlsRecord.HeaderLength..];
        Span<byte> nonce = stackalloc byte[NonceLength];
        if (_writeGcm is not null)
        {
            // RFC 5288 section 3 lets the explicit part be epoch and sequence number, which never repeat under a key.
            _writeIv.CopyTo(nonce);
            BinaryPrimitives.WriteUInt64BigEndian(nonce[GcmSaltLength..], epochAndSequence);
            BinaryPrimitives.WriteUInt64BigEndian(fragment, epochAndSequence);
        }
        else
        {
            MixNonce(_writeIv, epochAndSequence, nonce);
        }

        Span<byte> additionalData = stackalloc byte[AdditionalDataLength];
        WriteAdditionalData(additionalData, epochAndSequence, type, plaintext.Length);
        Span<byte> text = fragment.Slice(ExplicitNonceLength, plaintext.Length);
        Span<byte> tag = fragment.Slice(ExplicitNonceLength + plaintext.Length, TagLength);
        if (_writeGcm is not null)
        {
            _writeGcm.Encrypt(nonce, plaintext, text, tag, additionalData);
        }
        else
        {
            _writeChaCha!.Encrypt(nonce, plaintext, text, tag, additionalData);
        }
    }

    public void Dispose()
    {
        _readGcm?.Dispose();
        _writeGcm?.Dispose();
        _readChaCha?.Dispose();
        _writeChaCha?.Dispose();
    }

    private static int KeyLength(RecordCipher cipher) => cipher == RecordCipher.AesGcm128 ? 16 : 32;

    private static int IvLength(RecordCipher cipher) => cipher == RecordCipher.ChaCha20Poly1305 ? NonceLength : GcmSaltLength;

    /// <summary>RFC 7905 section 2: the padded number, exclusive-or the IV.</summary>
    private static void MixNonce(ReadOnlySpan<byte> iv, ulong epochAndSequence, Span<byte> nonce)
    {
        iv.CopyTo(nonce);
        ulong tail = BinaryPrimitives.ReadUInt64BigEndian(nonce[GcmSaltLength..]);
        BinaryPrimitives.WriteUInt64BigEndian(nonce[GcmSaltLength..], tail ^ epochAndSequence);
    }

    /// <summary>RFC 5246 section 6.2.3.3 with the sequence number of RFC 6347 section 4.1.2.1.</summary>
    private static void WriteAdditionalData(Span<byte> destination, ulong epochAndSequence, ContentType type, int length)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, epochAndSequence);
        destination[8] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[9..], DtlsRecord.Version12);
        BinaryPrimitives.WriteUInt16BigEndian(destination[11..], (ushort)length);
    }
}
