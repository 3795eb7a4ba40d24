using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Tests.Kit;

namespace Turnpike.Ctl.Tests;

/// <summary>Every command, for people and for programs.</summary>
public sealed class CommandTests
{
    // The command line, what it asks, and what a table of its answer must show.
    private static readonly (string Line, IMessage Request, string[] Shown)[] Lines =
    [
        ("issue --realm acme --user alice --tag room-7 --ttl 90min --region eu-1 --transport udp,tls --port 3478 --port 5349 --request-id 7",
            new IssueCredentialRequest
            {
                Realm = "acme", User = "alice", Tag = "room-7", Ttl = Length(90 * 60), Region = "eu-1", Transports = { Transport.Udp, Transport.Tls },
                Ports = { 3478, 5349 }, RequestId = "7",
            },
            ["turns:192.0.2.1:5349?transport=tcp", "1769860800:k1:alice", "c2VjcmV0", "2026-01-31 12:00:00Z"]),
        ("issue", new IssueCredentialRequest(), ["stun:192.0.2.1:3478"]),
        ("revoke --realm acme --username 1:k1:a --ttl 2h", new RevokeCredentialsRequest { Realm = "acme", Username = "1:k1:a", Ttl = Length(7200) }, ["r1", "tag room-7"]),
        ("revoke --user alice", new RevokeCredentialsRequest { User = "alice" }, ["acme"]),
        ("revoke --tag room-7", new RevokeCredentialsRequest { Tag = "room-7" }, ["r1"]),
        ("revoke --entire-realm", new RevokeCredentialsRequest { EntireRealm = true }, ["r1"]),
        ("revocations list --realm acme", new ListRevocationsRequest { Realm = "acme", PageSize = 1000 }, ["r1", "tag room-7"]),
        ("revocations delete r1", new DeleteRevocationRequest { Name = "revocations/r1" }, ["revocations/r1 is lifted"]),
        ("realms list", new ListRealmsRequest { PageSize = 1000 }, ["acme", "no limit"]),
        ("realms get acme", new GetRealmRequest { Name = "realms/acme" }, ["peers.deny", "198.51.100.0/24,203.0.113.0/24", "14400s", "refuse_new", "k1, from 2026"]),
        ("realms create acme --set allocations_per_user=10 --without-secret",
            new CreateRealmRequest { RealmId = "acme", Realm = new Realm { Policy = new RealmPolicy { AllocationsPerUser = 10 } }, WithoutSecret = true }, ["acme"]),
        ("realms delete acme --etag 7", new DeleteRealmRequest { Name = "realms/acme", Etag = "7" }, ["realms/acme is deleted"]),
        ("realms secret add acme --id k2 --not-before +1h --not-after 2026-02-28T00:00:00Z",
            new AddSecretRequest
            {
                Parent = "realms/acme", SecretId = "k2", NotBefore = Moment("2026-01-31T13:00:00Z"), NotAfter = Moment("2026-02-28T00:00:00Z"),
            },
            ["k1, from 2026-01-31", "0123456789abcdef0123"]),
        ("realms secret add acme --value", new AddSecretRequest { Parent = "realms/acme", Value = "from the input" }, ["k1"]),
        ("realms secret retire acme k1 --at +24h --force",
            new RetireSecretRequest { Name = "realms/acme/secrets/k1", NotAfter = Moment("2026-02-01T12:00:00Z"), Force = true }, ["k1"]),
        ("users list --realm acme", new ListUsersRequest { Parent = "realms/acme", PageSize = 1000 }, ["alice@example.org/home"]),
        ("users put alice", new PutUserRequest { Name = "realms/turnpike/users/alice", Password = "from the input" }, ["alice"]),
        ("users delete alice --realm acme", new DeleteUserRequest { Name = "realms/acme/users/alice" }, ["realms/acme/users/alice is deleted"]),
        ("usage --realm acme --bucket day --by tag --key room-7 --since 2026-01-01 --until 1h",
            new QueryUsageRequest
            {
                Parent = "realms/acme", Bucket = UsageBucket.Day, GroupBy = UsageGrouping.Tag, Key = "room-7", PageSize = 1000,
                StartTime = Moment("2026-01-01T00:00:00Z"), EndTime = Moment("2026-01-31T11:00:00Z"),
            },
            ["room-7", "5.00 G", "2 h 5 min"]),
        ("usage", new QueryUsageRequest { Parent = "realms/turnpike", EndTime = Samples.Noon, PageSize = 1000 }, ["room-7"]),
        ("edges list --region eu-1", new ListEdgesRequest { Region = "eu-1", PageSize = 1000 }, ["edge-1-x7", "ready", "42 %", "████░░░░░░", "5.00 k / 20.00 k", "1.25 G", "0 s ago"]),
        ("edges drain edge-1-x7 --deadline 10min", new DrainEdgeRequest { Name = "edges/edge-1-x7", Deadline = Length(600) }, ["edge-1-x7"]),
        ("edges undrain edges/edge-1-x7", new UndrainEdgeRequest { Name = "edges/edge-1-x7" }, ["edge-1-x7"]),
        ("explain --load 1.5 --min 2 --max 40 --target 70 --buffer 3",
            new ExplainScalingRequest
            {
                LoadFactor = 1.5,
                Policy = new ScalingPolicy { MinReplicas = 2, MaxReplicas = 40, Targets = { new ScalingTarget { Utilization = 0.7 } }, Buffer = new ScalingBuffer { Edges = 3 } },
            },
            [
                "scale up 3 → 5, 1 draining   (4 → 5 replicas)", "allocations", "1.90 k", "1.00 k", "63 %", "50 %", "█████████▓███░░░░░░░", "3.8 ◄",
                "allocations need 3.8 edges", "! the scale-up policies let there be 5 now", "take back: edge-9-a1",
            ]),
        ("explain", new ExplainScalingRequest(), ["scale up 3 → 5"]),
        ("explain --max 0", new ExplainScalingRequest { Policy = new ScalingPolicy { MaxReplicas = 0 } }, ["scale up 3 → 5"]),
        ("policy", new GetScalingPolicyRequest { Name = "scalingPolicy" },
            ["2 to 50", "85 %, 70 % of bits per second", "1 edge, 5 %, or what comes in 3 min", "the most of 100 % in 15 s, 4 in 60 s", "never", "mon-fri 08:00"]),
        ("decisions --limit 5", new ListDecisionsRequest { PageSize = 5 }, ["2026-01-31 12:00:00Z", "17", "scale up 3 → 5", "take back edge-9-a1", "allocations need"]),
        ("allocations list --edge edge-1-x7 --realm acme --user alice --tag room-7",
            new ListAllocationsRequest { Parent = "edges/edge-1-x7", Realm = "acme", User = "alice", Tag = "room-7", PageSize = 1000 },
            ["edges/edge-1-x7/allocations/a1", "198.51.100.7:40000", "1.25 M"]),
        ("allocations list", new ListAllocationsRequest { Parent = "edges/-", PageSize = 1000 }, ["alice"]),
        ("allocations terminate edges/e1/allocations/a edges/e1/allocations/b",
            new TerminateAllocationsRequest { Parent = "edges/e1", Names = { "edges/e1/allocations/a", "edges/e1/allocations/b" } }, ["2 allocations are ended"]),
        ("webhooks list --realm acme", new ListWebhooksRequest { Parent = "realms/acme", PageSize = 1000 }, ["app", "failing", "2 h 5 min", "1.25 M", "HTTP 503"]),
        ("webhooks get app --realm acme", new GetWebhookRequest { Name = "realms/acme/webhooks/app" }, ["quota reached", "room-7", "after 4 that failed", "7 events"]),
        ("webhooks create https://app.example.com/turn --id app --kind quota-reached,allocation-ended --tag room-7 --tag room-8 --paused",
            new CreateWebhookRequest
            {
                Parent = "realms/turnpike", WebhookId = "app",
                Webhook = new Webhook
                {
                    Url = "https://app.example.com/turn", Kinds = { Event.Types.Kind.QuotaReached, Event.Types.Kind.AllocationEnded },
                    Tags = { "room-7", "room-8" }, Paused = true,
                },
            },
            ["whsec_AAAA", "realms/acme/webhooks/app"]),
        ("webhooks update realms/acme/webhooks/app --url https://b.example.com/ --all-kinds --tag room-9 --resume",
            new UpdateWebhookRequest
            {
                Webhook = new Webhook { Name = "realms/acme/webhooks/app", Url = "https://b.example.com/", Tags = { "room-9" }, Paused = false },
                UpdateMask = new FieldMask { Paths = { "url", "kinds", "tags", "paused" } },
            },
            ["failing"]),
        ("webhooks update app --pause",
            new UpdateWebhookRequest
            {
                Webhook = new Webhook { Name = "realms/turnpike/webhooks/app", Paused = true }, UpdateMask = new FieldMask { Paths = { "paused" } },
            },
            ["app"]),
        ("webhooks delete app --etag 3", new DeleteWebhookRequest { Name = "realms/turnpike/webhooks/app", Etag = "3" }, ["realms/turnpike/webhooks/app is deleted"]),
        ("webhooks rotate app --overlap 2h", new RotateWebhookSecretRequest { Name = "realms/turnpike/webhooks/app", Overlap = Length(7200) }, ["whsec_BBBB"]),
        ("webhooks test app", new TestWebhookRequest { Name = "realms/turnpike/webhooks/app" }, ["no", "HTTP 503", "ping_1"]),
    ];

    public static TheoryData<int> Numbers() => [.. Enumerable.Range(0, Lines.Length)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public async Task A_command_asks_what_it_says_and_shows_the_answer(int number)
    {
        (string line, IMessage expected, string[] shown) = Lines[number];
        await using FakeControlPlane server = (await FakeControlPlane.StartAsync()).WithSamples();
        CtlRun program = new() { Input = "from the input\n" };
        Assert.Equal(0, await program.RunAsync(server, line.Split(' ')));
        Assert.Equal(expected, Assert.Single(server.Requests));
        Assert.All(shown, text => Assert.Contains(text, program.Out.ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain('\e', program.Out.ToString());
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public async Task As_JSON_a_command_gives_the_answer_and_nothing_else(int number)
    {
        (string line, IMessage expected, _) = Lines[number];
        await using FakeControlPlane server = (await FakeControlPlane.StartAsync()).WithSamples();
        CtlRun program = new() { Input = "from the input\n" };
        Assert.Equal(0, await program.RunAsync(server, [.. line.Split(' '), "--output", "json"]));
        MessageDescriptor answer = Methods().Single(method => method.InputType == expected.Descriptor).OutputType;
        if (answer == Empty.Descriptor || answer == TerminateAllocationsResponse.Descriptor)
        {
            Assert.Empty(program.Out.ToString());
            return;
        }
        IMessage parsed = JsonParser.Default.Parse(program.Out.ToString(), answer);
        Assert.NotEqual(answer.Parser.ParseFrom(ByteString.Empty), parsed);
    }

    [Fact]
    public async Task JSON_is_the_answer_to_the_last_field()
    {
        await using FakeControlPlane server = (await FakeControlPlane.StartAsync()).WithSamples();
        CtlRun issue = new();
        await issue.RunAsync(server, "issue", "-o", "json");
        Assert.Equal(Samples.Issued, issue.Parse<IssueCredentialResponse>());
        CtlRun get = new();
        await get.RunAsync(server, "realms", "get", "acme", "-o", "json");
        Assert.Equal(Samples.Realm(), get.Parse<Realm>());
        CtlRun list = new();
        await list.RunAsync(server, "allocations", "list", "-o", "json");
        Assert.Equal(new ListAllocationsResponse { Allocations = { Samples.Allocation }, Unreachable = { "edges/edge-2-y8" } }, list.Parse<ListAllocationsResponse>());
    }

    [Fact]
    public void Every_method_of_the_contract_has_a_command()
    {
        MessageDescriptor[] elsewhere = [UpdateRealmRequest.Descriptor, StreamEventsRequest.Descriptor, WatchEdgesRequest.Descriptor, WatchDecisionsRequest.Descriptor];
        IEnumerable<MessageDescriptor> asked = Lines.Select(line => line.Request.Descriptor).Concat(elsewhere);
        Assert.Empty(Methods().Select(method => method.InputType).Except(asked));
    }

    [Theory]
    [InlineData("nothing to change")]
    [InlineData("exclude each other", "--pause", "--resume")]
    [InlineData("exclude each other", "--tag", "a", "--all-tags")]
    [InlineData("exclude each other", "--kind", "quota-reached", "--all-kinds")]
    public async Task A_change_of_a_webhook_that_makes_no_sense_asks_nothing(string problem, params string[] options)
    {
        await using FakeControlPlane server = (await FakeControlPlane.StartAsync()).WithSamples();
        CtlRun program = new();
        Assert.Equal(2, await program.RunAsync(server, ["webhooks", "update", "app", .. options]));
        Assert.Contains(problem, program.Problem(), StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Allocations_of_several_edges_are_ended_edge_by_edge()
    {
        await using FakeControlPlane server = (await FakeControlPlane.StartAsync()).WithSamples();
        string[] names = [.. Enumerable.Range(0, 1001).Select(number => $"edges/e1/allocations/{number}"), "edges/e2/allocations/x", "edges/e2/allocations/x"];
        CtlRun program = new();
        Assert.Equal(0, await program.RunAsync(server, ["allocations", "terminate", .. names]));
        Assert.Equal([1000, 1, 1], server.Requests.Cast<TerminateAllocationsRequest>().Select(request => request.Names.Count));
        Assert.Equal(["edges/e1", "edges/e1", "edges/e2"], server.Requests.Cast<TerminateAllocationsRequest>().Select(request => request.Parent));
    }

    [Fact]
    public async Task Edges_that_do_not_answer_are_named()
    {
        await using FakeControlPlane server = (await FakeControlPlane.StartAsync()).WithSamples();
        CtlRun program = new();
        Assert.Equal(0, await program.RunAsync(server, "allocations", "list"));
        Assert.Contains("no answer from edges/edge-2-y8", program.Error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5", 2, false)]
    [InlineData("0", 3, false)]
    [InlineData("2", 1, true)]
    public async Task Lists_are_read_to_their_end_or_limit(string limit, int calls, bool more)
    {
        // Pages of 2, 2 and 1; a limit of 5 ends with the third.
        await using FakeControlPlane server = await FakeControlPlane.StartAsync();
        server.On<ListRevocationsRequest>(request => request.PageToken switch
        {
            "" => new ListRevocationsResponse { Revocations = { Samples.Revocation("1"), Samples.Revocation("2") }, NextPageToken = "a" },
            "a" => new ListRevocationsResponse { Revocations = { Samples.Revocation("3"), Samples.Revocation("4") }, NextPageToken = limit == "0" ? "b" : "" },
            _ => new ListRevocationsResponse { Revocations = { Samples.Revocation("5") } },
        });
        CtlRun program = new();
        Assert.Equal(0, await program.RunAsync(server, "revocations", "list", "--limit", limit, "-o", "json"));
        Assert.Equal(calls, server.Requests.Count);
        Assert.Equal(more, program.Error.ToString().Contains("--limit 0 shows all", StringComparison.Ordinal));
        ListRevocationsResponse listed = program.Parse<ListRevocationsResponse>();
        Assert.Equal(Enumerable.Range(1, listed.Revocations.Count).Select(id => $"revocations/{id}"), listed.Revocations.Select(each => each.Name));
        Assert.Equal(more ? "a" : "", listed.NextPageToken);
    }

    private static IEnumerable<MethodDescriptor> Methods() =>
        new[]
        {
            CredentialServiceReflection.Descriptor, RealmServiceReflection.Descriptor, UsageServiceReflection.Descriptor, FleetServiceReflection.Descriptor,
            WebhookServiceReflection.Descriptor,
            ScalingServiceReflection.Descriptor,
        }
            .SelectMany(file => file.Services).SelectMany(service => service.Methods);

    private static Duration Length(int seconds) => new() { Seconds = seconds };

    private static Timestamp Moment(string text) =>
        Timestamp.FromDateTimeOffset(DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
}
