using Turnpike.Interop.Clients;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>A real Chromium's call goes through the server, and does not without it.</summary>
[Collection(Quiet.Name)]
public sealed class BrowserTests : InteropTest
{
    private const int FileBytes = 10 * 1024 * 1024;
    private const int Frames = 100;

    [Fact]
    public async Task A_call_in_Chromium_is_relayed_with_its_file_intact_and_its_video_decoded()
    {
        var server = await StartServerAsync();

        var call = await Browser.CallAsync(server.EndPoint, ServerSettings.Password, FileBytes, Frames);

        Assert.Null(call.Error);
        Assert.True(call.Connected, call.ToString());
        Assert.All(call.Candidates, type => Assert.Equal("relay", type));
        Assert.Equal(2, call.Pairs!.Count);
        Assert.All(call.Pairs, pair => Assert.Equal(new SelectedPair("relay", "relay", "udp"), pair));
        Assert.Equal(FileBytes, call.Received!.Bytes);
        Assert.Equal(call.Sent, call.Received);
        Assert.True(call.FramesDecoded >= Frames, $"{call.FramesDecoded} frames");
        if (server is EdgeServer edge)
        {
            await AssertRelayedAsync(edge);
        }
    }

    [Fact]
    public async Task A_wrong_password_leaves_Chromium_without_a_candidate()
    {
        var server = await StartServerAsync();

        var call = await Browser.CallAsync(server.EndPoint, "wrong", FileBytes, Frames);

        AssertNoCandidate(call, code: 401);
    }

    internal static void AssertNoCandidate(CallResult call, int code)
    {
        Assert.Null(call.Error);
        Assert.False(call.Connected);
        Assert.Empty(call.Candidates);
        Assert.Contains(call.CandidateErrors, e => e.Code == code && e.Url.StartsWith("turn:", StringComparison.Ordinal));
    }

    // The file crosses the server twice: from the caller to the callee's relayed address, and from there to the callee.
    private static async Task AssertRelayedAsync(EdgeServer edge)
    {
        var metrics = await edge.MetricsAsync();
        Assert.True(metrics.ClientToPeerBytes > FileBytes, $"{metrics.ClientToPeerBytes} bytes to peers");
        Assert.True(metrics.PeerToClientBytes > FileBytes, $"{metrics.PeerToClientBytes} bytes to clients");
    }
}

/// <summary>Chromium gives a silent server 40 s, nearly all of them idle: this one may run beside others.</summary>
public sealed class BrowserWithoutServerTests : InteropTest
{
    [Fact]
    public async Task A_stopped_server_leaves_Chromium_without_a_candidate()
    {
        var server = await StartServerAsync();
        await server.Process.DisposeAsync();

        var call = await Browser.CallAsync(server.EndPoint, ServerSettings.Password, bytes: 1, frames: 1);

        BrowserTests.AssertNoCandidate(call, code: 701);
    }
}
