using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;

namespace Turnpike.ControlPlane.Tests.Metrics;

/// <summary>Calls are counted, however they come and however they end.</summary>
public sealed class CallMetricsTests : ControlPlaneTest
{
    protected override string[] Settings => ["--ControlPlane:MaxStreams=1", "--ControlPlane:CallsPerSecond=100"];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Until.TrueAsync("the default realm", async () => await Plane.Realms.GetAsync("turnpike") is not null);
    }

    [Fact]
    public async Task A_call_counts_the_same_over_gRPC_gRPC_Web_and_REST()
    {
        await Plane.RealmService().ListRealmsAsync(new ListRealmsRequest(), cancellationToken: Cancellation);
        using HttpClient rest = Plane.Rest();
        Assert.Equal(HttpStatusCode.OK, (await rest.GetAsync("/v1/realms", Cancellation)).StatusCode);
        using ByteArrayContent empty = new(new byte[5]);
        empty.Headers.ContentType = new MediaTypeHeaderValue("application/grpc-web+proto");
        byte[] web = await (await rest.PostAsync("/turnpike.v1.RealmService/ListRealms", empty, Cancellation)).Content.ReadAsByteArrayAsync(Cancellation);
        Assert.Contains("grpc-status: 0", Encoding.ASCII.GetString(web), StringComparison.Ordinal);

        await CountAsync("RealmService", "ListRealms", "OK", 3);
        Scrape scrape = await Scrape.OfAsync(Plane);
        Assert.Equal(3, scrape["request_duration_seconds_count{service=\"turnpike.v1.RealmService\",method=\"ListRealms\"}"]);
        Assert.Equal(3, scrape["request_duration_seconds_bucket{service=\"turnpike.v1.RealmService\",method=\"ListRealms\",le=\"+Inf\"}"]);
    }

    [Fact]
    public async Task The_code_is_the_one_that_the_call_ended_with_even_where_REST_has_one_status_for_several()
    {
        RealmService.RealmServiceClient grpc = Plane.RealmService();
        await Refused.WithAsync(StatusCode.NotFound, async () => await grpc.GetRealmAsync(new GetRealmRequest { Name = "realms/nobody" }));
        await Refused.WithAsync(StatusCode.AlreadyExists, async () => await grpc.CreateRealmAsync(new CreateRealmRequest { RealmId = "turnpike" }));
        using HttpClient rest = Plane.Rest();
        Assert.Equal(HttpStatusCode.NotFound, (await rest.GetAsync("/v1/realms/nobody", Cancellation)).StatusCode);
        using StringContent body = new("{}", Encoding.UTF8, "application/json");
        Assert.Equal(HttpStatusCode.Conflict, (await rest.PostAsync("/v1/realms?realm_id=turnpike", body, Cancellation)).StatusCode);
        using HttpClient stranger = Plane.Rest(null);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/v1/realms/turnpike", Cancellation)).StatusCode);

        await CountAsync("RealmService", "GetRealm", "NotFound", 2);
        await CountAsync("RealmService", "CreateRealm", "AlreadyExists", 2);
        await CountAsync("RealmService", "GetRealm", "Unauthenticated", 1);
    }

    [Fact]
    public async Task What_cannot_be_read_counts_too_and_what_is_too_large_is_a_limit()
    {
        using HttpClient rest = Plane.Rest();
        using StringContent junk = new("{", Encoding.UTF8, "application/json");
        Assert.Equal(HttpStatusCode.BadRequest, (await rest.PostAsync("/v1/credentials:revoke", junk, Cancellation)).StatusCode);
        await CountAsync("CredentialService", "RevokeCredentials", "InvalidArgument", 1);

        await Refused.WithAsync(StatusCode.ResourceExhausted, async () =>
            await Plane.RealmService().CreateRealmAsync(new CreateRealmRequest { RealmId = new string('x', 2_000_000) }));
        await CountAsync("RealmService", "CreateRealm", "ResourceExhausted", 1);
        Assert.Equal(1, (await Scrape.OfAsync(Plane))["limits_hit_total{limit=\"message_size\"}"]);
    }

    [Fact]
    public async Task Whatever_names_callers_make_up_they_have_one_in_the_metrics()
    {
        using HttpClient rest = Plane.Rest();
        Assert.Equal(HttpStatusCode.NotFound, (await rest.GetAsync("/v1/made/up/by/a/caller", Cancellation)).StatusCode);
        Method<ListRealmsRequest, ListRealmsResponse> method = new(MethodType.Unary, "made.up.Service", "Method", Marshalled<ListRealmsRequest>(), Marshalled<ListRealmsResponse>());
        await Refused.WithAsync(StatusCode.Unimplemented, async () =>
            await Plane.Invoker().AsyncUnaryCall(method, null, default, new ListRealmsRequest()));

        await Until.TrueAsync("both calls", async () =>
        {
            Scrape scrape = await Scrape.OfAsync(Plane);
            return scrape["requests_total{service=\"unknown\",method=\"unknown\",code=\"NotFound\"}"] == 1
                && scrape["requests_total{service=\"unknown\",method=\"unknown\",code=\"Unimplemented\"}"] == 1;
        });
        Assert.DoesNotContain((await Scrape.OfAsync(Plane)).Series, series => series.Contains("made", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pages_and_probes_are_no_calls_and_the_drafts_interface_is_one()
    {
        using HttpClient http = Plane.Rest(null);
        await http.GetAsync("/health/live", Cancellation);
        await http.GetAsync("/", Cancellation);
        Assert.DoesNotContain((await Scrape.OfAsync(Plane)).Series, series => series.StartsWith("turnpike_control_plane_requests_total", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/turn?service=turn", Cancellation)).StatusCode);
        Assert.Equal(1, (await Scrape.OfAsync(Plane))["requests_total{service=\"turn\",method=\"Issue\",code=\"Unauthenticated\"}"]);
    }

    [Fact]
    public async Task Streams_are_shown_while_they_are_open_and_one_too_many_is_a_limit()
    {
        const string series = "streams{service=\"turnpike.v1.FleetService\",method=\"WatchEdges\"}";
        Assert.Contains($"turnpike_control_plane_{series}", (await Scrape.OfAsync(Plane)).Series);
        using (AsyncServerStreamingCall<WatchEdgesResponse> call = Plane.Fleet().WatchEdges(new WatchEdgesRequest(), cancellationToken: Cancellation))
        {
            // A call counts before it takes its place, and this one is to have it.
            await Until.TrueAsync("a place", () => Plane.Services.GetRequiredService<StreamGate>().Open == 1);
            Assert.Equal(1, (await Scrape.OfAsync(Plane))[series]);
            using AsyncServerStreamingCall<WatchEdgesResponse> other = Plane.Fleet().WatchEdges(new WatchEdgesRequest(), cancellationToken: Cancellation);
            await Refused.WithAsync(StatusCode.ResourceExhausted, () => other.ResponseStream.MoveNext(Cancellation));
            Assert.Equal(1, (await Scrape.OfAsync(Plane))["limits_hit_total{limit=\"streams\"}"]);
        }
        await Until.TrueAsync("no stream", async () => (await Scrape.OfAsync(Plane))[series] == 0);
        await CountAsync("FleetService", "WatchEdges", "ResourceExhausted", 1);
        await CountAsync("FleetService", "WatchEdges", "Cancelled", 1);
        Assert.DoesNotContain((await Scrape.OfAsync(Plane)).Series, name =>
            name.Contains("request_duration_seconds", StringComparison.Ordinal) && name.Contains("WatchEdges", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_caller_that_calls_too_often_is_a_limit_over_gRPC_and_REST()
    {
        using HttpClient rest = Plane.Rest(Tokens.Viewer);
        while ((await rest.GetAsync("/v1/realms", Cancellation)).StatusCode != HttpStatusCode.TooManyRequests)
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => rest.GetAsync("/v1/realms", Cancellation)));
        }
        Assert.True((await Scrape.OfAsync(Plane))["limits_hit_total{limit=\"calls_per_second\"}"] > 0);
    }

    private static Marshaller<T> Marshalled<T>()
        where T : Google.Protobuf.IMessage<T>, new() =>
        Marshallers.Create(message => Google.Protobuf.MessageExtensions.ToByteArray(message), bytes => new Google.Protobuf.MessageParser<T>(() => new T()).ParseFrom(bytes));

    // A call is counted when it has ended, which a caller may notice before.
    private Task CountAsync(string service, string method, string code, int count) => Until.TrueAsync(
        $"{count} calls of {method} that ended with {code}",
        async () => (await Scrape.OfAsync(Plane))[$"requests_total{{service=\"turnpike.v1.{service}\",method=\"{method}\",code=\"{code}\"}}"] == count);
}
