using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Turnpike.Interop.Processes;

namespace Turnpike.Interop.Clients;

/// <summary>
/// The datagrams of one client in a capture file, written by the client itself, so that no right to capture is needed; and
/// what Wireshark's dissector says about them, which is nobody's encoding but its own.
/// </summary>
internal sealed class Capture(IPEndPoint server)
{
    private const uint Magic = 0xA1B2C3D4;
    private const uint LinkTypeIPv4 = 228;
    private const int IPHeader = 20;
    private const int UdpHeader = 8;
    private static readonly TimeSpan RunDeadline = TimeSpan.FromSeconds(30);

    private readonly List<byte[]> _packets = [];

    public void Add(IPEndPoint from, IPEndPoint to, ReadOnlySpan<byte> datagram)
    {
        byte[] packet = new byte[IPHeader + UdpHeader + datagram.Length];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        packet[8] = 64;
        packet[9] = TurnClient.Udp;
        from.Address.GetAddressBytes().CopyTo(packet, 12);
        to.Address.GetAddressBytes().CopyTo(packet, 16);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(IPHeader), (ushort)from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(IPHeader + 2), (ushort)to.Port);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(IPHeader + 4), (ushort)(UdpHeader + datagram.Length));
        datagram.CopyTo(packet.AsSpan(IPHeader + UdpHeader));
        _packets.Add(packet);
    }

    /// <summary>One row for every datagram, one text for every field asked for; several occurrences are joined by commas.</summary>
    public async Task<IReadOnlyList<string[]>> DissectAsync(params string[] fields)
    {
        string file = Path.GetTempFileName();
        try
        {
            await WriteAsync(file);
            string port = server.Port.ToString(CultureInfo.InvariantCulture);
            string[] dissector = ["-r", file, "-d", $"udp.port=={port},stun", "-T", "fields", "-E", "separator=|"];
            await using var tshark = ChildProcess.Start("tshark", [.. dissector, .. fields.SelectMany(f => new[] { "-e", f })]);
            int exitCode = await tshark.WaitForExitAsync(RunDeadline);
            Assert.True(exitCode == 0, $"tshark: exit code {exitCode}:\n{tshark.Output}");
            string[][] rows = [.. tshark.Output.Split('\n').Where(l => l.Contains('|')).Select(l => l.Split('|'))];
            Assert.Equal(_packets.Count, rows.Length);
            return rows;
        }
        finally
        {
            File.Delete(file);
        }
    }

    // The classic format: a header of six words, then for every packet seconds, microseconds and its length twice.
    private async Task WriteAsync(string file)
    {
        await using var writer = new BinaryWriter(File.Create(file));
        writer.Write(Magic);
        writer.Write(0x0004_0002);
        writer.Write(0);
        writer.Write(0);
        writer.Write(65535);
        writer.Write(LinkTypeIPv4);
        foreach (byte[] packet in _packets)
        {
            writer.Write(0L);
            writer.Write(packet.Length);
            writer.Write(packet.Length);
            writer.Write(packet);
        }
    }
}
