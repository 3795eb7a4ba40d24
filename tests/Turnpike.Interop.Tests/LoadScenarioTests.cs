using System.Net;
using Turnpike.Interop.Servers;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.Interop;

/// <summary>Every scenario of turnpike-loadtest, small, and every way to a server.</summary>
public sealed class LoadScenarioTests(LoadScenarioTests.LoadedServer loaded) : IClassFixture<LoadScenarioTests.LoadedServer>
{
    private static readonly string[] Short = ["--seconds", "0.4", "--warmup", "0.1"];

    [Theory]
    [InlineData("voice")]
    [InlineData("video")]
    [InlineData("screen")]
    [InlineData("ramp")]
    [InlineData("churn", "--churn", "20", "--hold", "0.1")]
    [InlineData("soak", "--churn", "20", "--hold", "0.1")]
    [InlineData("mixed", "--churn", "20", "--hold", "0.1")]
    public async Task A_scenario_comes_through(string scenario, params string[] more) =>
        await RunAsync(loaded.Server.EndPoint, ["--scenario", scenario, "--calls", "4", .. more]);

    [Theory]
    [InlineData("--transport", "tcp")]
    [InlineData("--transport", "tcp", "--size", "161")] // padded
    [InlineData("--framing", "send")]
    [InlineData("--framing", "send", "--transport", "tcp", "--size", "161")]
    [InlineData("--framing", "send", "--direction", "pairs")]
    [InlineData("--family", "6")]
    [InlineData("--family", "6", "--framing", "send", "--transport", "tcp")]
    public async Task Traffic_comes_through_however_it_travels(params string[] how) =>
        await RunAsync(loaded.Server.EndPoint, ["--scenario", "voice", "--calls", "4", .. how]);

    [Fact]
    public async Task Traffic_and_churn_come_through_TLS()
    {
        ScenarioResult result = await RunAsync(
            loaded.Server.SecureEndPoint,
            ["--scenario", "churn", "--churn", "10", "--hold", "0.1", "--transport", "tls", "--ca", loaded.CertificateFile, "--server-name", TestCertificate.Name]);
        Assert.Equal("tls", result.Transport);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused()
    {
        var refused = await Assert.ThrowsAsync<LoadTest.Turn.TurnRefusedException>(() => RunAsync(
            loaded.Server.SecureEndPoint, ["--scenario", "voice", "--calls", "1", "--transport", "tls"]));
        Assert.Contains("certificate", refused.Message, StringComparison.Ordinal);
    }

    [Theory(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    [InlineData("udp")]
    [InlineData("tcp")]
    [InlineData("tls")]
    public async Task Calls_that_an_edge_sends_elsewhere_come_through_there(string transport)
    {
        bool isTls = transport == "tls";
        string other = (isTls ? loaded.Server.SecureEndPoint : loaded.Server.EndPoint).ToString();
        await using EdgeServer edge = await EdgeServer.StartAsync(
            new ServerSettings { Tcp = true, Certificate = isTls ? loaded.Certificate : null },
            ("Edge__Redirect__When", "always"),
            ("Edge__Redirect__AlternateServers__0", other),
            ("Edge__Redirect__AlternateDomain", TestCertificate.Name));
        string[] how = isTls ? ["--ca", loaded.CertificateFile, "--server-name", TestCertificate.Name] : [];
        ScenarioResult result = await RunAsync(
            isTls ? edge.SecureEndPoint : edge.EndPoint,
            ["--scenario", "churn", "--calls", "20", "--churn", "10", "--hold", "0.1", "--transport", transport, .. how]);
        RedirectionResult redirected = result.Redirected!;
        Assert.InRange(redirected.Clients, 2 + result.Churn!.Started, 2 + result.Churn.Started + 2); // of the warm-up too
        Assert.Equal((other, redirected.Clients), (Assert.Single(redirected.Servers).Key, redirected.Servers[other]));
    }

    /// <summary>The run, after what holds of each is asserted.</summary>
    private static async Task<ScenarioResult> RunAsync(IPEndPoint server, string[] arguments)
    {
        string[] all = ["--server", server.ToString(), "--user", ServerSettings.User, "--password", ServerSettings.Password, .. Short, .. arguments];
        CancellationToken stop = TestContext.Current.CancellationToken;
        ScenarioOptions options = await ScenarioArguments.ReadAsync(
            ParsedOptions.Parse(ScenarioArguments.Known, all), token: null, TimeProvider.System, stop);
        using var run = new ScenarioRun(options, TimeProvider.System) { QuietAfter = ScenarioAssert.Patience };
        ScenarioResult result = await Task.Run(() => run.Execute(observer: null, stop), stop);
        ScenarioAssert.ComesThrough(result, options);
        return result;
    }

    /// <summary>One server for all, over UDP, TCP and TLS, with relayed addresses of both families.</summary>
    public sealed class LoadedServer : IAsyncLifetime
    {
        private readonly TestCertificate _certificate;
        private TurnServer? _server;

        public LoadedServer() => _certificate = new TestCertificate(Settings.Address);

        public string CertificateFile => _certificate.CertificateFile;

        internal TestCertificate Certificate => _certificate;

        internal TurnServer Server => _server!;

        private ServerSettings Settings { get; } = new() { OtherFamily = IPAddress.IPv6Loopback, Tcp = true };

        public async ValueTask InitializeAsync() => _server = await Target.StartAsync(Settings with { Certificate = _certificate });

        public async ValueTask DisposeAsync()
        {
            if (_server is not null)
            {
                await _server.DisposeAsync();
            }

            _certificate.Dispose();
        }
    }
}
