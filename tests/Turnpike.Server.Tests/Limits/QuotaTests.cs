using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>Concurrent allocations per user, realm and server (RFC 8656 section 7.2 step 10).</summary>
public class QuotaTests
{
    [Fact]
    public void A_user_over_its_quota_is_486_and_another_user_is_not()
    {
        TestServer server = With(new LocalQuotaGate(perUser: 2, perRealm: 0, total: 0));
        TestClient first = ClientOf(server, 0).Allocated();
        ClientOf(server, 1).Allocated();
        Assert.True(ClientOf(server, 2).Allocate().IsError(StunErrorCode.AllocationQuotaReached).Authentic);
        ClientOf(server, 3, "bob").Allocate().IsSuccess();
        first.Refresh(0).IsSuccess();
        ClientOf(server, 4).Allocate().IsSuccess();
        ClientOf(server, 5).Allocate().IsError(StunErrorCode.AllocationQuotaReached);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_realm_and_a_server_over_their_quota_are_486_for_everybody(bool realm)
    {
        TestServer server = With(new LocalQuotaGate(0, realm ? 2 : 0, realm ? 0 : 2));
        ClientOf(server, 0).Allocated();
        TestClient bob = ClientOf(server, 1, "bob").Allocated();
        ClientOf(server, 2).Allocate().IsError(StunErrorCode.AllocationQuotaReached);
        ClientOf(server, 3, "bob").Allocate().IsError(StunErrorCode.AllocationQuotaReached);
        bob.Refresh(0).IsSuccess();
        ClientOf(server, 4).Allocate().IsSuccess();
    }

    [Fact]
    public void The_quota_of_a_realm_leaves_another_realm_alone()
    {
        var gate = new LocalQuotaGate(0, 1, 0);
        Assert.Equal(QuotaDecision.Granted, gate.TryAcquire("one", "a", 0));
        Assert.Equal(QuotaDecision.RealmQuotaReached, gate.TryAcquire("one", "b", 0));
        Assert.Equal(QuotaDecision.Granted, gate.TryAcquire("two", "a", 0));
    }

    [Fact]
    public void Each_limit_is_told_apart()
    {
        Assert.Equal(QuotaDecision.UserQuotaReached, Second(new LocalQuotaGate(1, 1, 1)));
        Assert.Equal(QuotaDecision.RealmQuotaReached, Second(new LocalQuotaGate(0, 1, 1)));
        Assert.Equal(QuotaDecision.ServerQuotaReached, Second(new LocalQuotaGate(0, 0, 1)));
        Assert.Equal(QuotaDecision.Granted, Second(new LocalQuotaGate(0, 0, 0)));

        static QuotaDecision Second(LocalQuotaGate gate)
        {
            Assert.Equal(QuotaDecision.Granted, gate.TryAcquire("realm", "user", 0));
            return gate.TryAcquire("realm", "user", 0);
        }
    }

    [Fact]
    public void A_refused_allocation_takes_nothing_from_the_quota()
    {
        var gate = new LocalQuotaGate(1, 0, 0);
        TestServer server = With(gate);
        ClientOf(server, 0).Allocated();
        for (ushort i = 1; i < 20; i++)
        {
            ClientOf(server, i).Allocate().IsError(StunErrorCode.AllocationQuotaReached);
        }

        server.Advance(601);
        Assert.Equal(0, server.Turn.AllocationCount);
        ClientOf(server, 30).Allocate().IsSuccess();
    }

    [Fact]
    public void Retransmissions_and_437s_never_count_twice()
    {
        TestServer server = With(new LocalQuotaGate(2, 0, 0));
        TestClient client = ClientOf(server, 0).Allocated();
        for (int i = 0; i < 10; i++)
        {
            client.Resend().IsSuccess();
        }

        client.Allocate().IsError(StunErrorCode.AllocationMismatch);
        ClientOf(server, 1).Allocate().IsSuccess();
    }

    [Fact]
    public void Rest_credentials_of_one_user_share_its_quota_whatever_their_expiry()
    {
        TestServer server = With(new LocalQuotaGate(1, 0, 0));
        RestCredentialTests.ClientOf(server, server.UnixSeconds + 100).Allocated();
        (string username, string password) = Users.Rest(server.UnixSeconds + 200, "carol");
        new TestClient(server, username, password, Addresses.Client.WithPort(40001)).Allocate()
            .IsError(StunErrorCode.AllocationQuotaReached);
    }

    [Theory]
    [InlineData(StunErrorCode.InsufficientCapacity, QuotaDecision.Unavailable)]
    [InlineData(StunErrorCode.AllocationQuotaReached, QuotaDecision.UserQuotaReached)]
    [InlineData(StunErrorCode.AllocationQuotaReached, QuotaDecision.RealmQuotaReached)]
    [InlineData(StunErrorCode.AllocationQuotaReached, QuotaDecision.ServerQuotaReached)]
    [InlineData(StunErrorCode.AllocationQuotaReached, QuotaDecision.ByteQuotaReached)]
    public void What_the_gate_says_becomes_a_code(int code, QuotaDecision decision)
    {
        var server = new TestServer { Quota = { Decision = decision } };
        new TestClient(server).Allocate().IsError(code);
        Assert.Equal(0, server.Pool.OpenCount);
    }

    [Fact]
    public void The_gate_counts_right_under_several_threads()
    {
        // Four threads for two allocations of the realm: the limit is reached all the time, and never passed.
        var gate = new LocalQuotaGate(perUser: 0, perRealm: 2, total: 0);
        int held = 0;
        int over = 0;
        int granted = 0;
        var threads = new List<Thread>();
        for (int t = 0; t < 4; t++)
        {
            string user = $"user{t % 2}";
            threads.Add(new Thread(() =>
            {
                for (int i = 0; i < 20_000; i++)
                {
                    if (gate.TryAcquire("realm", user, 0) != QuotaDecision.Granted)
                    {
                        continue;
                    }

                    Interlocked.Increment(ref granted);
                    if (Interlocked.Increment(ref held) > 2)
                    {
                        Interlocked.Increment(ref over);
                    }

                    Interlocked.Decrement(ref held);
                    gate.Release("realm", user);
                }
            }));
        }

        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.True(granted > 0);
        Assert.Equal(0, over);

        // Nothing was lost and nothing is left over.
        Assert.Equal(QuotaDecision.Granted, gate.TryAcquire("realm", "user0", 0));
        Assert.Equal(QuotaDecision.Granted, gate.TryAcquire("realm", "user1", 0));
        Assert.Equal(QuotaDecision.RealmQuotaReached, gate.TryAcquire("realm", "user0", 0));
    }

    private static TestServer With(LocalQuotaGate gate) => new(quota: gate);

    private static TestClient ClientOf(TestServer server, ushort number, string user = "alice") =>
        new(server, user, $"{user}-password", Addresses.Client.WithPort((ushort)(40000 + number)));
}
