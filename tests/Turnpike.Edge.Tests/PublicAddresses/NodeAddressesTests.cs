using System.Net;
using System.Text;
using System.Text.Json;
using Turnpike.Edge.Options;
using Turnpike.Edge.PublicAddresses;
using Turnpike.Edge.Tests.Host;

namespace Turnpike.Edge.Tests.PublicAddresses;

public sealed class NodeAddressesTests
{
    private const string Annotation = "turnpike.dev/public-addresses";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_is_read_with_the_token_of_the_service_account()
    {
        await using FakeApiServer api = await FakeApiServer.StartAsync();
        api.Node = FakeApiServer.NodeOf("203.0.113.7, 2001:db8::7", ("InternalIP", "10.0.0.7"), ("ExternalIP", "198.51.100.7"), ("Hostname", "node-7"));
        NodeReport report = await new NodeAddresses(Reading.Good(api.Settings).Node!).ReadAsync(Cancellation);
        Assert.Equal([IPAddress.Parse("203.0.113.7"), IPAddress.Parse("2001:db8::7")], report.Annotated);
        Assert.Equal([IPAddress.Parse("198.51.100.7")], report.External);
    }

    [Fact]
    public async Task Of_an_API_server_only_the_certificate_of_the_clusters_issuer_is_taken()
    {
        await using FakeApiServer api = await FakeApiServer.StartAsync(tls: true);
        api.Node = FakeApiServer.NodeOf("203.0.113.7");
        NodeSettings node = Reading.Good(api.Settings).Node!;
        Assert.Equal([IPAddress.Parse("203.0.113.7")], (await new NodeAddresses(node).ReadAsync(Cancellation)).Annotated);
        using Streams.TestCertificates others = new();
        Assert.NotNull(await ProblemAsync(node with { IssuerFile = others.Certificate }));
    }

    [Fact]
    public async Task What_goes_wrong_is_told_in_words()
    {
        await using FakeApiServer api = await FakeApiServer.StartAsync();
        NodeSettings node = Reading.Good(api.Settings).Node!;
        api.Status = 403;
        Assert.Equal("the API server answers 403", await ProblemAsync(node));
        api.Status = 0;
        Assert.Equal("the API server answers 403", await ProblemAsync(node with { Resource = new Uri(node.Resource, "/api/v1/nodes/other") }));
        api.Node = "[]";
        Assert.Equal("what came is no Node", await ProblemAsync(node));
        api.Node = new string(' ', 5 * 1024 * 1024);
        Assert.NotNull(await ProblemAsync(node));
        Assert.NotNull(await ProblemAsync(node with { TokenFile = "/no/such/file" }));
        Assert.NotNull(await ProblemAsync(node with { Resource = new Uri("https://127.0.0.1:1/"), IssuerFile = "/no/such/file" }));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"metadata":null,"status":{"addresses":{}}}""")]
    [InlineData("""{"metadata":{"annotations":{"turnpike.dev/public-addresses":7}},"status":{"addresses":[1,{},{"type":"ExternalIP"},{"type":"ExternalIP","address":5}]}}""")]
    [InlineData("""{"metadata":{"annotations":{"turnpike.dev/public-addresses":"nonsense, 0.0.0.0,, 1.2.3"}},"status":{"addresses":[{"type":"ExternalIP","address":"ec2.example.com"}]}}""")]
    public void What_is_no_address_is_passed_over(string json)
    {
        NodeReport report = NodeAddresses.Parse(Encoding.UTF8.GetBytes(json), Annotation);
        Assert.Empty(report.Annotated);
        Assert.Empty(report.External);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("{")]
    public void What_is_no_object_is_no_node(string json) =>
        Assert.ThrowsAny<JsonException>(() => NodeAddresses.Parse(Encoding.UTF8.GetBytes(json), Annotation));

    [Fact]
    public void Without_a_name_a_server_or_a_token_there_is_no_node_to_read()
    {
        Assert.Null(Reading.Good().Node);
        Assert.Null(Reading.Good(("Edge:Kubernetes:NodeName", "a"), ("Edge:Kubernetes:Api", "https://api"), ("Edge:Kubernetes:Credentials", "/no/such")).Node);
    }

    [Theory]
    [InlineData("Edge:Relay:StunServers:0", "stun.example.org")]
    [InlineData("Edge:Relay:StunServers:0", "stun.example.org:0")]
    [InlineData("Edge:Relay:StunServers:0", "stun:stun.example.org:3478")]
    [InlineData("Edge:Relay:StunServers:0", "2001:db8::1:3478")]
    [InlineData("Edge:Relay:StunServers:0", "[stun.example.org]:3478")]
    [InlineData("Edge:Kubernetes:Api", "http://api.example.org")]
    [InlineData("Edge:Kubernetes:Api", "api")]
    public void A_setting_that_makes_no_sense_stops_the_start(string key, string value) =>
        Assert.Contains(key, Assert.Single(Reading.Bad((key, value))), StringComparison.Ordinal);

    [Fact]
    public void Servers_may_be_names_and_addresses_of_both_families() => Assert.Equal(
        [new StunServer("stun.example.org", 3478), new StunServer("192.0.2.1", 3479), new StunServer("2001:db8::1", 3480)],
        Reading.Good(
            ("Edge:Relay:StunServers:0", "stun.example.org:3478"), ("Edge:Relay:StunServers:1", "192.0.2.1:3479"),
            ("Edge:Relay:StunServers:2", "[2001:db8::1]:3480")).StunServers);

    private static async Task<string?> ProblemAsync(NodeSettings node) =>
        NodeAddresses.Problem(await Assert.ThrowsAnyAsync<Exception>(() => new NodeAddresses(node).ReadAsync(Cancellation)));
}
