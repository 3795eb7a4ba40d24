using System.Net;
using Turnpike.Edge.Options;

namespace Turnpike.Edge.Tests.Host;

public sealed class EdgeSettingsTests
{
    [Fact]
    public void Defaults_listen_on_3478_and_manage_on_9641()
    {
        EdgeSettings settings = Reading.Good();
        Assert.Equal(new ListenerEndpoint("udp", IPEndPoint.Parse("0.0.0.0:3478"), null), Assert.Single(settings.Listeners));
        Assert.Equal(IPEndPoint.Parse("0.0.0.0:9641"), settings.Management);
        Assert.Empty(settings.RelayAddresses);
        Assert.Empty(settings.Peers.AllowPrivate);
        Assert.Equal(TimeSpan.FromHours(1), settings.DrainDeadline);
        Assert.Equal(':', settings.CredentialSeparator);
        Assert.Empty(settings.Warnings);
    }

    [Theory]
    [InlineData("udp://[::]:3478", "::", 3478, null)]
    [InlineData("udp://127.0.0.1:0", "127.0.0.1", 0, null)]
    [InlineData("udp://10.0.0.5:3478?public=198.51.100.7", "10.0.0.5", 3478, "198.51.100.7")]
    [InlineData("udp://[fd00::5]:3478?public=2001:db8::7", "fd00::5", 3478, "2001:db8::7")]
    public void A_listener_is_read(string text, string address, int port, string? told)
    {
        ListenerEndpoint listener = Assert.Single(Reading.Good(("Edge:Listeners:0", text)).Listeners);
        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), port), listener.Endpoint);
        Assert.Equal(told is null ? null : IPAddress.Parse(told), listener.Public);
    }

    [Theory]
    [InlineData("sctp://0.0.0.0:3478", "allowed: SCHEME://")]
    [InlineData("udp://0.0.0.0", "allowed: SCHEME://")]
    [InlineData("0.0.0.0:3478", "allowed: SCHEME://")]
    [InlineData("udp://localhost:3478", "allowed: SCHEME://")]
    [InlineData("udp://::1:3478", "allowed: SCHEME://")]
    [InlineData("udp://127.1:3478", "allowed: SCHEME://")]
    [InlineData("udp://0127.0.0.1:3478", "allowed: SCHEME://")]
    [InlineData("udp://127.0.0.1:65536", "allowed: SCHEME://")]
    [InlineData("udp://127.0.0.1:-1", "allowed: SCHEME://")]
    [InlineData("udp://127.0.0.1:1?pubic=1.2.3.4", "allowed: SCHEME://")]
    [InlineData("udp://127.0.0.1:1?public=0.0.0.0", "allowed: SCHEME://")]
    [InlineData("udp://127.0.0.1:1?public=2001:db8::1", "other family")]
    public void A_listener_that_cannot_be_meant_is_refused(string text, string why)
    {
        string problem = Assert.Single(Reading.Bad(("Edge:Listeners:0", text)));
        Assert.StartsWith($"Edge:Listeners:0 = \"{text}\"", problem, StringComparison.Ordinal);
        Assert.Contains(why, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_listener_twice_is_refused() =>
        Assert.Contains("listed twice", Assert.Single(Reading.Bad(
            ("Edge:Listeners:0", "udp://127.0.0.1:5"), ("Edge:Listeners:1", "udp://127.0.0.1:5"))), StringComparison.Ordinal);

    [Theory]
    [InlineData("a:b")]
    [InlineData("a\"b")]
    [InlineData("a\tb")]
    [InlineData("")]
    public void A_realm_that_cannot_be_quoted_is_refused(string realm) => Assert.Single(Reading.Bad(("Edge:Realm", realm)));

    [Fact]
    public void A_realm_has_at_most_127_characters()
    {
        Assert.Equal(127, Reading.Good(("Edge:Realm", new string('r', 127))).Realm.Length);
        Assert.Single(Reading.Bad(("Edge:Realm", new string('r', 128))));
    }

    [Fact]
    public void Software_may_be_empty_and_has_at_most_127_characters()
    {
        Assert.Equal("", Reading.Good(("Edge:Protocol:Software", "")).Protocol.Software);
        Reading.Good(("Edge:Protocol:Software", new string('s', 127)));
        Assert.Single(Reading.Bad(("Edge:Protocol:Software", new string('s', 128))));
        Assert.Single(Reading.Bad(("Edge:Protocol:Software", "a\nb")));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("7")]
    [InlineData("")]
    [InlineData("::")]
    [InlineData(" ")]
    [InlineData("é")]
    public void A_separator_is_one_character_that_no_number_or_name_starts_with(string separator)
    {
        Assert.Single(Reading.Bad(("Edge:Credentials:Separator", separator)));
        Assert.Equal('_', Reading.Good(("Edge:Credentials:Separator", "_")).CredentialSeparator);
    }

    [Fact]
    public void The_first_relay_port_is_not_above_the_last()
    {
        Reading.Good(("Edge:Relay:MinPort", "50000"), ("Edge:Relay:MaxPort", "50000"));
        string problem = Assert.Single(Reading.Bad(("Edge:Relay:MinPort", "50001"), ("Edge:Relay:MaxPort", "50000")));
        Assert.StartsWith("Edge:Relay:MinPort = \"50001\": above Edge:Relay:MaxPort, 50000", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_longest_lifetime_is_not_below_the_default_one()
    {
        string problem = Assert.Single(Reading.Bad(("Edge:Lifetimes:Allocation", "900"), ("Edge:Lifetimes:MaxAllocation", "899")));
        Assert.StartsWith("Edge:Lifetimes:MaxAllocation = \"899\": below Edge:Lifetimes:Allocation, 900", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Relay_addresses_pair_with_public_addresses_by_position()
    {
        EdgeSettings settings = Reading.Good(
            ("Edge:Relay:Addresses:0", "10.0.0.5"), ("Edge:Relay:Addresses:1", "fd00::5"),
            ("Edge:Relay:PublicAddresses:0", "198.51.100.7"), ("Edge:Relay:PublicAddresses:1", "2001:db8::7"));
        Assert.Equal(
            [
                new RelayAddress(IPAddress.Parse("10.0.0.5"), IPAddress.Parse("198.51.100.7")),
                new RelayAddress(IPAddress.Parse("fd00::5"), IPAddress.Parse("2001:db8::7")),
            ],
            settings.RelayAddresses);
        Assert.Equal(
            IPAddress.Parse("10.0.0.5"), Assert.Single(Reading.Good(("Edge:Relay:Addresses:0", "10.0.0.5")).RelayAddresses).Public);
    }

    [Theory]
    [InlineData("10.0.0.5", null, "198.51.100.7", "198.51.100.8")]
    [InlineData(null, null, "198.51.100.7", null)]
    [InlineData("10.0.0.5", null, "2001:db8::7", null)]
    [InlineData("0.0.0.0", null, null, null)]
    [InlineData("10.0.0.5", "10.0.0.5", null, null)]
    [InlineData("example.org", null, null, null)]
    public void Relay_addresses_that_do_not_pair_are_refused(string? first, string? second, string? firstPublic, string? secondPublic) =>
        Assert.Single(Reading.Bad(
            ("Edge:Relay:Addresses:0", first), ("Edge:Relay:Addresses:1", second),
            ("Edge:Relay:PublicAddresses:0", firstPublic), ("Edge:Relay:PublicAddresses:1", secondPublic)));

    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("192.168.1.7", "192.168.1.7/32")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("fd00::/8", "fd00::/8")]
    [InlineData("::1", "::1/128")]
    public void A_peer_rule_is_read(string rule, string expected)
    {
        foreach (string list in new[] { "AllowPrivate", "Allow", "Deny" })
        {
            PeerRules peers = Reading.Good(($"Edge:Peers:{list}:0", rule)).Peers;
            IReadOnlyList<IPNetwork> read = list switch { "AllowPrivate" => peers.AllowPrivate, "Allow" => peers.Allow, _ => peers.Deny };
            Assert.Equal(IPNetwork.Parse(expected), Assert.Single(read));
        }
    }

    [Theory]
    [InlineData("10.0.0.1/8")]
    [InlineData("fd00::1/8")]
    [InlineData("10.1/16")]
    [InlineData("012.0.0.0/8")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/")]
    [InlineData("fe80::1%2")]
    [InlineData("internal")]
    [InlineData("")]
    public void A_peer_rule_that_does_not_parse_stops_the_start(string rule)
    {
        foreach (string list in new[] { "AllowPrivate", "Allow", "Deny" })
        {
            Assert.StartsWith($"Edge:Peers:{list}:0", Assert.Single(Reading.Bad(($"Edge:Peers:{list}:0", rule))), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("http://[::1]:9641", "::1", 9641)]
    [InlineData("http://127.0.0.1:0/", "127.0.0.1", 0)]
    public void Management_is_read(string text, string address, int port) =>
        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), port), Reading.Good(("Edge:Management", text)).Management);

    [Theory]
    [InlineData("http://edge-0.edges.turn.svc:9641", "http://edge-0.edges.turn.svc:9641/")]
    [InlineData("http://192.0.2.1:80/", "http://192.0.2.1/")]
    [InlineData("10.1.2.3", "http://10.1.2.3:0/")]
    [InlineData("2001:db8::7", "http://[2001:db8::7]:0/")]
    [InlineData("", null)]
    public void The_address_that_the_control_plane_is_told_is_a_URL_or_an_address_alone(string text, string? expected) =>
        Assert.Equal(expected, Reading.Good(("Edge:ManagementUrl", text)).ManagementUrl?.AbsoluteUri);

    [Theory]
    [InlineData("https://192.0.2.1:9641")]
    [InlineData("http://192.0.2.1:9641/metrics")]
    [InlineData("http://user:password@192.0.2.1:9641")]
    [InlineData("192.0.2.1:9641")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("edge-0")]
    public void What_the_control_plane_could_not_ask_is_refused(string text) => Assert.Single(Reading.Bad(("Edge:ManagementUrl", text)));

    [Theory]
    [InlineData("https://127.0.0.1:9641")]
    [InlineData("http://localhost:9641")]
    [InlineData("http://127.0.0.1")]
    [InlineData("127.0.0.1:9641")]
    [InlineData("")]
    public void Management_that_cannot_be_served_is_refused(string text) => Assert.Single(Reading.Bad(("Edge:Management", text)));
}
