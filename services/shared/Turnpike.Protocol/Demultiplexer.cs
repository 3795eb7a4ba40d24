namespace Turnpike.Protocol;

/// <summary>What the first byte of a datagram says about the rest.</summary>
public enum DatagramKind : byte
{
    /// <summary>None of the protocols that a TURN server speaks: drop and count.</summary>
    Unknown = 0,

    /// <summary>A STUN message, first byte 0–3.</summary>
    Stun = 1,

    /// <summary>A DTLS record, first byte 20–63.</summary>
    Dtls = 2,

    /// <summary>A ChannelData message, first byte 64–79.</summary>
    ChannelData = 3,
}

/// <summary>Tells the protocols apart that share one UDP port, by their first byte (RFC 7983 §7 as updated by RFC 9443 §3).</summary>
public static class Demultiplexer
{
    /// <summary>
    /// Classifies a datagram by its first byte. With <paramref name="rfc5766ChannelNumbers"/> the bytes 80–127 are ChannelData too:
    /// RFC 5766 §11 gave clients the channel numbers up to 0x7FFF, where RFC 9443 has QUIC.
    /// </summary>
    public static DatagramKind Classify(byte first, bool rfc5766ChannelNumbers = false) => first switch
    {
        < 4 => DatagramKind.Stun,
        >= 20 and < 64 => DatagramKind.Dtls,
        >= 64 and < 80 => DatagramKind.ChannelData,
        >= 80 and < 128 when rfc5766ChannelNumbers => DatagramKind.ChannelData,
        _ => DatagramKind.Unknown,
    };
}
