using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>A setting that cannot be served ends the start with one clear line and an exit code that a supervisor sees.</summary>
public sealed class StartupTests : InteropTest
{
    private static readonly TimeSpan RefusalDeadline = TimeSpan.FromSeconds(30);

    [Theory(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    [InlineData("Edge__Listeners__0", "udp://192.0.2.1:3478", "192.0.2.1")]
    [InlineData("Edge__Relay__Addresses__0", "192.0.2.1", "192.0.2.1")]
    [InlineData("Edge__Management", "http://192.0.2.1:9641", "192.0.2.1")]
    [InlineData("Edge__Relm", "example.org", "Edge:Realm")]
    [InlineData("Edge__Listeners__0", "tls://127.0.0.1:5349", "Edge:Tls:Certificate")]
    [InlineData("Edge__Peers__AllowPrivate__0", "10.0.0.0/33", "Edge:Peers:AllowPrivate:0")]
    [InlineData("Telemetry__Endpoint", "collector:4317", "Telemetry:Endpoint")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "OTEL_EXPORTER_OTLP_PROTOCOL")]
    public async Task A_setting_that_cannot_be_served_is_one_clear_error(string key, string value, string named)
    {
        await AssertRefusesAsync(named, (key, value));
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task A_port_in_use_is_one_clear_error()
    {
        using var occupant = Loopback.BoundSocket(Loopback.NextAddress());

        await AssertRefusesAsync($"{occupant.LocalEndPoint}", ("Edge__Listeners__0", $"udp://{occupant.LocalEndPoint}"));
    }

    private static async Task AssertRefusesAsync(string named, (string Key, string Value) setting)
    {
        await using var edge = EdgeServer.StartExpectingRefusal(new ServerSettings(), setting);

        int exitCode = await edge.WaitForExitAsync(RefusalDeadline);

        string[] naming = [.. edge.Output.Split('\n').Where(line => line.Contains(named, StringComparison.Ordinal))];
        Assert.True(exitCode != 0, $"exit code 0:\n{edge.Output}");
        Assert.True(naming.Length == 1, $"{naming.Length} lines name {named}, not one:\n{edge.Output}");
        Assert.DoesNotContain("Unhandled exception", edge.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", edge.Output, StringComparison.Ordinal);
    }
}
