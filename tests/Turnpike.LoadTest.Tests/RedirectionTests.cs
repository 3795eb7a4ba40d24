using System.Net;
using System.Text;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Reports;
using Turnpike.LoadTest.Scenarios;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;

namespace Turnpike.LoadTest.Tests;

/// <summary>300 (Try Alternate): clients that are sent from server to server (RFC 8489 section 10).</summary>
public sealed class RedirectionTests
{
    [Theory]
    [InlineData(nameof(ClientTransport.Udp))]
    [InlineData(nameof(ClientTransport.Tcp))]
    [InlineData(nameof(ClientTransport.Tls))] // each with a certificate of its own name
    public async Task Clients_are_served_by_the_server_that_theirs_names_and_the_result_says_so(string transport)
    {
        using var first = new RedirectingServer(Enum.Parse<ClientTransport>(transport), "first.test");
        using var second = new RedirectingServer(Enum.Parse<ClientTransport>(transport), "second.test");
        using var third = new RedirectingServer(Enum.Parse<ClientTransport>(transport), "third.test");
        first.Alternate = second;
        second.Alternate = third;

        ScenarioResult result = await RunAsync(first, [second, third], new ChurnPlan(20, 0));

        RedirectionResult redirected = result.Redirected!;
        Assert.Equal((0, 0), (first.Granted, second.Granted));
        Assert.Equal(redirected.Clients, redirected.Servers[third.EndPoint.ToString()]);
        Assert.InRange(redirected.Clients, 3, third.Granted);
        Assert.Equal((result.Churn!.Started, 0, 0), (result.Churn.Succeeded, result.LostAllocations, result.DeletionsUnconfirmed));
        string line = $"redirected   {redirected.Clients} clients were sent to another server (300 Try Alternate): ";
        Assert.Contains(line, ScenarioSummary.Of(result, Pacing.Sleep), StringComparison.Ordinal);
        string page = ScenarioReport.Of(result, Verdict.Of(result, []), new ReportOrigin("", "", ""));
        Assert.Contains($"{redirected.Clients} to {third.EndPoint}", page, StringComparison.Ordinal);
        Assert.Equal(redirected.Servers, ScenarioFile.Parse(Encoding.UTF8.GetBytes(ScenarioFile.ToJson(result)), "").Redirected!.Servers);
    }

    [Fact]
    public async Task A_circle_of_servers_ends_the_run_with_its_reason()
    {
        using var first = new RedirectingServer(ClientTransport.Udp, "first.test");
        using var second = new RedirectingServer(ClientTransport.Udp, "second.test") { Alternate = first };
        first.Alternate = second;
        var refused = await Assert.ThrowsAsync<TurnRefusedException>(() => RunAsync(first, [second]));
        Assert.Equal(
            $"allocation 1: the server refused Allocate: 300 Try Alternate to {first.EndPoint}, which has sent this client away already", refused.Message);
    }

    [Fact]
    public async Task A_server_that_is_named_and_not_there_is_told()
    {
        using var first = new RedirectingServer(ClientTransport.Udp, "first.test");
        using var second = new RedirectingServer(ClientTransport.Udp, "second.test");
        first.Alternate = second;
        second.Dispose();
        var refused = await Assert.ThrowsAsync<TurnRefusedException>(() => RunAsync(first, []));
        Assert.Contains($"nobody listens at {second.EndPoint}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_peer_that_the_server_does_not_allow_is_told_with_what_to_do()
    {
        using var server = new RedirectingServer(ClientTransport.Udp, "first.test") { RefusesPeers = true };
        string message = (await Assert.ThrowsAsync<TurnRefusedException>(() => RunAsync(server, []))).Message;
        Assert.StartsWith("allocation 1: the server refused ChannelBind: 403", message, StringComparison.Ordinal);
        Assert.EndsWith("(the peers are at 127.0.0.1: allow that at the server, or see --peer-address)", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_way_is_followed_five_times_and_keeps_the_transport_and_the_name()
    {
        var way = new Route(new TurnTarget("turn.example.org:1", IPEndPoint.Parse("127.0.0.1:1"), ClientTransport.Tls, "turn.example.org"), IPAddress.Loopback);
        for (ushort port = 2; port <= 6; port++)
        {
            Assert.True(way.TryFollow(To(port), out Route? next, out _));
            way = next;
        }

        Assert.Equal(
            ("127.0.0.1:6", ClientTransport.Tls, "turn.example.org", 5), (way.Target.Name, way.Target.Transport, way.Target.ServerName, way.Redirections));
        Assert.False(way.TryFollow(To(7), out _, out string? why));
        Assert.Equal("after 5 servers that sent it on", why);
    }

    [Theory]
    [InlineData(nameof(ClientTransport.Tls), "other.example.org", "other.example.org")]
    [InlineData(nameof(ClientTransport.Tcp), "other.example.org", "turn.example.org")] // it has no certificate
    [InlineData(nameof(ClientTransport.Tls), "no name", null)]
    public void ALTERNATE_DOMAIN_is_the_name_of_the_certificate_and_of_nothing_else(string transport, string domain, string? name)
    {
        var way = new Route(new TurnTarget("", IPEndPoint.Parse("127.0.0.1:1"), Enum.Parse<ClientTransport>(transport), "turn.example.org"), IPAddress.Loopback);
        Assert.Equal(name is not null, way.TryFollow(To(2) with { Domain = domain }, out Route? next, out _));
        Assert.Equal(name, next?.Target.ServerName);
    }

    private static Alternate To(ushort port) => new(TransportAddress.IPv4(0x7f000001, port), null);

    private static async Task<ScenarioResult> RunAsync(RedirectingServer server, RedirectingServer[] others, ChurnPlan? churn = null)
    {
        TurnTarget target = server.Target;
        foreach (RedirectingServer other in others)
        {
            target.TrustedIssuers?.Add(other.Certificate!);
        }

        var options = new ScenarioOptions(
            "voice",
            target,
            RedirectingServer.Credential,
            [new StreamPlan("voice", 2, 160, 0.01, 1, Direction.Up)], // whose first packet is not due in the time: it would go nowhere
            churn,
            Seconds: 0.3,
            WarmupSeconds: 0,
            Framing.Channel,
            Pacing.Sleep,
            AddressFamily.IPv4);
        using var run = new ScenarioRun(options, TimeProvider.System) { QuietAfter = 20_000_000_000 };
        CancellationToken stop = TestContext.Current.CancellationToken;
        return await Task.Run(() => run.Execute(observer: null, stop), stop);
    }
}
