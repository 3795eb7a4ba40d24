using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Interop.Fleet;
using Turnpike.ControlPlane.Interop.Kit;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;
using Turnpike.OtlpReceiver;
using Turnpike.Protocol;

namespace Turnpike.ControlPlane.Interop;

/// <summary>What a collector gets of a call and of an allocation, each from the process that it happened in.</summary>
[Collection(ThreeEdges.Collection)]
public sealed class TraceTests(ThreeEdges three)
{
    private const string Realm = "traced";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly string _user = $"user-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";

    [Fact]
    public async Task An_allocation_is_one_span_with_its_events_and_the_stores_calls_in_its_trace()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        RealmService.RealmServiceClient realms = new(three.Plane.Invoker());
        await realms.CreateRealmAsync(
            new CreateRealmRequest { RealmId = Realm, Realm = new Realm { Policy = new RealmPolicy { AllocationsPerUser = 5 } } }, cancellationToken: cancellation);
        IssueCredentialResponse issued = await three.Credentials.IssueCredentialAsync(
            new IssueCredentialRequest { Realm = Realm, User = _user }, cancellationToken: cancellation);
        using TurnClient client = await ThreeEdges.AllocateAsync(three.Fleet.Edges[0], issued);
        TransportAddress peer = TransportAddress.From(IPAddress.Loopback, 9);
        Assert.True((await client.CreatePermissionAsync(peer)).Succeeded);
        Assert.True((await client.ChannelBindAsync(0x4001, peer)).Succeeded);
        Assert.True((await client.RefreshAsync(600)).Succeeded);
        Assert.True((await client.RefreshAsync(0)).Succeeded);
        await realms.DeleteRealmAsync(new DeleteRealmRequest { Name = $"realms/{Realm}" }, cancellationToken: cancellation);

        ReceivedSpan life = await FindAsync(
            "the allocation's span", span => span.Name == "allocation" && span.Attributes["turnpike.realm"] == Realm && span.Attributes.ContainsKey("turnpike.family"));
        Assert.Equal("turnpike-edge", life.Service);
        Assert.Empty(life.ParentId);
        Assert.False(life.IsError);
        Assert.Equal(["created", "permission", "channel", "refresh", "ended"], life.Events.Select(entry => entry.Name));
        Assert.Equal("600", life.Events[3].Attributes["turnpike.lifetime"]);
        Assert.Equal("deleted", life.Events[4].Attributes["turnpike.reason"]);
        Assert.Equal(("udp", "ipv4"), (life.Attributes["turnpike.transport"], life.Attributes["turnpike.family"]));

        ReceivedSpan lease = await FindAsync("the lease's call", span => span.TraceId == life.TraceId && span.Name == "EVALSHA lease-update");
        Assert.Equal(life.SpanId, lease.ParentId);
        Assert.Equal("redis", lease.Attributes["db.system.name"]);
        ReceivedSpan written = await FindAsync("the event's call", span => span.TraceId == life.TraceId && span.Name == "EVALSHA event-append");
        Assert.Equal(life.SpanId, written.ParentId);
        AssertNamesNobody(life, lease, written);
    }

    [Fact]
    public async Task The_trace_of_a_REST_call_goes_on_to_the_store()
    {
        (string trace, string span, string header) = NewTrace();
        using HttpClient rest = three.Plane.Rest();
        string path = $"/v1/realms/{ServerSettings.Realm}/users/{_user}";
        using HttpRequestMessage request = new(HttpMethod.Put, path)
        {
            Content = JsonContent.Create(new { password = "a password of some length" }),
            Headers = { { "traceparent", header } },
        };
        using HttpResponseMessage response = await rest.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        (await rest.DeleteAsync(path, TestContext.Current.CancellationToken)).Dispose();

        ReceivedSpan call = await FindAsync("the call's span", each => each.TraceId == trace && each.ParentId == span);
        Assert.Equal("turnpike-control-plane", call.Service);
        Assert.Equal("turnpike.v1.RealmService/PutUser", call.Name);
        Assert.Equal(
            ("grpc", "turnpike.v1.RealmService", "PutUser", "0"),
            (call.Attributes["rpc.system"], call.Attributes["rpc.service"], call.Attributes["rpc.method"], call.Attributes["rpc.grpc.status_code"]));
        Assert.Equal(("PUT", "200"), (call.Attributes["http.request.method"], call.Attributes["http.response.status_code"]));
        ReceivedSpan store = await FindAsync("the store's span", each => each.TraceId == trace && each.Name == "EVALSHA edit");
        Assert.Equal(call.SpanId, store.ParentId);
        AssertNamesNobody(call, store);

        // The log line of the change has the same trace.
        JsonElement audit = three.Plane.Process.Output.Split('\n')
            .Where(line => line.Contains("\"EventId\":3000", StringComparison.Ordinal) && line.Contains(trace, StringComparison.Ordinal))
            .Select(line => JsonElement.Parse(line)).Single();
        Assert.Equal((trace, call.SpanId), (audit.GetProperty("trace_id").GetString(), audit.GetProperty("span_id").GetString()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_gRPC_call_belongs_to_its_callers_trace_and_tells_how_it_ended(bool web)
    {
        (string trace, string span, string header) = NewTrace();
        using GrpcChannel channel = web
            ? GrpcChannel.ForAddress(three.Plane.Http, new GrpcChannelOptions
            {
                HttpHandler = new GrpcWebHandler(GrpcWebMode.GrpcWeb, new SocketsHttpHandler()),
                HttpVersion = HttpVersion.Version11,
                DisposeHttpClient = true,
            })
            : GrpcChannel.ForAddress(three.Plane.Grpc);
        Metadata headers = new() { { "authorization", $"Bearer {ControlPlaneServer.Token}" }, { "traceparent", header } };
        await Assert.ThrowsAsync<RpcException>(async () => await new RealmService.RealmServiceClient(channel).GetRealmAsync(
            new GetRealmRequest { Name = $"realms/{_user}" }, headers, cancellationToken: TestContext.Current.CancellationToken));

        ReceivedSpan call = await FindAsync("the call's span", each => each.TraceId == trace && each.ParentId == span);
        Assert.Equal(("turnpike.v1.RealmService/GetRealm", "5"), (call.Name, call.Attributes["rpc.grpc.status_code"]));
        Assert.False(call.IsError); // the caller asked for what is not there
        AssertNamesNobody(call);
    }

    [Fact]
    public async Task A_caller_whose_trace_is_not_recorded_makes_no_spans()
    {
        (string unrecorded, _, string header) = NewTrace(flags: "00");
        (string recorded, _, string after) = NewTrace();
        using HttpClient rest = three.Plane.Rest();
        foreach (string traceparent in (string[])[header, after])
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "/v1/edges") { Headers = { { "traceparent", traceparent } } };
            using HttpResponseMessage response = await rest.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        // One exporter sends both, in their order.
        await FindAsync("the later call's span", each => each.TraceId == recorded);
        Assert.DoesNotContain(three.Collector.Spans, each => each.TraceId == unrecorded);
    }

    [Fact]
    public async Task A_bucket_of_the_duration_of_calls_leads_to_a_call_that_was_exported()
    {
        (string trace, _, string header) = NewTrace();
        using HttpClient rest = three.Plane.Rest();
        using HttpRequestMessage call = new(HttpMethod.Get, "/v1/edges") { Headers = { { "traceparent", header } } };
        using HttpResponseMessage response = await rest.SendAsync(call, TestContext.Current.CancellationToken);
        string[] exemplars = [];
        await Deadline.UntilAsync("the call is in a bucket", Soon, async () =>
        {
            using HttpRequestMessage scrape = new(HttpMethod.Get, "/metrics") { Headers = { { "accept", "application/openmetrics-text" } } };
            using HttpResponseMessage metrics = await rest.SendAsync(scrape, TestContext.Current.CancellationToken);
            exemplars = [.. (await metrics.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split('\n')
                .Where(line => line.Contains("# {", StringComparison.Ordinal))];
            return exemplars.Any(line => line.StartsWith("turnpike_control_plane_request_duration_seconds_bucket", StringComparison.Ordinal)
                && line.Contains(trace, StringComparison.Ordinal));
        });

        // The scrape's own activity, whose trace nobody has, is nowhere.
        Assert.All(exemplars, line => Assert.Contains("_bucket{", line, StringComparison.Ordinal));
    }

    private static (string Trace, string Span, string Header) NewTrace(string flags = "01")
    {
        string trace = RandomNumberGenerator.GetHexString(32, lowercase: true);
        string span = RandomNumberGenerator.GetHexString(16, lowercase: true);
        return (trace, span, $"00-{trace}-{span}-{flags}");
    }

    private async Task<ReceivedSpan> FindAsync(string what, Func<ReceivedSpan, bool> condition)
    {
        ReceivedSpan? found = null;
        await Deadline.UntilAsync(what, Soon, () => Task.FromResult((found = three.Collector.Spans.FirstOrDefault(condition)) is not null));
        return found!;
    }

    private void AssertNamesNobody(params IEnumerable<ReceivedSpan> spans) => Assert.All(spans, span =>
    {
        Assert.DoesNotContain(_user, $"{span}", StringComparison.Ordinal);
        Assert.DoesNotContain("127.", $"{span}", StringComparison.Ordinal);
        Assert.DoesNotContain(ControlPlaneServer.Token, $"{span}", StringComparison.Ordinal);
    });
}
