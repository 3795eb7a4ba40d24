using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>Debian's turnutils_uclient over TLS and DTLS, with both kinds of certificates.</summary>
public sealed class UclientSecureTests : UclientTransportTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TLS_relays_every_message_there_and_back(bool rsa)
    {
        var server = await StartSecureAsync(rsa);

        var run = await AssertRelaysAsync(server, server.SecureEndPoint, Tls);

        Assert.Contains("client session connected with cipher", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DTLS_relays_every_message_there_and_back(bool rsa)
    {
        var server = await StartSecureAsync(rsa);

        var run = await AssertRelaysAsync(server, server.SecureEndPoint, "-S");

        Assert.Contains("client session connected with cipher", run.Output, StringComparison.Ordinal);
    }

    private async Task<TurnServer> StartSecureAsync(bool rsa)
    {
        var address = Loopback.NextAddress();
        return await StartServerAsync(new ServerSettings { Address = address, Certificate = CertificateFor(address, rsa) });
    }
}
