using System.Net;
using System.Text.Json;
using Turnpike.Edge.Tests.Streams;
using Turnpike.ServiceDefaults;

namespace Turnpike.Edge.Tests.Host;

[Collection(EnvironmentCollection.Name)]
public sealed class HealthTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RelayState.Ready, 0, null, 200, null)]
    [InlineData(RelayState.Ready, 0, "no relay port is left", 503, "no relay port is left")]
    [InlineData(RelayState.Starting, 0, null, 503, "the relay is starting")]
    [InlineData(RelayState.Starting, 0, "listeners are \"opening\"", 503, "listeners are \"opening\"")]
    [InlineData(RelayState.Draining, 1, "draining", 200, null)]
    [InlineData(RelayState.Draining, 0, null, 503, "draining, and no allocation is left")]
    [InlineData(RelayState.Stopped, 0, null, 503, "the relay has stopped")]
    public async Task Ready_follows_the_relay_and_a_draining_edge_stays_ready_while_it_has_allocations(
        RelayState state, long allocations, string? reason, int status, string? shown)
    {
        await using EdgeHost host = await EdgeHost.StartAsync(new FakeRelay { State = state, Allocations = allocations, NotReadyReason = reason });
        using HttpResponseMessage response = await host.Client.GetAsync("/health/ready", Cancellation);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        string body = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.Equal(body.Length - 1, body.IndexOf('\n', StringComparison.Ordinal));
        using JsonDocument json = JsonDocument.Parse(body);
        Assert.Equal(status == 200 ? "ready" : "not ready", json.RootElement.GetProperty("status").GetString());
        Assert.Equal(shown, json.RootElement.TryGetProperty("reason", out JsonElement value) ? value.GetString() : null);
    }

    [Fact]
    public async Task An_edge_whose_store_is_away_is_ready_and_says_that_it_is_degraded()
    {
        await using EdgeHost host = await EdgeHost.StartAsync(new FakeRelay(), "--Cluster:Redis=127.0.0.1:1");
        await Eventually.TrueAsync(async () =>
        {
            using HttpResponseMessage probe = await host.Client.GetAsync("/health/ready", Cancellation);
            return probe.StatusCode == HttpStatusCode.OK;
        });
        using JsonDocument json = JsonDocument.Parse(await host.Client.GetStringAsync("/health/ready", Cancellation));
        Assert.Equal("ready", json.RootElement.GetProperty("status").GetString());
        Assert.StartsWith("the cluster's store is away", json.RootElement.GetProperty("degraded").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_reason_is_named_beside_what_the_edge_does_without()
    {
        await using EdgeHost host = await EdgeHost.StartAsync(new FakeRelay { State = RelayState.Starting }, new Waiting());
        using HttpResponseMessage response = await host.Client.GetAsync("/health/ready", Cancellation);
        Assert.Equal(503, (int)response.StatusCode);
        Assert.Equal(
            """{"status":"not ready","reason":"the relay is starting; nobody has \"said\" anything","degraded":"it is dark"}""" + "\n",
            await response.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("""{"status":"alive","degraded":"it is dark"}""" + "\n", await host.Client.GetStringAsync("/health/live", Cancellation));
    }

    [Theory]
    [InlineData(RelayState.Starting, 200)]
    [InlineData(RelayState.Draining, 200)]
    [InlineData(RelayState.Stopped, 503)]
    public async Task Live_fails_only_when_the_relay_has_stopped(RelayState state, int status)
    {
        await using EdgeHost host = await EdgeHost.StartAsync(new FakeRelay { State = state });
        using HttpResponseMessage response = await host.Client.GetAsync("/health/live", Cancellation);
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Nothing_else_is_served_and_no_product_is_named()
    {
        await using EdgeHost host = await EdgeHost.StartAsync(new FakeRelay());
        using HttpResponseMessage missing = await host.Client.GetAsync("/", Cancellation);
        using HttpResponseMessage post = await host.Client.PostAsync("/health/live", null, Cancellation);
        using HttpResponseMessage live = await host.Client.GetAsync("/health/live", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
        Assert.Empty(live.Headers.Server);
    }

    [Fact]
    public async Task A_request_with_oversized_headers_is_refused()
    {
        await using EdgeHost host = await EdgeHost.StartAsync(new FakeRelay());
        using HttpRequestMessage request = new(HttpMethod.Get, "/health/live");
        request.Headers.Add("X-Large", new string('x', 9 * 1024));
        using HttpResponseMessage response = await host.Client.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, response.StatusCode);
    }

    private sealed class Waiting : IServiceHealth
    {
        public string? NotReadyReason => "nobody has \"said\" anything";

        public string? NotAliveReason => null;

        public string? DegradedReason => "it is dark";
    }
}
