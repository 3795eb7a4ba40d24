using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>Each realm's allocations are held to the rules of their realm, and to no other's.</summary>
public class RealmRulesTests
{
    private static readonly RealmRules Red = new() { Name = "red" };

    private static PolicyChoice Choice => new() { Credentials = new TenantUsers() };

    [Fact]
    public void Quota_is_asked_for_in_the_realm_of_the_credential_and_given_back_there()
    {
        var server = new TestServer(Choice);
        TestClient client = TenantUsers.Client(server, "red/alice").Allocated();
        Assert.Equal(("red", "alice"), (server.Quota.LastRealm, server.Quota.LastUser));
        client.Refresh(0).IsSuccess();
        Assert.Equal(("red", "alice"), (server.Quota.LastReleasedRealm, server.Quota.LastReleasedUser));
    }

    [Fact]
    public void A_credential_without_a_realm_belongs_to_the_servers_own()
    {
        var server = new TestServer();
        TestClient client = new TestClient(server).Allocated();
        Assert.Equal(Users.Realm, server.Quota.LastRealm);
        Allocation allocation = server.AllocationOf(client);
        Assert.Equal((Users.Realm, ""), (allocation.Realm, allocation.Tag));
    }

    [Fact]
    public void Quota_goes_back_to_the_credentials_realm_where_no_port_is_free()
    {
        var server = new TestServer(Choice);
        server.Pool.Families.Clear();
        TenantUsers.Client(server, "red/alice").Allocate().IsError(StunErrorCode.AddressFamilyNotSupported);
        Assert.Equal(("red", "alice"), (server.Quota.LastReleasedRealm, server.Quota.LastReleasedUser));
    }

    [Fact]
    public void An_allocation_carries_the_realm_the_user_and_the_tag_of_its_credential()
    {
        var server = new TestServer(Choice);
        Allocation allocation = server.AllocationOf(TenantUsers.Client(server, "red/alice").Allocated());
        Assert.Equal(("red", "alice", "red-tag"), (allocation.Realm, allocation.User, allocation.Tag));
        Assert.Equal(server.Now, allocation.StartedAt);
    }

    [Fact]
    public void Lifetimes_are_the_realms()
    {
        var server = new TestServer(Choice.With(Red with
        {
            Lifetimes = new LifetimePolicy { Allocation = 120, MaxAllocation = 240, Permission = 50, Channel = 100, ChannelCooldown = 10 },
        }));
        TestClient red = TenantUsers.Client(server, "red/alice");
        TestClient blue = TenantUsers.Client(server, "blue/alice", 40_001);
        Assert.Equal(120u, red.Allocate().IsSuccess().LifetimeSeconds);
        Assert.Equal(240u, red.Refresh(10_000).IsSuccess().LifetimeSeconds);
        Assert.Equal(600u, blue.Allocate().IsSuccess().LifetimeSeconds);
        Assert.Equal(3600u, blue.Refresh(10_000).IsSuccess().LifetimeSeconds);

        red.CreatePermission(Addresses.OtherPeer).IsSuccess();
        blue.CreatePermission(Addresses.OtherPeer).IsSuccess();
        red.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        server.Advance(50);
        red.SendIndication(Addresses.OtherPeer, "x"u8).IsDrop(DropReason.NoPermission);
        blue.SendIndication(Addresses.OtherPeer, "x"u8).IsToPeer(Addresses.OtherPeer, "x"u8);
        server.Advance(50);
        red.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.ChannelNotBound);
        red.ChannelBind(0x4000, Addresses.OtherPeer).IsError(StunErrorCode.BadRequest);
        server.Advance(10);
        red.ChannelBind(0x4000, Addresses.OtherPeer).IsSuccess();
    }

    [Fact]
    public void Grace_behind_the_end_of_a_credential_and_reserved_ports_are_the_realms()
    {
        var rest = Users.Rest((TestServer.UnixStart / 1000) + 700, "carol");
        var lifetimes = new LifetimePolicy { CredentialGrace = 5, Reservation = 90 };
        var server = new TestServer(new PolicyChoice().With(new RealmRules { Name = Users.Realm, Lifetimes = lifetimes }));
        var client = new TestClient(server, rest.Username, rest.Password);
        client.Allocated((ref StunMessageWriter w) => EvenPort.Write(ref w, true));
        Assert.Equal(705u, client.Refresh(3600).IsSuccess().LifetimeSeconds);
        client.Refresh(0).IsSuccess();
        server.Advance(89);
        Assert.Equal(1, server.Pool.OpenCount);
        server.Advance(2);
        Assert.Equal(0, server.Pool.OpenCount);
    }

    [Fact]
    public void Counts_of_permissions_and_channels_are_the_realms()
    {
        var server = new TestServer(Choice.With(Red with { Limits = new AllocationLimits { Permissions = 2, Channels = 1 } }));
        TestClient red = TenantUsers.Client(server, "red/alice").Allocated();
        TestClient blue = TenantUsers.Client(server, "blue/alice", 40_001).Allocated();
        red.CreatePermission(Addresses.PeerNumber(1), Addresses.PeerNumber(2), Addresses.PeerNumber(3))
            .IsError(StunErrorCode.InsufficientCapacity);
        red.CreatePermission(Addresses.PeerNumber(1), Addresses.PeerNumber(2)).IsSuccess();
        red.CreatePermission(Addresses.PeerNumber(3)).IsError(StunErrorCode.InsufficientCapacity);
        blue.CreatePermission(Addresses.PeerNumber(1), Addresses.PeerNumber(2), Addresses.PeerNumber(3)).IsSuccess();
        red.ChannelBind(0x4000, Addresses.PeerNumber(1)).IsSuccess();
        red.ChannelBind(0x4001, Addresses.PeerNumber(2)).IsError(StunErrorCode.InsufficientCapacity);
        blue.ChannelBind(0x4000, Addresses.PeerNumber(1)).IsSuccess();
        blue.ChannelBind(0x4001, Addresses.PeerNumber(2)).IsSuccess();
    }

    [Fact]
    public void The_servers_own_realm_may_have_rules_by_its_name()
    {
        var server = new TestServer(new PolicyChoice().With(
            new RealmRules { Name = Users.Realm, Lifetimes = new LifetimePolicy { Allocation = 77 } }));
        Assert.Equal(77u, new TestClient(server).Allocate().IsSuccess().LifetimeSeconds);
    }

    [Fact]
    public void Reserved_ports_count_for_a_user_within_its_realm()
    {
        var server = new TestServer(Choice with { ReservationsPerUser = 1 });
        Fill even = (ref StunMessageWriter w) => EvenPort.Write(ref w, true);
        TenantUsers.Client(server, "red/alice").Allocated(even);
        TenantUsers.Client(server, "red/alice", 40_001).Allocate(even).IsError(StunErrorCode.AllocationQuotaReached);
        TenantUsers.Client(server, "blue/alice", 40_002).Allocated(even);
    }

    [Fact]
    public void One_name_in_two_realms_is_two_users()
    {
        var users = new ChangingRealm();
        var server = new TestServer(new PolicyChoice { Credentials = users });
        TestClient client = TenantUsers.Client(server, "alice").Allocated();
        users.Realm = "blue";
        users.Holds = false;
        client.Refresh().IsError(StunErrorCode.WrongCredentials);
        users.Realm = "red";
        client.Refresh().IsSuccess();
    }

    [Fact]
    public void An_unknown_realm_has_the_servers_rules_and_keeps_its_name()
    {
        ServerPolicy policy = Choice.With(Red).Build();
        Assert.Same(policy.Realms["red"], policy.RulesFor("red"));
        RealmRules own = policy.RulesFor(null);
        Assert.Same(own, policy.RulesFor("blue"));
        Assert.Same(own, policy.RulesFor(Users.Realm));
        Assert.Equal((Users.Realm, policy.Peers, policy.Lifetimes, policy.Limits), (own.Name, own.Peers, own.Lifetimes, own.Limits));
    }

    /// <summary>One user whose realm the test changes.</summary>
    private sealed class ChangingRealm : ICredentialSource
    {
        public string Realm { get; set; } = "red";

        public bool Holds { get; set; } = true;

        public CredentialLookup Find(in CredentialQuery query, out Credential? credential)
        {
            byte[] key = Users.Key("alice", "alice-password", Users.Realm, query.Algorithm);
            credential = new Credential
            {
                Username = query.Username.ToArray(),
                User = "alice",
                Realm = Realm,
                Keys = [new LongTermCredentialKey(query.Algorithm, key)],
            };
            return CredentialLookup.Found;
        }

        public bool IsCurrent(Credential credential, long unixNow) => Holds;
    }
}
