using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>What <c>openssl s_client</c> sees of the TLS listener: versions, ALPN, and a certificate that is renewed.</summary>
public sealed class TlsTests : InteropTest
{
    private static readonly TimeSpan ReloadDeadline = TimeSpan.FromSeconds(20);

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task TLS_1_2_and_1_3_are_served_and_older_versions_are_not()
    {
        var address = Loopback.NextAddress();
        var edge = await StartEdgeAsync(new ServerSettings { Address = address, Certificate = CertificateFor(address) });

        Assert.Equal("TLSv1.2", (await OpenSsl.ConnectAsync(edge.SecureEndPoint, "-tls1_2")).Protocol);
        Assert.Equal("TLSv1.3", (await OpenSsl.ConnectAsync(edge.SecureEndPoint, "-tls1_3")).Protocol);
        var old = await OpenSsl.ConnectAsync(edge.SecureEndPoint, "-tls1_1");
        Assert.Null(old.Protocol);
        Assert.Contains("alert protocol version", old.Output, StringComparison.Ordinal);
        Assert.Null((await OpenSsl.ConnectAsync(edge.SecureEndPoint, "-tls1")).Protocol);
    }

    // Shows that the client above speaks TLS 1.1: it does with its own server.
    [Fact]
    public async Task Openssl_speaks_TLS_1_1_with_a_server_that_does()
    {
        var address = Loopback.NextAddress();
        var certificate = CertificateFor(address);
        var endPoint = new IPEndPoint(address, Loopback.FreeTcpPort(address));
        string[] files = ["-cert", certificate.CertificateFile, "-key", certificate.KeyFile];
        await using var server = ChildProcess.Start(
            "openssl", ["s_server", "-accept", endPoint.ToString(), .. files, "-cipher", "DEFAULT@SECLEVEL=0", "-www"]);
        await server.WaitForLineAsync(line => line == "ACCEPT", ReloadDeadline);

        Assert.Equal("TLSv1.0", (await OpenSsl.ConnectAsync(endPoint, "-tls1")).Protocol);
        Assert.NotNull((await OpenSsl.ConnectAsync(endPoint, "-tls1_1")).Protocol);
    }

    [Theory(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task ALPN_agrees_on_stun_turn_and_on_nothing_else(string version)
    {
        var address = Loopback.NextAddress();
        var edge = await StartEdgeAsync(new ServerSettings { Address = address, Certificate = CertificateFor(address) });

        Assert.Equal("stun.turn", (await OpenSsl.ConnectAsync(edge.SecureEndPoint, version, "-alpn", "stun.turn")).ApplicationProtocol);
        Assert.Equal("stun.turn", (await OpenSsl.ConnectAsync(edge.SecureEndPoint, version, "-alpn", "h2,stun.turn")).ApplicationProtocol);

        // RFC 7443: a client that knows nothing of ALPN is served all the same.
        var without = await OpenSsl.ConnectAsync(edge.SecureEndPoint, version);
        Assert.Equal((true, null), (without.Protocol is not null, without.ApplicationProtocol));

        var foreign = await OpenSsl.ConnectAsync(edge.SecureEndPoint, version, "-alpn", "h2,http/1.1");
        Assert.Contains("alert no application protocol", foreign.Output, StringComparison.Ordinal);
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task A_certificate_is_renewed_while_a_call_goes_on()
    {
        var address = Loopback.NextAddress();
        var certificate = CertificateFor(address);
        var edge = await StartEdgeAsync(new ServerSettings { Address = address, Certificate = certificate });
        var peer = await StartEchoPeerAsync(IPAddress.Loopback);
        string first = certificate.Sha1;
        Assert.Equal(first, (await OpenSsl.ConnectAsync(edge.SecureEndPoint)).Sha1);

        await using var call = Uclient.Start(
            edge.SecureEndPoint, [.. Uclient.To(peer.EndPoint), "-t", "-S", "-z", "100", "-n", "100", "-m", "1", "-c"]);
        await call.WaitForTrafficAsync();
        certificate.Replace();
        await Deadline.UntilAsync(
            "a new client sees the new certificate",
            ReloadDeadline,
            async () => (await OpenSsl.ConnectAsync(edge.SecureEndPoint)).Sha1 == certificate.Sha1);

        Assert.NotEqual(first, certificate.Sha1);
        Assert.False(call.HasEnded, "the call ended before the certificate was renewed: nothing is shown about it");
        (await call.WaitForResultAsync()).AssertNothingLost(100);
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task A_broken_certificate_on_disk_leaves_the_old_one_in_use()
    {
        var address = Loopback.NextAddress();
        var certificate = CertificateFor(address);
        var edge = await StartEdgeAsync(new ServerSettings { Address = address, Certificate = certificate });
        string good = certificate.Sha1;

        await File.WriteAllTextAsync(certificate.CertificateFile, "not a certificate", TestContext.Current.CancellationToken);
        await edge.Process.WaitForLineAsync(
            line => line.Contains("\"Error\"", StringComparison.Ordinal)
                && line.Contains("certificate is not used", StringComparison.Ordinal),
            ReloadDeadline);

        Assert.Equal(good, (await OpenSsl.ConnectAsync(edge.SecureEndPoint)).Sha1);
        certificate.Replace();
        await Deadline.UntilAsync(
            "the next good certificate is used",
            ReloadDeadline,
            async () => (await OpenSsl.ConnectAsync(edge.SecureEndPoint)).Sha1 == certificate.Sha1);
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task DTLS_shows_the_same_certificate()
    {
        var address = Loopback.NextAddress();
        var certificate = CertificateFor(address);
        var edge = await StartEdgeAsync(new ServerSettings { Address = address, Certificate = certificate });

        var shown = await OpenSsl.ConnectAsync(edge.SecureEndPoint, "-dtls1_2");

        Assert.Equal(certificate.Sha1, shown.Sha1);
    }
}
