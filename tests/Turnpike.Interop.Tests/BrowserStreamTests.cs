using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>The call of <see cref="BrowserTests"/> where UDP is blocked: Chromium's TCP and TLS to the server.</summary>
[Collection(Quiet.Name)]
public sealed class BrowserStreamTests : InteropTest
{
    private const int FileBytes = 4 * 1024 * 1024;
    private const int Frames = 60;

    [Fact]
    public async Task A_call_in_Chromium_is_relayed_over_TCP()
    {
        var server = await StartServerAsync(new ServerSettings { Tcp = true });

        var call = await Browser.CallAsync($"turn:{server.EndPoint}?transport=tcp", ServerSettings.Password, FileBytes, Frames);

        await AssertRelayedAsync(call, server, "tcp");
    }

    [Fact]
    public async Task A_call_in_Chromium_is_relayed_over_TLS()
    {
        var (server, certificate) = await StartSecureAsync();

        var call = await Browser.CallAsync(
            $"turns:{server.SecureEndPoint}?transport=tcp", ServerSettings.Password, FileBytes, Frames, certificate);

        await AssertRelayedAsync(call, server, "tls");
    }

    [Fact]
    public async Task Chromium_takes_no_certificate_that_it_does_not_trust()
    {
        var (server, _) = await StartSecureAsync();

        var call = await Browser.CallAsync($"turns:{server.SecureEndPoint}?transport=tcp", ServerSettings.Password, FileBytes, Frames);

        Assert.Null(call.Error);
        Assert.False(call.Connected);
        Assert.Empty(call.Candidates);
    }

    private static async Task AssertRelayedAsync(CallResult call, TurnServer server, string protocol)
    {
        Assert.Null(call.Error);
        Assert.True(call.Connected, call.ToString());
        Assert.All(call.Candidates, type => Assert.Equal("relay", type));
        Assert.Equal(2, call.Pairs!.Count);
        Assert.All(call.Pairs, pair => Assert.Equal(new SelectedPair("relay", "relay", protocol), pair));
        Assert.Equal(FileBytes, call.Received!.Bytes);
        Assert.Equal(call.Sent, call.Received);
        Assert.True(call.FramesDecoded >= Frames, $"{call.FramesDecoded} frames");
        if (server is EdgeServer edge)
        {
            var metrics = await edge.MetricsAsync();
            Assert.True(metrics.ClientToPeerBytes > FileBytes, $"{metrics.ClientToPeerBytes} bytes to peers");
            Assert.True(metrics.PeerToClientBytes > FileBytes, $"{metrics.PeerToClientBytes} bytes to clients");
        }
    }

    private async Task<(TurnServer Server, TestCertificate Certificate)> StartSecureAsync()
    {
        var address = Loopback.NextAddress();
        var certificate = CertificateFor(address);
        return (await StartServerAsync(new ServerSettings { Address = address, Certificate = certificate }), certificate);
    }
}
