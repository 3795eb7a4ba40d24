using Google.Protobuf.WellKnownTypes;
using Turnpike.Contracts.V1;

namespace Turnpike.Ctl.Tests.Kit;

/// <summary>An answer for every call, with every field in it.</summary>
internal static class Samples
{
    public static readonly Timestamp Noon = Timestamp.FromDateTimeOffset(CtlRun.Now);

    public static readonly IssueCredentialResponse Issued = new()
    {
        Realm = "acme",
        ExpireTime = Noon,
        IceServers =
        {
            new IceServer { Urls = { "stun:192.0.2.1:3478" } },
            new IceServer { Urls = { "turn:192.0.2.1:3478?transport=udp", "turns:192.0.2.1:5349?transport=tcp" }, Username = "1769860800:k1:alice", Credential = "c2VjcmV0" },
        },
    };

    public static readonly Secret Secret = new() { Name = "realms/acme/secrets/k1", NotBefore = Noon };

    public static readonly Edge Edge = new()
    {
        Name = "edges/edge-1-x7",
        DisplayName = "edge-1",
        Region = "eu-1",
        State = Edge.Types.State.Ready,
        Urls = { "turn:192.0.2.1:3478?transport=udp" },
        RelayAddresses = { "192.0.2.1" },
        Capacity = new EdgeCapacity { Allocations = 20000, RelayPorts = 16384, PacketsPerSecond = 500000, BitsPerSecond = 10_000_000_000 },
        Load = new EdgeLoad { Allocations = 5000, RelayPorts = 5000, PacketsPerSecond = 125000.5, BitsPerSecond = 1.25e9, ShardBusy = 0.42 },
        Saturation = 0.42,
        StartTime = Noon,
        ReportTime = Noon,
        Version = "0.1.0",
    };

    public static readonly Allocation Allocation = new()
    {
        Name = "edges/edge-1-x7/allocations/a1",
        Realm = "acme",
        User = "alice",
        Tag = "room-7",
        Transport = "udp",
        ClientAddress = "198.51.100.7:40000",
        RelayedAddresses = { "192.0.2.1:50000" },
        StartTime = Noon,
        Counters = new UsageCounters { BytesToPeers = 1_250_000, BytesToClient = 999, PacketsToPeers = 10, PacketsToClient = 1 },
    };

    public static readonly UsageTotals Totals = new()
    {
        BytesToPeers = 5_000_000_000,
        BytesToClients = 7,
        PacketsToPeers = 4,
        PacketsToClients = 1,
        Allocations = 3,
        AllocationTime = Duration.FromTimeSpan(TimeSpan.FromMinutes(125)),
    };

    public static readonly Event Ended = new()
    {
        Kind = Event.Types.Kind.AllocationEnded,
        EventTime = Noon,
        Realm = "acme",
        User = "alice",
        Tag = "room-7",
        Edge = "edges/edge-1-x7",
        Allocation = "edges/edge-1-x7/allocations/a1",
        Reason = "expired",
        Totals = Totals,
    };

    public static readonly Webhook Webhook = new()
    {
        Name = "realms/acme/webhooks/app",
        Url = "https://app.example.com/turn",
        Kinds = { Event.Types.Kind.QuotaReached },
        Tags = { "room-7" },
        Paused = false,
        State = Webhook.Types.State.Failing,
        CreateTime = Noon,
        Etag = "3",
        Secrets = { new WebhookSecret { CreateTime = Noon } },
        Status = new WebhookStatus
        {
            LastSuccessTime = Noon,
            LastFailureTime = Noon,
            LastFailure = "HTTP 503",
            FailedAttempts = 4,
            NextAttemptTime = Noon,
            Lag = Duration.FromTimeSpan(TimeSpan.FromMinutes(125)),
            DeliveredEvents = 1_250_000,
            MissedEvents = 7,
        },
    };

    public static readonly ScalingDecision Decision = new()
    {
        Name = "decisions/17",
        DecideTime = Noon,
        Action = ScalingDecision.Types.Action.ScaleUp,
        CurrentReplicas = 4,
        InService = 3,
        Desired = 5,
        DesiredReplicas = 5,
        Needed = 3.8,
        Undrain = { "edges/edge-9-a1" },
        Reasons =
        {
            new ScalingReason { Code = "LOAD_NEEDS_MORE", Description = "allocations need 3.8 edges: 1.9 k of load and 0 of buffer, at 50 % of 1 k an edge; 3 are in service" },
            new ScalingReason { Code = "SCALE_UP_RATE", Description = "the scale-up policies let there be 5 now", Limit = true },
        },
        Dimensions =
        {
            new ScalingFigures { Dimension = ScalingDimension.Allocations, Load = 1900, Capacity = 3000, EdgeCapacity = 1000, Target = 0.5, Needed = 3.8 },
            new ScalingFigures { Dimension = ScalingDimension.BitsPerSecond, Load = 1e6, Target = 0.5 },
        },
        CanScaleDown = true,
        Actor = "control-plane-1",
    };

    public static readonly ScalingPolicy Policy = new()
    {
        Name = "scalingPolicy",
        MinReplicas = 2,
        MaxReplicas = 50,
        Targets =
        {
            new ScalingTarget { Dimension = ScalingDimension.Allocations, Utilization = 0.85 },
            new ScalingTarget { Dimension = ScalingDimension.RelayPorts, Utilization = 0.85 },
            new ScalingTarget { Dimension = ScalingDimension.BitsPerSecond, Utilization = 0.7 },
        },
        Buffer = new ScalingBuffer { Edges = 1, Percent = 5, ProvisioningTime = Duration.FromTimeSpan(TimeSpan.FromMinutes(3)) },
        ScaleUp = new ScalingRules
        {
            SelectPolicy = ScalingRules.Types.SelectPolicy.Max,
            StabilizationWindow = Duration.FromTimeSpan(TimeSpan.Zero),
            Policies =
            {
                new RatePolicy { Type = RatePolicy.Types.Type.Percent, Value = 100, Period = Duration.FromTimeSpan(TimeSpan.FromSeconds(15)) },
                new RatePolicy { Type = RatePolicy.Types.Type.Pods, Value = 4, Period = Duration.FromTimeSpan(TimeSpan.FromSeconds(60)) },
            },
        },
        ScaleDown = new ScalingRules { SelectPolicy = ScalingRules.Types.SelectPolicy.Disabled },
        Schedule = { "mon-fri 08:00-18:00 Europe/Berlin min=20" },
    };

    public static Realm Realm() => new()
    {
        Name = "realms/acme",
        Etag = "7",
        Secrets = { Secret },
        Policy = new RealmPolicy
        {
            AllocationsPerUser = 10,
            BitsPerSecondPerUser = 0,
            MaxCredentialLifetime = Duration.FromTimeSpan(TimeSpan.FromHours(4)),
            Peers = new PeerRules { Allow = { "192.0.2.0/24" }, Deny = { "198.51.100.0/24", "203.0.113.0/24" } },
            BytesPerUser = new ByteQuota { Bytes = 1_000_000, Period = ByteQuota.Types.Period.Day, Action = ByteQuota.Types.Action.RefuseNew },
        },
    };

    public static Revocation Revocation(string id = "r1") =>
        new() { Name = $"revocations/{id}", Realm = "acme", Tag = "room-7", RevokeTime = Noon, ExpireTime = Noon };

    /// <summary>Makes a server answer every call.</summary>
    public static FakeControlPlane WithSamples(this FakeControlPlane server)
    {
        server.On<IssueCredentialRequest>(_ => Issued);
        server.On<RevokeCredentialsRequest>(_ => Revocation());
        server.On<ListRevocationsRequest>(_ => new ListRevocationsResponse { Revocations = { Revocation() } });
        server.On<DeleteRevocationRequest>(_ => new Empty());
        server.On<GetRealmRequest>(_ => Realm());
        server.On<ListRealmsRequest>(_ => new ListRealmsResponse { Realms = { Realm() } });
        server.On<CreateRealmRequest>(_ => Realm());
        server.On<UpdateRealmRequest>(request => request.Realm);
        server.On<DeleteRealmRequest>(_ => new Empty());
        server.On<AddSecretRequest>(_ => new AddSecretResponse { Secret = Secret, Value = "0123456789abcdef0123" });
        server.On<RetireSecretRequest>(_ => Secret);
        server.On<ListUsersRequest>(_ => new ListUsersResponse { Users = { new User { Name = "realms/acme/users/alice@example.org/home" } } });
        server.On<PutUserRequest>(request => new User { Name = request.Name });
        server.On<DeleteUserRequest>(_ => new Empty());
        server.On<QueryUsageRequest>(_ => new QueryUsageResponse { Rows = { new UsageRow { StartTime = Noon, Key = "room-7", Totals = Totals } } });
        server.On<ListEdgesRequest>(_ => new ListEdgesResponse { Edges = { Edge } });
        server.On<ListAllocationsRequest>(_ => new ListAllocationsResponse { Allocations = { Allocation }, Unreachable = { "edges/edge-2-y8" } });
        server.On<DrainEdgeRequest>(_ => Edge);
        server.On<UndrainEdgeRequest>(_ => Edge);
        server.On<TerminateAllocationsRequest>(_ => new TerminateAllocationsResponse());
        server.On<CreateWebhookRequest>(_ => new CreateWebhookResponse { Webhook = Webhook, Secret = "whsec_AAAA" });
        server.On<GetWebhookRequest>(_ => Webhook);
        server.On<ListWebhooksRequest>(_ => new ListWebhooksResponse { Webhooks = { Webhook } });
        server.On<UpdateWebhookRequest>(_ => Webhook);
        server.On<DeleteWebhookRequest>(_ => new Empty());
        server.On<RotateWebhookSecretRequest>(_ => new RotateWebhookSecretResponse { Webhook = Webhook, Secret = "whsec_BBBB" });
        server.On<TestWebhookRequest>(_ => new TestWebhookResponse { HttpStatus = 503, Failure = "HTTP 503", Duration = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)), Id = "ping_1" });
        server.On<GetScalingPolicyRequest>(_ => Policy);
        server.On<ExplainScalingRequest>(_ => Decision);
        server.On<ListDecisionsRequest>(_ => new ListDecisionsResponse { Decisions = { Decision } });
        server.OnStream<WatchDecisionsRequest>((_, write, _) => write(new WatchDecisionsResponse { Decision = Decision }));
        server.OnStream<StreamEventsRequest>((_, write, _) => write(new StreamEventsResponse { Event = Ended, ResumeToken = "t1" }));
        server.OnStream<WatchEdgesRequest>((_, write, _) => write(new WatchEdgesResponse { Edge = Edge }));
        return server;
    }
}
