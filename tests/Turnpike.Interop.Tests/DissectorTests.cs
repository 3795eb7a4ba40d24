using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Protocol;

namespace Turnpike.Interop;

/// <summary>Wireshark's dissector reads what the server wrote as the RFCs have it.</summary>
public sealed class DissectorTests : InteropTest
{
    private const ushort Channel = 0x4001;
    private static readonly string[] Fields =
    [
        "frame.protocols", "_ws.expert.severity", "stun.channel", "stun.att.error.class", "stun.att.error",
        "stun.att.ipv4", "stun.att.port", "stun.att.lifetime",
    ];

    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Tshark_finds_nothing_wrong_in_an_allocations_life()
    {
        var server = await StartServerAsync();
        var capture = new Capture(server.EndPoint);
        using var client = new TurnClient(server.EndPoint, IPAddress.Loopback) { Capture = capture };
        using var peer = Loopback.BoundSocket(IPAddress.Loopback);

        Assert.True((await client.BindingAsync()).Succeeded);
        var allocated = await client.AllocateAsync();
        Assert.True(allocated.Succeeded);
        Assert.True((await client.RefreshAsync(600)).Succeeded);
        var peerAddress = TransportAddress.From((IPEndPoint)peer.LocalEndPoint!);
        Assert.True((await client.CreatePermissionAsync(peerAddress)).Succeeded);
        await peer.SendToAsync("as a Data indication"u8.ToArray(), allocated.Relayed.ToIPEndPoint());
        Assert.NotNull(await client.ReceiveDataAsync(Prompt));
        Assert.True((await client.ChannelBindAsync(Channel, peerAddress)).Succeeded);
        await peer.SendToAsync("as ChannelData"u8.ToArray(), allocated.Relayed.ToIPEndPoint());
        Assert.NotNull(await client.ReceiveDataAsync(Prompt));
        Assert.False((await client.CreatePermissionAsync(TransportAddress.From(IPAddress.Any, 80))).Succeeded);
        Assert.True((await client.RefreshAsync(0)).Succeeded);

        Dissected[] rows = await DissectAsync(capture);

        string shown = string.Join('\n', rows.Select(r => r.ToString()));
        Assert.True(rows.All(r => r is { IsStun: true, HasComplaint: false }), shown);
        Assert.Single(rows, r => r is { ErrorClass: "4", ErrorNumber: "1" });
        Assert.Single(rows, r => r is { ErrorClass: "4", ErrorNumber: "3" });
        Assert.Single(rows, r => r.Channel == "0x4001");
        Assert.Single(rows, r => r.Addresses.Contains(allocated.Relayed.ToIPEndPoint()) && r.Lifetime == "600");
        Assert.Contains(rows, r => r.Addresses.Contains(client.LocalEndPoint));
    }

    [Fact]
    public async Task Tshark_complains_about_a_wrong_length_and_a_wrong_fingerprint()
    {
        var nobody = new IPEndPoint(IPAddress.Loopback, Loopback.FreeUdpPort(IPAddress.Loopback));
        var capture = new Capture(nobody);
        using var client = new TurnClient(nobody, IPAddress.Loopback) { Capture = capture };
        byte[] right = client.Build(StunClass.Request, StunMethod.Binding, Fingerprint.Write);
        byte[] wrongLength = [.. right];
        wrongLength[3] += 4;
        byte[] wrongFingerprint = [.. right];
        wrongFingerprint[^1] ^= 1;

        client.SendRaw(right);
        client.SendRaw(wrongLength);
        client.SendRaw(wrongFingerprint);
        Dissected[] rows = await DissectAsync(capture);

        Assert.True(rows[0] is { IsStun: true, HasComplaint: false }, rows[0].ToString());
        Assert.False(rows[1].IsStun, rows[1].ToString());
        Assert.True(rows[2].HasComplaint, rows[2].ToString());
    }

    private static async Task<Dissected[]> DissectAsync(Capture capture) =>
        [.. (await capture.DissectAsync(Fields)).Select(row => new Dissected(
            row[0].Contains(":stun", StringComparison.Ordinal), row[1].Length > 0, row[2], row[3], row[4], EndPoints(row[5], row[6]), row[7]))];

    private static IPEndPoint[] EndPoints(string addresses, string ports) =>
        [.. addresses.Split(',').Zip(ports.Split(',')).Where(pair => pair.First.Length > 0)
            .Select(pair => IPEndPoint.Parse($"{pair.First}:{pair.Second}"))];

    private sealed record Dissected(
        bool IsStun, bool HasComplaint, string Channel, string ErrorClass, string ErrorNumber, IPEndPoint[] Addresses, string Lifetime)
    {
        public override string ToString() =>
            $"stun {IsStun}, complaint {HasComplaint}, channel {Channel}, error {ErrorClass}/{ErrorNumber}, {string.Join<IPEndPoint>(' ', Addresses)}, {Lifetime}";
    }
}
