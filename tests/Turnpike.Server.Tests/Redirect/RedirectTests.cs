using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>300 Try Alternate (RFC 8489 section 10, RFC 8656 section 7.2).</summary>
public class RedirectTests
{
    private static readonly RedirectTarget V4 = new(Addresses.Parse("20.0.0.7:3478"), "turn7.example.org"u8.ToArray());
    private static readonly RedirectTarget V4Too = new(Addresses.Parse("20.0.0.8:3478"), []);
    private static readonly RedirectTarget V6 = new(Addresses.Parse("[2a00:1450::7]:3478"), []);

    [Fact]
    public void A_redirected_client_is_told_where_to_go_and_that_it_is_true()
    {
        TestServer server = Redirecting(RedirectOccasion.Always);
        Reply reply = new TestClient(server).Allocate().IsError(StunErrorCode.TryAlternate);
        Assert.True(reply.Authentic);
        Assert.Equal(V4.Server, Alternate(reply));
        Assert.False(reply.Has(StunAttributeType.AlternateDomain));
        Assert.Equal(0, server.Quota.Acquired);
        Assert.Equal(0, server.Pool.OpenCount);
        Assert.Equal(1, server.Counters.Requests(StunMethod.Allocate, StunErrorCode.TryAlternate));
    }

    [Fact]
    public void Who_is_not_authenticated_is_redirected_nowhere()
    {
        TestServer server = Redirecting(RedirectOccasion.Always);
        Assert.False(new TestClient(server).Challenge().Has(StunAttributeType.AlternateServer));
        new TestClient(server, password: "wrong").Allocate().IsError(StunErrorCode.Unauthorized);
    }

    [Fact]
    public void The_other_server_is_of_the_clients_family_and_without_one_the_client_is_served()
    {
        TestServer server = Redirecting(RedirectOccasion.Always, V4, V6);
        Assert.Equal(V6.Server, Alternate(new TestClient(server, address: Addresses.ClientV6).Allocate()));
        Assert.Equal(V4.Server, Alternate(new TestClient(server).Allocate()));
        TestServer onlyV4 = Redirecting(RedirectOccasion.Always, V4);
        new TestClient(onlyV4, address: Addresses.ClientV6).Allocate().IsSuccess();
    }

    [Theory]
    [InlineData(ClientTransport.Udp, false)]
    [InlineData(ClientTransport.Tcp, false)]
    [InlineData(ClientTransport.Tls, true)]
    [InlineData(ClientTransport.Dtls, true)]
    public void ALTERNATE_DOMAIN_is_for_those_who_check_a_certificate(ClientTransport transport, bool told)
    {
        Reply reply = new TestClient(Redirecting(RedirectOccasion.Always), transport: transport).Allocate();
        Assert.Equal(told ? "turn7.example.org"u8.ToArray() : null, reply.Value(StunAttributeType.AlternateDomain));
    }

    [Fact]
    public void Several_servers_take_turns()
    {
        TestServer server = Redirecting(RedirectOccasion.Always, V4, V4Too);
        var seen = new HashSet<TransportAddress>();
        for (int i = 0; i < 4; i++)
        {
            seen.Add(Alternate(new TestClient(server).Allocate()));
        }

        Assert.Equal(2, seen.Count);
    }

    [Fact]
    public void A_draining_server_redirects_where_it_may_and_else_is_508()
    {
        TestServer server = Redirecting(RedirectOccasion.Draining);
        TestClient existing = new TestClient(server).Allocated();
        server.Turn.Draining = true;
        new TestClient(server, address: Addresses.Client.WithPort(40001)).Allocate().IsError(StunErrorCode.TryAlternate);
        existing.Refresh().IsSuccess();
        server.Change(choice => choice with { Redirect = NoRedirect.Instance });
        new TestClient(server, address: Addresses.Client.WithPort(40001)).Allocate().IsError(StunErrorCode.InsufficientCapacity);
    }

    [Fact]
    public void While_a_server_drains_no_lifetime_goes_beyond_the_end_of_that()
    {
        TestServer server = new();
        TestClient client = new TestClient(server).Allocated();
        (server.Turn.Draining, server.Turn.DrainEndsAt) = (true, server.Now + 200_000);
        Assert.Equal(200u, Granted(client.Refresh(600)));
        Assert.Equal(0u, Granted(client.Refresh(0)));
        client = new TestClient(server, address: Addresses.Client.WithPort(40001));
        (server.Turn.Draining, server.Turn.DrainEndsAt) = (false, long.MaxValue);
        client.Allocated();
        (server.Turn.Draining, server.Turn.DrainEndsAt) = (true, server.Now - 1);
        Assert.Equal(1u, Granted(client.Refresh(600)));
        server.Turn.DrainEndsAt = long.MaxValue;
        Assert.Equal(600u, Granted(client.Refresh(600)));
        (server.Turn.Draining, server.Turn.DrainEndsAt) = (true, server.Now + 5_000_000);
        Assert.Equal(600u, Granted(client.Refresh(600)));
    }

    [Fact]
    public void A_full_server_redirects_and_holds_no_quota_for_that()
    {
        TestServer server = Redirecting(RedirectOccasion.Full);
        server.Pool.MinPort = server.Pool.MaxPort = 50000;
        new TestClient(server).Allocated();
        new TestClient(server, address: Addresses.Client.WithPort(40001)).Allocate().IsError(StunErrorCode.TryAlternate);
        Assert.Equal(1, server.Quota.Held);
    }

    [Fact]
    public void A_wrong_reservation_token_is_508_and_no_reason_to_go_elsewhere() =>
        new TestClient(Redirecting(RedirectOccasion.Full))
            .Allocate((ref StunMessageWriter w) => ReservationToken.Write(ref w, 1)).IsError(StunErrorCode.InsufficientCapacity);

    [Fact]
    public void What_is_wrong_with_a_request_is_said_before_it_is_redirected()
    {
        TestServer server = Redirecting(RedirectOccasion.Always);
        new TestClient(server).Request(StunMethod.Allocate).IsError(StunErrorCode.BadRequest);
    }

    private static TestServer Redirecting(RedirectOccasion occasion, params RedirectTarget[] targets) =>
        new(new PolicyChoice { Redirect = new RedirectList(targets.Length == 0 ? [V4] : targets, occasion) });

    private static uint Granted(Reply reply)
    {
        reply.IsSuccess();
        Assert.Equal(AttributeResult.Ok, Lifetime.Read(reply.Message(), out uint lifetime));
        return lifetime;
    }

    private static TransportAddress Alternate(Reply reply)
    {
        reply.IsError(StunErrorCode.TryAlternate);
        Assert.Equal(AttributeResult.Ok, AlternateServer.Read(reply.Message(), out TransportAddress server));
        return server;
    }
}
