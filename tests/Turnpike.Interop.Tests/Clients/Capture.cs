using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Turnpike.Interop.Processes;

namespace Turnpike.Interop.Clients;

/// <summary>
/// The datagrams, or the segments of a TCP connection, of one client in a capture file, written by the test itself, so that no
/// right to capture is needed; and what Wireshark's dissector says about them, which is nobody's encoding but its own.
/// </summary>
internal sealed class Capture(IPEndPoint server)
{
    private const uint Magic = 0xA1B2C3D4;
    private const uint LinkTypeIPv4 = 228;
    private const int IPHeader = 20;
    private const int UdpHeader = 8;
    private const int TcpHeader = 20;
    private const byte Syn = 0x02;
    private const byte PushAck = 0x18;
    private static readonly TimeSpan RunDeadline = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly List<byte[]> _packets = [];
    private readonly Dictionary<(IPEndPoint From, IPEndPoint To), uint> _sequence = [];

    public void Add(IPEndPoint from, IPEndPoint to, ReadOnlySpan<byte> datagram)
    {
        lock (_gate)
        {
            byte[] packet = NewPacket(from, to, TurnClient.Udp, UdpHeader, datagram);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(IPHeader + 4), (ushort)(UdpHeader + datagram.Length));
            _packets.Add(packet);
        }
    }

    /// <summary>The beginning of a TCP connection, one direction of it.</summary>
    public void AddOpening(IPEndPoint from, IPEndPoint to) => AddSegment(from, to, [], Syn);

    /// <summary>The next bytes of a TCP connection, as they came.</summary>
    public void AddSegment(IPEndPoint from, IPEndPoint to, ReadOnlySpan<byte> bytes) => AddSegment(from, to, bytes, PushAck);

    /// <summary>One row for every packet, one text for every field asked for; several occurrences are joined by commas.</summary>
    public async Task<IReadOnlyList<string[]>> DissectAsync(params string[] fields)
    {
        string file = Path.GetTempFileName();
        try
        {
            int written = await WriteAsync(file);
            string port = server.Port.ToString(CultureInfo.InvariantCulture);
            string[] dissector =
                ["-r", file, "-d", $"udp.port=={port},stun", "-d", $"tcp.port=={port},stun", "-T", "fields", "-E", "separator=|"];
            await using var tshark = ChildProcess.Start("tshark", [.. dissector, .. fields.SelectMany(f => new[] { "-e", f })]);
            int exitCode = await tshark.WaitForExitAsync(RunDeadline);
            Assert.True(exitCode == 0, $"tshark: exit code {exitCode}:\n{tshark.Output}");
            string[][] rows = [.. tshark.Output.Split('\n').Where(l => l.Contains('|')).Select(l => l.Split('|'))];
            Assert.Equal(written, rows.Length);
            return rows;
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static byte[] NewPacket(IPEndPoint from, IPEndPoint to, byte protocol, int header, ReadOnlySpan<byte> payload)
    {
        byte[] packet = new byte[IPHeader + header + payload.Length];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        packet[8] = 64;
        packet[9] = protocol;
        from.Address.GetAddressBytes().CopyTo(packet, 12);
        to.Address.GetAddressBytes().CopyTo(packet, 16);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(IPHeader), (ushort)from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(IPHeader + 2), (ushort)to.Port);
        payload.CopyTo(packet.AsSpan(IPHeader + header));
        return packet;
    }

    private void AddSegment(IPEndPoint from, IPEndPoint to, ReadOnlySpan<byte> bytes, byte flags)
    {
        lock (_gate)
        {
            uint sequence = _sequence.GetValueOrDefault((from, to));
            byte[] packet = NewPacket(from, to, TurnClient.Tcp, TcpHeader, bytes);
            Span<byte> header = packet.AsSpan(IPHeader);
            BinaryPrimitives.WriteUInt32BigEndian(header[4..], sequence);
            BinaryPrimitives.WriteUInt32BigEndian(header[8..], _sequence.GetValueOrDefault((to, from)));
            header[12] = TcpHeader / 4 << 4;
            header[13] = flags;
            BinaryPrimitives.WriteUInt16BigEndian(header[14..], ushort.MaxValue);
            _sequence[(from, to)] = sequence + (uint)bytes.Length + (flags == Syn ? 1u : 0u);
            _packets.Add(packet);
        }
    }

    // The classic format: a header of six words, then for every packet seconds, microseconds and its length twice.
    // What comes later, such as the last words of a server whose client has gone, is not in the file.
    private async Task<int> WriteAsync(string file)
    {
        byte[][] packets;
        lock (_gate)
        {
            packets = [.. _packets];
        }
        await using var writer = new BinaryWriter(File.Create(file));
        writer.Write(Magic);
        writer.Write(0x0004_0002);
        writer.Write(0);
        writer.Write(0);
        writer.Write(65535);
        writer.Write(LinkTypeIPv4);
        foreach (byte[] packet in packets)
        {
            writer.Write(0L);
            writer.Write(packet.Length);
            writer.Write(packet.Length);
            writer.Write(packet);
        }
        return packets.Length;
    }
}
