using System.Buffers.Binary;

namespace Turnpike.Protocol;

/// <summary>The ChannelData message of RFC 8656 §12.4: channel number, length, application data.</summary>
public static class ChannelData
{
    /// <summary>4 bytes: channel number and length, both 16 bits.</summary>
    public const int HeaderLength = 4;

    /// <summary>0x4000, the lowest channel number.</summary>
    public const ushort MinNumber = 0x4000;

    /// <summary>0x7FFF, the highest channel number of RFC 5766 §11; RFC 8656 §12 ends at 0x4FFF.</summary>
    public const ushort MaxNumber = 0x7FFF;

    /// <summary>
    /// Reads a ChannelData message. False when the number is outside 0x4000–0x7FFF or the length reaches beyond the datagram; bytes
    /// after the data are ignored, be they padding or not (RFC 8656 §12.6). Which numbers are served is the server's choice.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out ushort number, out ReadOnlySpan<byte> data)
    {
        number = 0;
        data = [];
        if (datagram.Length < HeaderLength || (datagram[0] & 0xC0) != 0x40)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]);
        if (length > datagram.Length - HeaderLength)
        {
            return false;
        }

        number = BinaryPrimitives.ReadUInt16BigEndian(datagram);
        data = datagram.Slice(HeaderLength, length);
        return true;
    }

    /// <summary>
    /// Writes the header to the front of <paramref name="destination"/>; <paramref name="length"/> is that of the data, 0–65535
    /// bytes.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 4 bytes of room.</exception>
    public static void WriteHeader(Span<byte> destination, ushort number, int length)
        => BinaryPrimitives.WriteUInt32BigEndian(destination, ((uint)number << 16) | (ushort)length);
}
