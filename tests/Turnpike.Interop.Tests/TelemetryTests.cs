using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;
using Turnpike.OtlpReceiver;

namespace Turnpike.Interop;

/// <summary>A collector gets what an edge has to say to the last; one that is slow or dead is no concern of the edge's clients.</summary>
public sealed class TelemetryTests : InteropTest
{
    private const string Secret = "a-key-that-nobody-sees";
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(20);

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task The_spans_of_allocations_that_a_drain_cuts_arrive_before_the_edge_has_ended()
    {
        using TestCertificate files = new(IPAddress.Loopback);
        using X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(files.CertificateFile, files.KeyFile);
        await using Collector collector = await Collector.StartAsync(certificate);
        EdgeServer edge = await StartEdgeAsync(
            null,
            ("Edge__Drain__Deadline", "1"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Endpoint),
            ("OTEL_SERVICE_NAME", "relays"),
            ("Telemetry__TrustedIssuer", files.CertificateFile),
            ("Telemetry__Headers", $"x-api-key={Secret}"));
        using TurnClient first = new(edge.EndPoint);
        using TurnClient second = new(edge.EndPoint);
        Assert.True((await first.AllocateAsync()).Succeeded);
        Assert.True((await second.AllocateAsync()).Succeeded);

        await edge.Process.TerminateAsync();

        Assert.Equal(0, await edge.Process.WaitForExitAsync(Prompt));
        ReceivedSpan[] lives = [.. collector.Spans.Where(span => span.Name == "allocation")];
        Assert.Equal(2, lives.Length);
        Assert.All(lives, life => Assert.Equal("server_stopped", life.Events[^1].Attributes["turnpike.reason"]));
        Assert.All(lives, life => Assert.Equal("relays", life.Service));
        Assert.Contains(("relays", "turnpike.edge.allocations_created"), collector.MetricsReceived);
        Assert.Equal([Secret], collector.Credentials);
        Assert.Contains("takes traces", edge.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, edge.Log, StringComparison.Ordinal);
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task A_collector_that_never_answers_holds_up_neither_clients_nor_the_end()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        EdgeServer edge = await StartEdgeAsync(
            null,
            ("Telemetry__Endpoint", $"http://{silent.LocalEndpoint}"),
            ("Telemetry__Timeout", "1000"),
            ("Telemetry__MetricsInterval", "1"),
            ("OTEL_BSP_SCHEDULE_DELAY", "50"));
        await EndAsUsualAsync(edge);
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task A_collector_whose_issuer_nobody_trusts_gets_nothing()
    {
        using TestCertificate files = new(IPAddress.Loopback);
        using X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(files.CertificateFile, files.KeyFile);
        await using Collector collector = await Collector.StartAsync(certificate);
        EdgeServer edge = await StartEdgeAsync(null, ("Telemetry__Endpoint", collector.Endpoint), ("OTEL_BSP_SCHEDULE_DELAY", "50"));
        await EndAsUsualAsync(edge);
        Assert.Empty(collector.Spans);
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task A_collector_that_is_down_holds_up_neither_clients_nor_the_end()
    {
        IPAddress address = Loopback.NextAddress();
        EdgeServer edge = await StartEdgeAsync(
            null, ("Telemetry__Endpoint", $"http://{address}:{Loopback.FreeTcpPort(address)}"), ("OTEL_BSP_SCHEDULE_DELAY", "50"));
        await EndAsUsualAsync(edge);
    }

    // Enough calls to come across several exports, each answered within the client's own patience.
    private static async Task EndAsUsualAsync(EdgeServer edge)
    {
        await Deadline.UntilAsync("the edge says that nothing arrives", Prompt, async () =>
        {
            using TurnClient client = new(edge.EndPoint);
            Assert.True((await client.AllocateAsync()).Succeeded);
            Assert.True((await client.RefreshAsync(0)).Succeeded);
            return edge.Log.Contains("does not take traces", StringComparison.Ordinal);
        });
        Assert.Equal(0, (await edge.MetricsAsync()).Value("turnpike_telemetry_collector_available{signal=\"traces\"}"));
        using TurnClient last = new(edge.EndPoint);
        Assert.True((await last.AllocateAsync()).Succeeded);
        Assert.True((await last.RefreshAsync(0)).Succeeded);

        await edge.Process.TerminateAsync();

        Assert.Equal(0, await edge.Process.WaitForExitAsync(Prompt));
        Assert.Single(edge.Log.Split('\n'), line => line.Contains("does not take traces", StringComparison.Ordinal));
    }
}
