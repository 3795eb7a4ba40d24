using System.Diagnostics;
using System.Globalization;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>Clients of other makers, where they are installed.</summary>
public sealed class OtherClientTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static bool HasOpenSsl => IsInstalled("openssl");

    public static bool HasUclient => IsInstalled("turnutils_uclient");

    [Theory(SkipUnless = nameof(HasOpenSsl), Skip = "openssl is not installed")]
    [InlineData("RSA", "-dtls1_2")]
    [InlineData("ECDSA", "-dtls1_2")]
    [InlineData("RSA", "-dtls1_2 -cipher ECDHE-RSA-CHACHA20-POLY1305")]
    [InlineData("RSA", "-dtls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384 -groups P-384 -alpn stun.turn")]
    [InlineData("RSA", "-dtls1_2 -sigalgs rsa_pss_rsae_sha256")]
    public async Task OpenSSL_completes_a_handshake(string algorithm, string options)
    {
        (int code, string output, RunningRelay running) = await OpenSsl(algorithm, options);
        Assert.Contains("Protocol version: DTLSv1.2", output, StringComparison.Ordinal);
        Assert.Equal(0, code);
        Assert.Equal(1, running.Handshakes("completed"));
        await Eventually.TrueAsync(() => running.Sessions() == 0); // it says close_notify at its end
        await running.DisposeAsync();
    }

    [Theory(SkipUnless = nameof(HasOpenSsl), Skip = "openssl is not installed")]
    [InlineData("-dtls1 -cipher DEFAULT@SECLEVEL=0")]
    [InlineData("-dtls1_2 -cipher AES128-GCM-SHA256")]
    [InlineData("-dtls1_2 -alpn h2")]
    public async Task OpenSSL_is_refused_with_an_old_version_a_weak_suite_or_another_protocol(string options)
    {
        (int code, string output, RunningRelay running) = await OpenSsl("RSA", options);
        Assert.DoesNotContain("CONNECTION ESTABLISHED", output, StringComparison.Ordinal);
        Assert.NotEqual(0, code);
        Assert.Equal(1, running.Handshakes("failed"));
        await running.DisposeAsync();
    }

    [Theory(SkipUnless = nameof(HasUclient), Skip = "turnutils_uclient (coturn) is not installed")]
    [InlineData("-c")] // channels
    [InlineData("-c -s")] // Send and Data indications
    public async Task Coturns_client_relays_over_DTLS_without_loss(string options)
    {
        using TestCertificates files = DtlsRelay.Certificates("RSA");
        await using RunningRelay running = await StartForUclient(files);
        (_, string output) = await Run(
            "turnutils_uclient", $"-S -y -n 20 -m 2 -l 160 -z 5 {options} -u {RunningRelay.User} -w {RunningRelay.Password} -p {running.Port} 127.0.0.1");
        Assert.Contains("tot_send_msgs=40, tot_recv_msgs=40", output, StringComparison.Ordinal);
        Assert.Contains("Total lost packets 0 ", output, StringComparison.Ordinal);
        Assert.Equal(40, running.Relay.Read().ClientToPeer.Packets);
        Assert.InRange(running.Handshakes("completed"), 2, 10);
    }

    [Fact(SkipUnless = nameof(HasUclient), Skip = "turnutils_uclient (coturn) is not installed")]
    public async Task Coturns_client_with_a_wrong_password_gets_no_allocation()
    {
        using TestCertificates files = DtlsRelay.Certificates("RSA");
        await using RunningRelay running = await StartForUclient(files);
        (_, string output) = await Run(
            "turnutils_uclient", $"-S -y -n 20 -m 2 -c -u {RunningRelay.User} -w wrong -p {running.Port} 127.0.0.1");
        Assert.Contains("Cannot complete Allocation", output, StringComparison.Ordinal);
        Assert.Equal(0, running.Relay.Read().AllocationsCreated);
    }

    // Its channel numbers are those of RFC 5766.
    private static Task<RunningRelay> StartForUclient(TestCertificates files) => RunningRelay.StartAsync(
        [("Edge:Listeners:0", "dtls://127.0.0.1:0"), ("Edge:Peers:AllowPrivate:0", "127.0.0.0/8"),
            ("Edge:Protocol:Rfc5766ChannelNumbers", "true"), .. files.Settings]);

    private static async Task<(int Code, string Output, RunningRelay Running)> OpenSsl(string algorithm, string options)
    {
        using TestCertificates files = DtlsRelay.Certificates(algorithm);
        RunningRelay running = await DtlsRelay.StartAsync(files);
        (int code, string output) = await Run("openssl", $"s_client {options} -brief -connect 127.0.0.1:{running.Port}", "Q\n");
        return (code, output, running);
    }

    private static async Task<(int Code, string Output)> Run(string program, string arguments, string input = "")
    {
        var start = new ProcessStartInfo(program, arguments.ToString(CultureInfo.InvariantCulture))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        CancellationToken cancel = TestContext.Current.CancellationToken;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancel);
            Task<string> error = process.StandardError.ReadToEndAsync(cancel);
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync(cancel).WaitAsync(Limit, cancel);
            return (process.ExitCode, await output + await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private static bool IsInstalled(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
