using Turnpike.Edge.Options;
using Turnpike.Edge.Tests.Host;
using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Tests.Extensions;

/// <summary>The settings of the protocol's extensions.</summary>
public sealed class ExtensionSettingsTests
{
    private const string Key32 = "SEdrajMyS0pHaXV5MDk4c2RmYXFiTmpPaWF6NzE5MjM=";
    private const string Key16 = "SEdrajMyS0pHaXV5MDk4cw==";

    [Fact]
    public void Everything_is_off_by_default()
    {
        EdgeSettings settings = Reading.Good();
        Assert.False(settings.Protocol.Mobility);
        Assert.Null(settings.NatDiscovery);
        Assert.Null(settings.ThirdParty);
        Assert.Same(NoRedirect.Instance, settings.Redirect);
        Assert.Empty(settings.Warnings);
    }

    [Theory]
    [InlineData($"north:{Key32}")]
    [InlineData($"north:{Key16}")]
    [InlineData($"north:{Key32}:1700000000")]
    [InlineData($"north:{Key32}:1700000000:1800000000")]
    public void A_key_of_an_authorization_server(string text) =>
        Assert.NotNull(Reading.Good(("Edge:ThirdPartyAuthorization:ServerName", "turn.example.com"), ("Edge:ThirdPartyAuthorization:Keys:0", text)).ThirdParty);

    [Theory]
    [InlineData("north")]
    [InlineData($":{Key32}")]
    [InlineData("north:")]
    [InlineData("north:c2hvcnQ=")]
    [InlineData("north:not base64 at all!")]
    [InlineData($"north:{Key32}:soon")]
    [InlineData($"north:{Key32}:2:1")]
    [InlineData($"north:{Key32}:1:2:3")]
    public void A_key_that_is_wrong_stops_the_start_and_is_not_shown(string text)
    {
        string problem = Assert.Single(Reading.Bad(
            ("Edge:ThirdPartyAuthorization:ServerName", "turn.example.com"), ("Edge:ThirdPartyAuthorization:Keys:0", text)));
        Assert.StartsWith("Edge:ThirdPartyAuthorization:Keys:0: ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Key32, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_keys_have_two_ids() => Assert.Contains("Keys:1", Assert.Single(Reading.Bad(
        ("Edge:ThirdPartyAuthorization:ServerName", "turn.example.com"),
        ("Edge:ThirdPartyAuthorization:Keys:0", $"north:{Key32}"),
        ("Edge:ThirdPartyAuthorization:Keys:1", $"north:{Key16}"))), StringComparison.Ordinal);

    [Theory]
    [InlineData("Edge:ThirdPartyAuthorization:ServerName", "turn.example.com")]
    [InlineData("Edge:ThirdPartyAuthorization:Keys:0", $"north:{Key32}")]
    public void A_server_name_needs_a_key_and_a_key_needs_a_server_name(string key, string value) => Reading.Bad((key, value));

    [Fact]
    public void Keys_of_an_authorization_server_are_credentials_enough()
    {
        SettingsReading reading = Reading.Bind(
            ("Edge:ThirdPartyAuthorization:ServerName", "turn.example.com"), ("Edge:ThirdPartyAuthorization:Keys:0", $"north:{Key32}"));
        Assert.NotNull(EdgeSettingsReader.Read(reading));
    }

    [Fact]
    public void NAT_discovery_stands_beside_the_first_listener_on_one_address_of_its_family()
    {
        NatDiscoverySettings? discovery = Reading.Good(
            ("Edge:Listeners:0", "udp://0.0.0.0:3478"),
            ("Edge:Listeners:1", "udp://[::1]:3478"),
            ("Edge:Listeners:2", "udp://127.0.0.1:4000?public=203.0.113.1"),
            ("Edge:Protocol:NatDiscovery", "true"),
            ("Edge:NatDiscovery:AlternateAddress", "127.0.0.2"),
            ("Edge:NatDiscovery:AlternatePublicAddress", "203.0.113.2")).NatDiscovery;
        Assert.NotNull(discovery);
        Assert.Equal(4000, discovery.Listener.Endpoint.Port);
        Assert.Equal("203.0.113.2", $"{discovery.AlternatePublic}");
        Assert.Equal(3479, discovery.AlternatePort);
    }

    [Theory]
    [InlineData("udp://127.0.0.1:3478", "", "", "3479")]
    [InlineData("udp://127.0.0.1:3478", "0.0.0.0", "", "3479")]
    [InlineData("udp://127.0.0.1:3478", "127.0.0.1", "", "3479")]
    [InlineData("udp://127.0.0.1:3478", "::1", "", "3479")]
    [InlineData("udp://0.0.0.0:3478", "127.0.0.2", "", "3479")]
    [InlineData("tcp://127.0.0.1:3478", "127.0.0.2", "", "3479")]
    [InlineData("udp://127.0.0.1:3478", "127.0.0.2", "", "3478")]
    [InlineData("udp://127.0.0.1:3478", "127.0.0.2", "2001:db8::1", "3479")]
    [InlineData("udp://127.0.0.1:3478", "127.0.0.2", "0.0.0.0", "3479")]
    public void NAT_discovery_that_cannot_be_stops_the_start(string listener, string address, string told, string port) =>
        Assert.StartsWith("Edge:NatDiscovery:", Assert.Single(Reading.Bad(
            ("Edge:Listeners:0", listener),
            ("Edge:Protocol:NatDiscovery", "true"),
            ("Edge:NatDiscovery:AlternateAddress", address),
            ("Edge:NatDiscovery:AlternatePublicAddress", told),
            ("Edge:NatDiscovery:AlternatePort", port))), StringComparison.Ordinal);

    [Theory]
    [InlineData("draining", true, false, false)]
    [InlineData("full", true, true, false)]
    [InlineData("always", true, true, true)]
    public void Each_word_of_Redirect_When_includes_those_before_it(string when, bool draining, bool full, bool always)
    {
        IRedirectSource redirect = Reading.Good(
            ("Edge:Redirect:When", when),
            ("Edge:Redirect:AlternateServers:0", "203.0.113.9:3478"),
            ("Edge:Redirect:AlternateDomain", "turn9.example.com")).Redirect;
        Assert.Equal(draining, redirect.TryChoose(RedirectOccasion.Draining, ClientTransport.Udp, AddressFamily.IPv4, out RedirectTarget? target));
        Assert.Equal("203.0.113.9:3478", $"{target!.Server}");
        Assert.Equal("turn9.example.com"u8.ToArray(), target.Domain);
        Assert.Equal(full, redirect.TryChoose(RedirectOccasion.Full, ClientTransport.Udp, AddressFamily.IPv4, out _));
        Assert.Equal(always, redirect.TryChoose(RedirectOccasion.Always, ClientTransport.Udp, AddressFamily.IPv4, out _));
        Assert.False(redirect.TryChoose(RedirectOccasion.Draining, ClientTransport.Udp, AddressFamily.IPv6, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("turn.example.com:3478")]
    [InlineData("203.0.113.9")]
    [InlineData("203.0.113.9:0")]
    [InlineData("0.0.0.0:3478")]
    [InlineData("203.0.113.1:3478")] // itself, as clients know it
    public void An_alternate_server_that_is_none_stops_the_start(string server) =>
        Assert.StartsWith("Edge:Redirect:AlternateServers:0", Assert.Single(Reading.Bad(
            ("Edge:Listeners:0", "udp://0.0.0.0:3478?public=203.0.113.1"),
            ("Edge:Redirect:When", "always"),
            ("Edge:Redirect:AlternateServers:0", server))), StringComparison.Ordinal);

    [Fact]
    public void Redirecting_needs_somewhere_to_go() => Reading.Bad(("Edge:Redirect:When", "always"));

    [Theory]
    [InlineData("Edge:Redirect:AlternateServers:0", "203.0.113.9:3478")]
    [InlineData("Edge:NatDiscovery:AlternateAddress", "127.0.0.2")]
    public void A_setting_without_its_switch_is_warned_of(string key, string value) =>
        Assert.StartsWith(key[..^2], Assert.Single(Reading.Good((key, value)).Warnings), StringComparison.Ordinal);
}
