using System.Buffers.Binary;
using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Interop;

/// <summary>An endless, repeatable stream of bad input: noise, and valid messages of a live allocation made invalid.</summary>
internal sealed class HostileDatagrams
{
    private const int LargestNoise = 1500;

    private readonly byte[][] _valid;
    private ulong _state;

    /// <summary>The same seed and client give the same mutations.</summary>
    public HostileDatagrams(ulong seed, TurnClient client)
    {
        _state = seed;
        _valid = ValidMessages(client);
    }

    public byte[] Next()
    {
        byte[] datagram = Below(4) == 0 ? Noise() : (byte[])_valid[Below(_valid.Length)].Clone();
        switch (Below(6))
        {
            case 0:
                return datagram[..Below(datagram.Length + 1)];
            case 1:
                return [.. datagram, .. Noise()];
            case 2 when datagram.Length >= 4:
                BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(2), (ushort)Below(65536));
                return datagram;
            case 3 when datagram.Length > 24:
                // A length inside the message: of an attribute more often than not.
                BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(20 + (2 * Below((datagram.Length - 20) / 2))), (ushort)Below(65536));
                return datagram;
            default:
                for (int flips = 1 + Below(8); flips > 0 && datagram.Length > 0; flips--)
                {
                    datagram[Below(datagram.Length)] ^= (byte)(1 << Below(8));
                }

                return datagram;
        }
    }

    private static byte[][] ValidMessages(TurnClient client)
    {
        var peer = TransportAddress.From(IPAddress.Loopback, 9);
        byte[] channelData = new byte[ChannelData.HeaderLength + 160];
        ChannelData.WriteHeader(channelData, 0x4001, 160);
        return
        [
            client.Build(StunClass.Request, StunMethod.Binding, Fingerprint.Write),
            client.Build(StunClass.Request, StunMethod.Allocate, (ref StunMessageWriter w) => RequestedTransport.Write(ref w, TurnClient.Udp)),
            client.Build(StunClass.Request, StunMethod.Allocate, (ref StunMessageWriter w) => RequestedTransport.Write(ref w, TurnClient.Udp), true),
            client.Build(StunClass.Request, StunMethod.Refresh, (ref StunMessageWriter w) => Lifetime.Write(ref w, 600), true),
            client.Build(StunClass.Request, StunMethod.CreatePermission, (ref StunMessageWriter w) => XorPeerAddress.Write(ref w, peer), true),
            client.Build(
                StunClass.Request,
                StunMethod.ChannelBind,
                (ref StunMessageWriter w) =>
                {
                    ChannelNumber.Write(ref w, 0x4001);
                    XorPeerAddress.Write(ref w, peer);
                },
                true),
            client.Build(
                StunClass.Indication,
                StunMethod.Send,
                (ref StunMessageWriter w) =>
                {
                    XorPeerAddress.Write(ref w, peer);
                    Data.Write(ref w, new byte[160]);
                }),
            channelData,
        ];
    }

    private byte[] Noise()
    {
        byte[] noise = new byte[Below(LargestNoise)];
        foreach (ref byte b in noise.AsSpan())
        {
            b = (byte)Below(256);
        }

        return noise;
    }

    // splitmix64: repeatable, which a test wants and a secret must not be.
    private int Below(int limit)
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)((z ^ (z >> 31)) % (ulong)limit);
    }
}
