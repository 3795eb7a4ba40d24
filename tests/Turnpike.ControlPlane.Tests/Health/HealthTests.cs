using System.Net;
using System.Text.Json;
using Grpc.Health.V1;
using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Tests.Health;

/// <summary>What probes and logs say, with the store and without it.</summary>
public sealed class HealthTests : ControlPlaneTest
{
    [Fact]
    public async Task A_replica_whose_store_goes_away_stays_ready_and_says_degraded()
    {
        Assert.Equal((HttpStatusCode.OK, "{\"status\":\"ready\"}\n"), await ReadyAsync());
        await Plane.Redis.StopAsync();
        await Until.TrueAsync("the store is found away", () => !Plane.Store.IsAvailable);
        (HttpStatusCode code, string body) = await ReadyAsync();
        Assert.Equal(HttpStatusCode.OK, code);
        string? degraded = JsonDocument.Parse(body).RootElement.GetProperty("degraded").GetString();
        Assert.StartsWith("the cluster's store is away", degraded, StringComparison.Ordinal);
        // As people read it who ask with curl.
        Assert.Contains("the cluster's store", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Anybody_may_ask_over_gRPC_whether_it_serves()
    {
        HealthCheckResponse answer = await new Grpc.Health.V1.Health.HealthClient(Plane.Invoker(token: null))
            .CheckAsync(new HealthCheckRequest(), cancellationToken: Cancellation);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, answer.Status);
    }

    [Fact]
    public async Task A_replica_that_has_never_reached_its_store_is_not_ready()
    {
        await using ClusterStore store = ClusterStore.Open(
            new ClusterOptions { Redis = "127.0.0.1:1" }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var health = new ControlPlane.Health.ControlPlaneHealth(store);
        Assert.Contains("has not been reached yet", health.NotReadyReason, StringComparison.Ordinal);
        Assert.Null(health.NotAliveReason);
    }

    [Fact]
    public void What_was_started_is_logged_with_its_real_addresses()
    {
        string line = Assert.Single(Plane.Log.Of(3301));
        Assert.Contains($"gRPC http://127.0.0.1:{Plane.Grpc.Port}, REST http://127.0.0.1:{Plane.Http.Port}", line, StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Code, string Body)> ReadyAsync()
    {
        using HttpClient client = Plane.Rest(token: null);
        using HttpResponseMessage answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancellation);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }
}
