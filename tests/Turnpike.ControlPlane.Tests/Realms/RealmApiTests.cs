using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using ByteQuota = Turnpike.Contracts.V1.ByteQuota;
using RealmPolicy = Turnpike.Contracts.V1.RealmPolicy;

namespace Turnpike.ControlPlane.Tests.Realms;

public sealed class RealmApiTests : ControlPlaneTest
{
    private RealmService.RealmServiceClient Api => Plane.RealmService();

    [Fact]
    public async Task A_realm_is_made_with_a_secret_of_thirty_two_random_bytes()
    {
        Realm made = await CreateAsync("shop");

        Assert.Equal("realms/shop", made.Name);
        Assert.Equal("1", made.Etag);
        Secret secret = Assert.Single(made.Secrets);
        Assert.StartsWith("realms/shop/secrets/", secret.Name, StringComparison.Ordinal);
        Assert.Null(secret.NotAfter);
        RealmRecord stored = (await Plane.Realms.GetAsync("shop"))!;
        Assert.Matches("^[0-9a-f]{64}$", System.Text.Encoding.ASCII.GetString(stored.Secrets[0].Value));
        Assert.Equal(made, await Api.GetRealmAsync(new GetRealmRequest { Name = "realms/shop" }, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task A_realm_can_be_made_without_a_secret()
    {
        Realm made = await Api.CreateRealmAsync(new CreateRealmRequest { RealmId = "bare", WithoutSecret = true }, cancellationToken: Cancellation);

        Assert.Empty(made.Secrets);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("*")]
    [InlineData("%s%n")]
    [InlineData("ü")]
    [InlineData("x\r\ny")]
    [InlineData("'); redis.call('FLUSHALL') --")]
    public async Task A_name_that_is_none_is_refused_and_nothing_is_written(string id)
    {
        await Refused.FieldAsync("realm_id", async () => await Api.CreateRealmAsync(new CreateRealmRequest { RealmId = id }));

        Assert.DoesNotContain(await Plane.Realms.ListAsync(), realm => realm.Name != "turnpike");
    }

    [Fact]
    public async Task A_realm_is_made_once()
    {
        await CreateAsync("shop");

        await Refused.WithAsync(StatusCode.AlreadyExists, () => CreateAsync("shop"));
    }

    [Fact]
    public async Task Every_field_of_a_policy_comes_back_as_it_was_sent()
    {
        RealmPolicy policy = new()
        {
            AllocationsPerUser = 0,
            AllocationsPerRealm = 2,
            PermissionsPerAllocation = 3,
            ChannelsPerAllocation = 4,
            NewPeersPerSecondPerAllocation = 5,
            PacketsPerSecondPerAllocation = 6,
            BitsPerSecondPerAllocation = 7_000_000_000,
            BitsPerSecondPerUser = 8,
            AllocationLifetime = Seconds(600),
            MaxAllocationLifetime = Seconds(3600),
            MaxCredentialLifetime = Seconds(7200),
            Peers = new PeerRules { AllowPrivate = { "10.0.0.0/8" }, Allow = { "192.0.2.0/24" }, Deny = { "2001:db8::/32" } },
            BytesPerUser = new ByteQuota { Bytes = 1, Period = ByteQuota.Types.Period.Hour, Action = ByteQuota.Types.Action.Notify },
            BytesPerRealm = new ByteQuota { Bytes = long.MaxValue, Period = ByteQuota.Types.Period.Month, Action = ByteQuota.Types.Action.End },
        };

        Realm made = await CreateAsync("shop", policy);

        Assert.Equal(policy, made.Policy);
        Assert.Equal(RealmPolicy.Descriptor.Fields.InDeclarationOrder().Count, RealmPolicy.Descriptor.Fields.InDeclarationOrder().Count(field => field.Accessor.HasValue(policy)));
    }

    public static TheoryData<string, RealmPolicy> WrongPolicies() => new()
    {
        { "allocations_per_user", new RealmPolicy { AllocationsPerUser = -1 } },
        { "permissions_per_allocation", new RealmPolicy { PermissionsPerAllocation = 0 } },
        { "bits_per_second_per_user", new RealmPolicy { BitsPerSecondPerUser = -1 } },
        { "allocation_lifetime", new RealmPolicy { AllocationLifetime = Seconds(59) } },
        { "max_allocation_lifetime", new RealmPolicy { MaxAllocationLifetime = new Duration { Seconds = 600, Nanos = 1 } } },
        { "max_credential_lifetime", new RealmPolicy { MaxCredentialLifetime = Seconds(-5) } },
        { "peers.deny", new RealmPolicy { Peers = new PeerRules { Deny = { "10.0.0.0/99" } } } },
        { "peers.allow_private", new RealmPolicy { Peers = new PeerRules { AllowPrivate = { "everybody" } } } },
        { "bytes_per_user.period", new RealmPolicy { BytesPerUser = new ByteQuota { Bytes = 1, Action = ByteQuota.Types.Action.End } } },
        { "bytes_per_realm.action", new RealmPolicy { BytesPerRealm = new ByteQuota { Bytes = 1, Period = ByteQuota.Types.Period.Day } } },
        { "bytes_per_realm.bytes", new RealmPolicy { BytesPerRealm = new ByteQuota { Period = ByteQuota.Types.Period.Day, Action = ByteQuota.Types.Action.End } } },
    };

    [Theory]
    [MemberData(nameof(WrongPolicies), DisableDiscoveryEnumeration = true)]
    public async Task A_policy_that_is_wrong_is_refused_by_its_field(string field, RealmPolicy policy)
    {
        await Refused.FieldAsync($"realm.policy.{field}", () => CreateAsync("shop", policy));

        Assert.Null(await Plane.Realms.GetAsync("shop"));
    }

    [Fact]
    public async Task Pages_hold_every_realm_once_and_go_on_only_with_their_own_token()
    {
        string[] names = [.. Enumerable.Range(0, 5).Select(number => $"realm-{number}")];
        foreach (string name in names)
        {
            await CreateAsync(name);
        }
        List<string> seen = [];
        ListRealmsResponse page;
        string token = "";
        do
        {
            page = await Api.ListRealmsAsync(new ListRealmsRequest { PageSize = 2, PageToken = token }, cancellationToken: Cancellation);
            Assert.InRange(page.Realms.Count, 1, 2);
            seen.AddRange(page.Realms.Select(realm => realm.Name));
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        Assert.Equal(names.Append("turnpike").Select(name => $"realms/{name}"), seen);
        await Refused.FieldAsync("page_token", async () => await Api.ListRealmsAsync(new ListRealmsRequest { PageToken = "nonsense!" }));
        await Refused.FieldAsync("page_size", async () => await Api.ListRealmsAsync(new ListRealmsRequest { PageSize = -1 }));
    }

    [Fact]
    public async Task A_caller_sees_its_own_realms_only()
    {
        await CreateAsync("other");
        await CreateAsync("shop");

        ListRealmsResponse page = await Plane.RealmService(Tokens.OtherViewer).ListRealmsAsync(new ListRealmsRequest(), cancellationToken: Cancellation);

        Assert.Equal("realms/other", Assert.Single(page.Realms).Name);
    }

    [Fact]
    public async Task A_mask_changes_what_it_names_and_nothing_else()
    {
        await CreateAsync("shop", new RealmPolicy { AllocationsPerUser = 1, AllocationsPerRealm = 2, Peers = new PeerRules { Deny = { "10.0.0.0/8" } } });

        Realm changed = await UpdateAsync(
            new RealmPolicy { AllocationsPerUser = 9, AllocationsPerRealm = 9, Peers = new PeerRules { Allow = { "10.1.0.0/16" }, Deny = { "11.0.0.0/8" } } },
            "policy.allocations_per_user", "policy.peers.allow");

        Assert.Equal(
            new RealmPolicy { AllocationsPerUser = 9, AllocationsPerRealm = 2, Peers = new PeerRules { Allow = { "10.1.0.0/16" }, Deny = { "10.0.0.0/8" } } },
            changed.Policy);
        Assert.Equal("2", changed.Etag);
    }

    [Fact]
    public async Task A_field_that_the_mask_names_and_the_request_lacks_is_cleared()
    {
        await CreateAsync("shop", new RealmPolicy { AllocationsPerUser = 1, AllocationLifetime = Seconds(700) });

        Realm changed = await UpdateAsync(new RealmPolicy(), "policy.allocations_per_user", "policy.allocation_lifetime");

        Assert.False(changed.Policy.HasAllocationsPerUser);
        Assert.Null(changed.Policy.AllocationLifetime);
    }

    [Fact]
    public async Task The_mask_policy_replaces_all_of_it()
    {
        await CreateAsync("shop", new RealmPolicy { AllocationsPerUser = 1 });

        Realm changed = await UpdateAsync(new RealmPolicy { AllocationsPerRealm = 5 }, "policy");

        Assert.Equal(new RealmPolicy { AllocationsPerRealm = 5 }, changed.Policy);
    }

    [Fact]
    public async Task Without_a_mask_every_field_that_is_set_is_changed()
    {
        await CreateAsync("shop", new RealmPolicy { AllocationsPerUser = 1, AllocationsPerRealm = 7 });

        Realm changed = await UpdateAsync(new RealmPolicy { AllocationsPerUser = 0 });

        Assert.Equal(new RealmPolicy { AllocationsPerUser = 0, AllocationsPerRealm = 7 }, changed.Policy);
    }

    [Theory]
    [InlineData("secrets")]
    [InlineData("policy.nonsense")]
    [InlineData("policy.allocation_lifetime.seconds")]
    [InlineData("policy.peers.allow.0")]
    [InlineData("policy.")]
    [InlineData("name")]
    public async Task A_path_that_names_nothing_is_refused_by_its_text(string path)
    {
        await CreateAsync("shop");

        RpcException problem = await Refused.WithAsync(StatusCode.InvalidArgument, () => UpdateAsync(new RealmPolicy { AllocationsPerUser = 1 }, path));

        Assert.Contains(path, problem.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(1, (await Plane.Realms.GetAsync("shop"))!.Version);
    }

    [Fact]
    public async Task An_etag_of_before_is_refused()
    {
        Realm first = await CreateAsync("shop");
        await UpdateAsync(new RealmPolicy { AllocationsPerUser = 1 });

        await Refused.WithAsync(StatusCode.Aborted, async () => await Api.UpdateRealmAsync(
            new UpdateRealmRequest { Realm = new Realm { Name = first.Name, Etag = first.Etag, Policy = new RealmPolicy { AllocationsPerUser = 2 } } }));
        await Refused.WithAsync(StatusCode.Aborted, async () => await Api.DeleteRealmAsync(new DeleteRealmRequest { Name = first.Name, Etag = first.Etag }));
        Assert.Empty(await Plane.Revocations.ListAsync());
        Assert.Equal(1, (await Plane.Realms.GetAsync("shop"))!.Policy.AllocationsPerUser);
    }

    [Fact]
    public async Task Changes_by_many_at_once_are_all_kept()
    {
        await CreateAsync("shop");
        Task[] changes =
        [
            UpdateAsync(new RealmPolicy { AllocationsPerUser = 11 }),
            UpdateAsync(new RealmPolicy { AllocationsPerRealm = 12 }),
            UpdateAsync(new RealmPolicy { PermissionsPerAllocation = 13 }),
            UpdateAsync(new RealmPolicy { ChannelsPerAllocation = 14 }),
        ];
        await Task.WhenAll(changes);

        RealmRecord realm = (await Plane.Realms.GetAsync("shop"))!;

        Assert.Equal((11, 12, 13, 14), (realm.Policy.AllocationsPerUser, realm.Policy.AllocationsPerRealm, realm.Policy.PermissionsPerAllocation, realm.Policy.ChannelsPerAllocation));
        Assert.Equal(5, realm.Version);
    }

    [Fact]
    public async Task Deleting_a_realm_revokes_what_was_issued_in_it()
    {
        await CreateAsync("shop");

        await Api.DeleteRealmAsync(new DeleteRealmRequest { Name = "realms/shop" }, cancellationToken: Cancellation);

        Assert.Null(await Plane.Realms.GetAsync("shop"));
        Cluster.Revocation revocation = Assert.Single(await Plane.Revocations.ListAsync());
        Assert.Equal((RevocationKind.Realm, "shop", ""), (revocation.Kind, revocation.Realm, revocation.Value));
        await Refused.WithAsync(StatusCode.NotFound, async () => await Api.DeleteRealmAsync(new DeleteRealmRequest { Name = "realms/shop" }));
        await Refused.WithAsync(StatusCode.NotFound, async () => await Api.GetRealmAsync(new GetRealmRequest { Name = "realms/shop" }));
        await Refused.WithAsync(StatusCode.NotFound, async () => await Api.UpdateRealmAsync(new UpdateRealmRequest { Realm = new Realm { Name = "realms/shop" } }));
    }

    [Theory]
    [InlineData("shop")]
    [InlineData("realms/")]
    [InlineData("realms/a/b")]
    [InlineData("realms/\u0000")]
    public async Task A_resource_name_that_is_none_is_refused(string name)
    {
        await Refused.FieldAsync("name", async () => await Api.GetRealmAsync(new GetRealmRequest { Name = name }));
        await Refused.FieldAsync("parent", async () => await Api.AddSecretAsync(new AddSecretRequest { Parent = name }));
        await Refused.FieldAsync("realm.name", async () => await Api.UpdateRealmAsync(new UpdateRealmRequest { Realm = new Realm { Name = name } }));
    }

    private static Duration Seconds(long seconds) => new() { Seconds = seconds };

    private async Task<Realm> CreateAsync(string id, RealmPolicy? policy = null) =>
        await Api.CreateRealmAsync(new CreateRealmRequest { RealmId = id, Realm = new Realm { Policy = policy } }, cancellationToken: Cancellation);

    private async Task<Realm> UpdateAsync(RealmPolicy policy, params string[] mask) => await Api.UpdateRealmAsync(
        new UpdateRealmRequest
        {
            Realm = new Realm { Name = "realms/shop", Policy = policy },
            UpdateMask = mask.Length == 0 ? null : new FieldMask { Paths = { mask } },
        },
        cancellationToken: Cancellation);
}
