using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>A second stack that is no browser: two agents of Debian's python3-aioice, relayed candidates only.</summary>
public sealed class AioiceTests : InteropTest
{
    private const int Messages = 200;

    [Theory]
    [InlineData("udp")]
    [InlineData("tcp")]
    [InlineData("tls")]
    public async Task Data_between_two_aioice_agents_is_relayed_intact(string transport)
    {
        var (server, certificate) = await StartAsync();

        var call = await CallAsync(server, transport, ServerSettings.Password, certificate);

        Assert.Null(call.Error);
        Assert.Equal(["relay", "relay"], call.Candidates);
        Assert.Equal(Messages, call.Intact);
        if (server is EdgeServer edge)
        {
            // There and back, each time over both allocations.
            var metrics = await edge.MetricsAsync();
            Assert.True(metrics.ClientToPeerPackets >= 2 * Messages, $"{metrics.ClientToPeerPackets} packets to peers");
        }
    }

    [Theory]
    [InlineData("udp")]
    [InlineData("tcp")]
    [InlineData("tls")]
    public async Task A_wrong_password_fails_in_aioice(string transport)
    {
        var (server, certificate) = await StartAsync();

        var call = await CallAsync(server, transport, "wrong", certificate);

        Assert.Contains("401", call.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Aioice_takes_no_certificate_that_it_does_not_trust()
    {
        var (server, _) = await StartAsync();

        var call = await CallAsync(server, "tls", ServerSettings.Password, trusted: null);

        Assert.Contains("CERTIFICATE_VERIFY_FAILED", call.Error, StringComparison.Ordinal);
    }

    private static Task<AioiceResult> CallAsync(TurnServer server, string transport, string password, TestCertificate? trusted) =>
        Aioice.CallAsync(transport == "tls" ? server.SecureEndPoint : server.EndPoint, transport, password, Messages, trusted);

    private async Task<(TurnServer Server, TestCertificate Certificate)> StartAsync()
    {
        var address = Loopback.NextAddress();
        var certificate = CertificateFor(address);
        return (await StartServerAsync(new ServerSettings { Address = address, Tcp = true, Certificate = certificate }), certificate);
    }
}
