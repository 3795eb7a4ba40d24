using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>Wireshark's dissector reads whole sessions of turnutils_uclient, both directions, and finds nothing malformed.</summary>
public sealed class DissectedSessionTests : InteropTest
{
    private const int Messages = 30;

    // With several frames in one segment a row has several of each.
    private static readonly string[] Fields = ["frame.protocols", "_ws.expert.severity", "_ws.malformed", "stun.type", "stun.channel", "tcp.len"];

    [Theory]
    [InlineData("UDP", "-D")]
    [InlineData("UDP", "-s")]
    [InlineData("TCP", "-t")]
    [InlineData("TCP", "-t", "-s")]
    public async Task Tshark_finds_nothing_malformed_in_a_session_of_uclient(string transport, params string[] arguments)
    {
        var server = await StartServerAsync(new ServerSettings { Tcp = true });
        var peer = await StartEchoPeerAsync(IPAddress.Loopback);
        await using var tap = new Tap(server.EndPoint);

        // 101 bytes are padded over a stream.
        var run = await Uclient.RunAsync(tap.EndPoint, [.. arguments, .. Uclient.To(peer.EndPoint), "-n", $"{Messages}", "-l", "101", "-c"]);
        run.AssertNothingLost(Messages);
        var rows = await tap.Capture.DissectAsync(Fields);

        string shown = string.Join('\n', rows.Select(r => string.Join(" | ", r)));
        string[][] withData = [.. rows.Where(r => r[5] != "0")];
        Assert.True(withData.All(r => r[0].EndsWith($"{transport.ToLowerInvariant()}:stun", StringComparison.Ordinal)
            || r[0].Contains(":stun:", StringComparison.Ordinal)), shown);
        Assert.True(rows.All(r => r[2].Length == 0), shown);
        int allocated = rows.Count(r => r[3].Contains("0x0103", StringComparison.Ordinal));
        Assert.True(allocated > 0, $"no Allocate success response in:\n{shown}");
        if (arguments.Contains("-s"))
        {
            // Send and Data indications, there and back.
            Assert.Equal(Messages, Occurrences(rows, 3, "0x0016"));
            Assert.Equal(Messages, Occurrences(rows, 3, "0x0017"));
        }
        else
        {
            Assert.Equal(2 * Messages, rows.Sum(r => r[4].Split(',', StringSplitOptions.RemoveEmptyEntries).Length));
        }
    }

    private static int Occurrences(IReadOnlyList<string[]> rows, int field, string value) =>
        rows.Sum(r => r[field].Split(',').Count(v => v == value));
}
