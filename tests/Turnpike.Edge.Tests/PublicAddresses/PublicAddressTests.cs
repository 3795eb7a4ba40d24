using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Edge.Options;
using Turnpike.Edge.PublicAddresses;
using Turnpike.Edge.Tests.Cluster;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Edge.Transport;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.PublicAddresses;

/// <summary>Which addresses clients are told, and when an edge is not ready because of them.</summary>
public sealed class PublicAddressTests
{
    private const string Private = "10.0.0.5";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("203.0.113.7", "198.51.100.7", "203.0.113.7")]
    [InlineData(null, "198.51.100.7", "198.51.100.7")]
    [InlineData("2001:db8::7", "198.51.100.7", "198.51.100.7")]
    [InlineData(null, null, "198.51.100.9")]
    public async Task The_annotation_goes_before_the_ExternalIP_and_that_before_a_STUN_server(string? annotation, string? external, string expected)
    {
        await using FakeApiServer api = await FakeApiServer.StartAsync();
        using FakeStunServer stun = new();
        api.Node = FakeApiServer.NodeOf(annotation, external is null ? [] : [("ExternalIP", external)]);
        await using Edge edge = await Edge.StartAsync(TimeProvider.System, [.. api.Settings, ("Edge:Relay:StunServers:0", stun.Address)]);
        Assert.Equal(IPAddress.Parse(expected), Assert.Single(edge.Relay.RelayAddresses));
        Assert.Equal($"turn:{expected}:{edge.Running.Port}?transport=udp", Assert.Single(edge.Relay.ListenerUrls));
        Assert.Equal(expected == "198.51.100.9" ? 1 : 0, stun.Asked);
        using Caller caller = new(edge.Running.Port, RunningRelay.User, RunningRelay.Password);
        Assert.Equal(0, caller.Allocate());
        Assert.True(caller.Relayed.SameAddress(TransportAddress.From(IPAddress.Parse(expected), 0)));
        // Under its new name the edge itself is as little a peer as under the old one.
        Assert.Equal(403, caller.Permit(TransportAddress.From(IPAddress.Parse("127.0.0.1"), 1)));
    }

    [Fact]
    public async Task What_the_settings_name_is_asked_of_nobody()
    {
        await using FakeApiServer api = await FakeApiServer.StartAsync();
        api.Node = FakeApiServer.NodeOf("203.0.113.7");
        await using Edge edge = await Edge.StartAsync(TimeProvider.System, [.. api.Settings, ("Edge:Listeners:0", "udp://127.0.0.1:0?public=203.0.113.99")]);
        Assert.Equal(IPAddress.Parse("203.0.113.99"), Assert.Single(edge.Relay.RelayAddresses));
    }

    [Fact]
    public async Task An_API_server_that_refuses_leaves_it_to_the_STUN_server()
    {
        await using FakeApiServer api = await FakeApiServer.StartAsync();
        using FakeStunServer stun = new();
        api.Status = 500;
        await using Edge edge = await Edge.StartAsync(TimeProvider.System, [.. api.Settings, ("Edge:Relay:StunServers:0", stun.Address)]);
        Assert.Equal(stun.Mapped.Address, Assert.Single(edge.Relay.RelayAddresses));
    }

    [Fact]
    public async Task Two_relay_addresses_never_share_one_outside()
    {
        await using FakeApiServer api = await FakeApiServer.StartAsync();
        api.Node = FakeApiServer.NodeOf("203.0.113.7,203.0.113.7", ("ExternalIP", "203.0.113.7"));
        await using Edge edge = await Edge.StartAsync(
            TimeProvider.System, [.. api.Settings, ("Edge:Relay:Addresses:0", "127.0.0.1"), ("Edge:Relay:Addresses:1", "127.0.0.2")]);
        Assert.Equal([IPAddress.Parse("203.0.113.7"), IPAddress.Parse("127.0.0.2")], edge.Relay.RelayAddresses);
    }

    [Fact]
    public async Task While_an_edge_runs_it_takes_over_what_is_found_later()
    {
        await using FakeApiServer api = await FakeApiServer.StartAsync();
        await using Edge edge = await Edge.StartAsync(TimeProvider.System, api.Settings);
        Assert.Equal(IPAddress.Loopback, Assert.Single(edge.Relay.RelayAddresses));
        edge.Relay.Tell(new Dictionary<IPAddress, IPAddress> { [IPAddress.Loopback] = IPAddress.Parse("203.0.113.7") });
        using Caller caller = new(edge.Running.Port, RunningRelay.User, RunningRelay.Password);
        Assert.Equal(0, caller.Allocate());
        Assert.True(caller.Relayed.SameAddress(TransportAddress.From(IPAddress.Parse("203.0.113.7"), 0)));
        Assert.StartsWith("turn:203.0.113.7:", Assert.Single(edge.Relay.ListenerUrls), StringComparison.Ordinal);
        await Eventually.TrueAsync(() => caller.Permit(TransportAddress.From(IPAddress.Parse("203.0.113.7"), 50_000)) == 0);
    }

    [Fact]
    public void Where_all_that_clients_could_be_told_is_private_the_edge_says_so()
    {
        string why = RelayInterface.WhyPrivate([On(Private), On("127.0.0.1"), On("fd00::5")])!;
        Assert.Contains($"({Private}, 127.0.0.1, fd00::5)", why, StringComparison.Ordinal);
        Assert.Contains("Edge:Relay:AllowPrivate", why, StringComparison.Ordinal);
        Assert.Null(RelayInterface.WhyPrivate([On(Private), On("8.8.8.8")]));
        Assert.Null(RelayInterface.WhyPrivate([On(Private) with { IsNamed = true }]));
        Assert.Null(RelayInterface.WhyPrivate([On("127.0.0.1"), On("::1")]));
        RelayInterface found = On(Private);
        found.Tell(TransportAddress.From(IPAddress.Parse("8.8.8.8"), 0));
        Assert.Null(RelayInterface.WhyPrivate([found]));
    }

    [Fact]
    public async Task The_search_goes_on_while_the_edge_is_not_ready_and_ends_when_it_is()
    {
        await using FakeApiServer api = await FakeApiServer.StartAsync();
        FakeTimeProvider clock = new();
        // As if the interface had a private address, which no test can count on.
        await using Edge edge = await Edge.StartAsync(clock, api.Settings, startDiscovery: false);
        edge.Relay.Tell(new Dictionary<IPAddress, IPAddress> { [IPAddress.Loopback] = IPAddress.Parse(Private) });
        Assert.Contains(Private, edge.Relay.NotReadyReason, StringComparison.Ordinal);
        await edge.Discovery.StartingAsync(Cancellation);
        Assert.Equal(1, api.Asked);
        api.Node = FakeApiServer.NodeOf("8.8.8.8");
        clock.Advance(PublicAddressDiscovery.Interval);
        await Eventually.TrueAsync(() => edge.Relay.NotReadyReason is null);
        Assert.Equal(IPAddress.Parse("8.8.8.8"), Assert.Single(edge.Relay.RelayAddresses));
        Assert.Equal(2, api.Asked);
    }

    private static RelayInterface On(string address)
    {
        TransportAddress local = TransportAddress.From(IPAddress.Parse(address), 0);
        return new RelayInterface(local, local, new RelayPorts(49152, 65535));
    }

    private sealed class Edge : IAsyncDisposable
    {
        private Edge(RunningRelay running, PublicAddressDiscovery discovery)
        {
            Running = running;
            Discovery = discovery;
        }

        public RunningRelay Running { get; }

        public EdgeRelay Relay => Running.Relay;

        public PublicAddressDiscovery Discovery { get; }

        public static async Task<Edge> StartAsync(TimeProvider time, (string Key, string? Value)[] pairs, bool startDiscovery = true)
        {
            EdgeSettings? settings = null;
            RunningRelay running = await RunningRelay.StartAsync(
                TimeProvider.System,
                read =>
                {
                    settings = read;
                    return null;
                },
                pairs);
            PublicAddressDiscovery discovery = new(settings!, running.Relay, time, NullLogger<PublicAddressDiscovery>.Instance);
            if (startDiscovery)
            {
                await discovery.StartingAsync(Cancellation);
            }
            return new Edge(running, discovery);
        }

        public async ValueTask DisposeAsync()
        {
            await Discovery.StopAsync(CancellationToken.None);
            Discovery.Dispose();
            await Running.DisposeAsync();
        }
    }
}
