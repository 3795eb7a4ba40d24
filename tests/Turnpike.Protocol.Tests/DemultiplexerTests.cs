namespace Turnpike.Protocol.Tests;

public class DemultiplexerTests
{
    [Fact]
    public void All_256_first_bytes_are_told_apart_as_RFC_9443_says()
    {
        for (int first = 0; first < 256; first++)
        {
            // 16–19 are ZRTP, 128–191 RTP, 80–127 and 192–255 QUIC: not for a TURN server.
            DatagramKind expected = first switch
            {
                <= 3 => DatagramKind.Stun,
                >= 20 and <= 63 => DatagramKind.Dtls,
                >= 64 and <= 79 => DatagramKind.ChannelData,
                _ => DatagramKind.Unknown,
            };
            Assert.Equal(expected, Demultiplexer.Classify((byte)first));
        }
    }

    [Fact]
    public void With_the_channel_numbers_of_RFC_5766_the_bytes_80_to_127_are_ChannelData_too()
    {
        for (int first = 0; first < 256; first++)
        {
            DatagramKind expected = first is >= 80 and <= 127 ? DatagramKind.ChannelData : Demultiplexer.Classify((byte)first);
            Assert.Equal(expected, Demultiplexer.Classify((byte)first, rfc5766ChannelNumbers: true));
        }
    }
}
