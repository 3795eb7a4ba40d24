using System.Net;
using Turnpike.LoadTest.Bench;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Probe;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Tests;

public sealed class ProbeTests
{
    private static readonly BenchUser User = new("alice", "secret");

    [Fact]
    public void Packets_are_echoed_through_two_relays()
    {
        using CoturnServer coturn = new();
        coturn.Start(CpuAffinity.Allowed()[0], User);
        using EchoCall call = new(coturn.Endpoint, new TurnCredential(User.Name, User.Password), packets: 20, TimeSpan.FromSeconds(30), TimeProvider.System);
        EchoResult result = call.Run(TestContext.Current.CancellationToken);
        Assert.Equal(20, result.Echoed);
        Assert.NotEqual(result.Caller, result.Callee);
    }

    [Fact]
    public void A_credential_that_the_server_refuses_is_a_clear_failure()
    {
        using CoturnServer coturn = new();
        coturn.Start(CpuAffinity.Allowed()[0], User);
        using EchoCall call = new(coturn.Endpoint, new TurnCredential(User.Name, "wrong"), packets: 20, TimeSpan.FromSeconds(30), TimeProvider.System);
        TurnRefusedException refused = Assert.Throws<TurnRefusedException>(() => call.Run(TestContext.Current.CancellationToken));
        Assert.Contains("the server refused Allocate: 401", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Servers_over_UDP_are_taken_from_the_answer_of_the_API()
    {
        IssuedCredential issued = IssuedCredential.Read("""
            {"iceServers":[{"urls":["stun:192.0.2.1:3478"]},
              {"urls":["turn:192.0.2.1:3478?transport=udp","turn:192.0.2.1:3478?transport=tcp","turns:192.0.2.1:5349?transport=tcp","turn:[2001:db8::1]"],
               "username":"1:k:u","credential":"x"}]}
            """)!;
        Assert.Equal([IPEndPoint.Parse("192.0.2.1:3478"), IPEndPoint.Parse("[2001:db8::1]:3478")], issued.Servers.Select(each => each.Endpoint));
        Assert.Null(IssuedCredential.Read("""{"iceServers":[{"urls":["turn:192.0.2.1:3478?transport=tcp"],"username":"u","credential":"x"}]}"""));
    }

    [Theory]
    [InlineData("token", "--api=ftp://a", "--api is a URL of http or https")]
    [InlineData("", "--api=http://a", "set TURNPIKE_TOKEN")]
    public void What_is_missing_is_said(string token, string argument, string problem) =>
        Assert.Contains(
            problem,
            Assert.Throws<UsageException>(() => ProbeOptions.From(ParsedOptions.Parse(ProbeOptions.Known, [argument]), token)).Message,
            StringComparison.Ordinal);
}
