using Grpc.Core;
using Turnpike.Contracts.V1;
using Turnpike.Testing;
using EdgeLoad = Turnpike.Cluster.EdgeLoad;

namespace Turnpike.ControlPlane.Tests.Metrics;

/// <summary>What the control plane shows of credentials, edges, the store and the logs.</summary>
public sealed class ControlPlaneMetricsTests : ControlPlaneTest
{
    [Fact]
    public async Task Edges_are_counted_by_state_and_a_silent_one_is_stale()
    {
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        EdgeLoad fresh = new() { ReportedAt = now + 600 };
        await Plane.BeatAsync(Make.Edge("a") with { Load = fresh });
        await Plane.BeatAsync(Make.Edge("b") with { Load = fresh });
        await Plane.BeatAsync(Make.Edge("c") with { Load = fresh, State = "draining" });
        await Plane.BeatAsync(Make.Edge("d") with { Load = fresh, State = "not-ready" });
        await Plane.BeatAsync(Make.Edge("e") with { Load = new EdgeLoad { ReportedAt = now - 600 } });
        await Until.TrueAsync("all edges", async () =>
        {
            Scrape scrape = await Scrape.OfAsync(Plane);
            return (2, 1, 1, 1) == (scrape["edges{state=\"ready\"}"], scrape["edges{state=\"draining\"}"], scrape["edges{state=\"not-ready\"}"], scrape["edges{state=\"stale\"}"]);
        });
    }

    [Fact]
    public async Task Credentials_are_counted_by_how_asking_for_them_ended()
    {
        CredentialService.CredentialServiceClient api = Plane.Credentials();
        await Until.TrueAsync("the default realm", async () => await Plane.Realms.GetAsync("turnpike") is not null);
        await Refused.WithAsync(StatusCode.Unavailable, async () => await api.IssueCredentialAsync(new IssueCredentialRequest()));
        await Plane.BeatAsync(Make.Edge("a"));
        await Until.TrueAsync("an edge", async () => (await Plane.Fleet().ListEdgesAsync(new ListEdgesRequest())).Edges.Count == 1);
        await api.IssueCredentialAsync(new IssueCredentialRequest(), cancellationToken: Cancellation);
        await Refused.WithAsync(StatusCode.InvalidArgument, async () => await api.IssueCredentialAsync(new IssueCredentialRequest { User = "a\nb" }));
        await Refused.WithAsync(StatusCode.NotFound, async () => await api.IssueCredentialAsync(new IssueCredentialRequest { Realm = "nobody" }));
        await api.RevokeCredentialsAsync(new RevokeCredentialsRequest { Tag = "room" }, cancellationToken: Cancellation);

        Scrape scrape = await Scrape.OfAsync(Plane);
        Assert.Equal(
            (1, 1, 1, 1, 0),
            (Issued("issued"), Issued("invalid"), Issued("not_found"), Issued("unavailable"), Issued("failed")));
        Assert.Equal(1, scrape["credentials_revoked_total{kind=\"tag\"}"]);
        Assert.Contains("turnpike_control_plane_credentials_revoked_total{kind=\"realm\"}", scrape.Series);

        double Issued(string result) => scrape[$"credentials_issued_total{{result=\"{result}\"}}"];
    }

    [Fact]
    public async Task The_store_shows_by_calls_time_and_absence()
    {
        Scrape scrape = await Scrape.OfAsync(Plane);
        Assert.Equal(1, scrape["store_available"]);
        Assert.True(scrape["store_calls_total"] > 0);
        Assert.True(scrape["store_latency_seconds_count"] > 0);
        Assert.Contains("turnpike_control_plane_store_errors_total{kind=\"timeout\"}", scrape.Series);
        await Plane.Redis.StopAsync();
        await Until.TrueAsync("the store to be away", async () => (await Scrape.OfAsync(Plane))["store_available"] == 0);
    }

    [Fact]
    public async Task A_log_that_somebody_follows_is_behind_while_it_cannot_be_read()
    {
        Assert.Equal(0, (await Scrape.OfAsync(Plane))["event_log_lag_seconds"]);
        using AsyncServerStreamingCall<StreamEventsResponse> call = Plane.Usage().StreamEvents(
            new StreamEventsRequest { Parent = "realms/turnpike" }, cancellationToken: Cancellation);
        Assert.True(await call.ResponseStream.MoveNext(Cancellation));
        await Until.TrueAsync("a lag", async () => (await Scrape.OfAsync(Plane))["event_log_lag_seconds"] > 0);
        // It goes back with each reading, five seconds apart at most where nothing happens.
        await Plane.Redis.StopAsync();
        await Until.TrueAsync("a lag beyond that", async () => (await Scrape.OfAsync(Plane))["event_log_lag_seconds"] > 6);
    }

    [Fact]
    public async Task Prometheus_finds_nothing_wrong_with_a_scrape()
    {
        await Plane.RealmService().ListRealmsAsync(new ListRealmsRequest(), cancellationToken: Cancellation);
        using HttpClient http = Plane.Rest(null);
        Assert.Equal("", await Promtool.FindingsAsync(await http.GetStringAsync("/metrics", Cancellation), Cancellation));
    }

    [Fact]
    public async Task The_build_is_told()
    {
        string build = Assert.Single((await Scrape.OfAsync(Plane)).Series, series => series.StartsWith("turnpike_control_plane_build_info{", StringComparison.Ordinal));
        Assert.Matches("""\{version="[0-9.]+",commit="[^"]+",runtime="10\.[0-9.]+"\}$""", build);
    }
}
