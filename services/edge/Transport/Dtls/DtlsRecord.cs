using System.Buffers.Binary;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>Content types of a record (RFC 5246 section 6.2.1).</summary>
internal enum ContentType : byte
{
    ChangeCipherSpec = 20,
    Alert = 21,
    Handshake = 22,
    ApplicationData = 23,
}

/// <summary>A DTLS record as it stands in a datagram (RFC 6347 section 4.1): 13 bytes of header, then the fragment.</summary>
internal readonly struct DtlsRecord
{
    public const int HeaderLength = 13;

    /// <summary>The most plaintext that a record holds (RFC 6347 section 4.1).</summary>
    public const int MaxPlaintext = 1 << 14;

    public const ushort Version10 = 0xFEFF;
    public const ushort Version12 = 0xFEFD;

    public ContentType Type { get; private init; }

    public ushort Version { get; private init; }

    public ushort Epoch { get; private init; }

    /// <summary>48 bits; counts from zero in each epoch.</summary>
    public ulong Sequence { get; private init; }

    /// <summary>Bytes of the fragment behind the header.</summary>
    public int Length { get; private init; }

    /// <summary>Header and fragment.</summary>
    public int TotalLength => HeaderLength + Length;

    /// <summary>Reads the record at the beginning of <paramref name="datagram"/>; false when there is no whole one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> datagram, out DtlsRecord record)
    {
        record = default;
        if (datagram.Length < HeaderLength)
        {
            return false;
        }

        ulong epochAndSequence = BinaryPrimitives.ReadUInt64BigEndian(datagram[3..]);
        record = new DtlsRecord
        {
            Type = (ContentType)datagram[0],
            Version = BinaryPrimitives.ReadUInt16BigEndian(datagram[1..]),
            Epoch = (ushort)(epochAndSequence >> 48),
            Sequence = epochAndSequence & 0xFFFF_FFFF_FFFF,
            Length = BinaryPrimitives.ReadUInt16BigEndian(datagram[11..]),
        };
        return record.Version is Version10 or Version12 && record.TotalLength <= datagram.Length;
    }

    public static void WriteHeader(Span<byte> destination, ContentType type, ushort version, ushort epoch, ulong sequence, int length)
    {
        destination[0] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], version);
        BinaryPrimitives.WriteUInt64BigEndian(destination[3..], ((ulong)epoch << 48) | sequence);
        BinaryPrimitives.WriteUInt16BigEndian(destination[11..], (ushort)length);
    }
}
