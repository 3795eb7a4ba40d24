using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>What goes before what: own addresses, relay addresses, the built-in list, AllowPrivate, Deny, Allow.</summary>
public class PeerPolicyRuleTests
{
    private static readonly RelayAddressMap Relays = new(
        [new RelayAddress(Addresses.Ip("10.0.0.5", 0), Addresses.Ip("20.0.0.5", 0))], 49152, 65535);

    [Fact]
    public void AllowPrivate_lifts_a_built_in_denial_and_only_the_named_range()
    {
        PeerPolicy policy = PolicyChoice.PeerRules(allowPrivate: ["10.1.0.0/16"]);
        Assert.True(policy.Allows(Addresses.Ip("10.1.0.0")));
        Assert.True(policy.Allows(Addresses.Ip("10.1.255.255")));
        Assert.False(policy.Allows(Addresses.Ip("10.0.255.255")));
        Assert.False(policy.Allows(Addresses.Ip("10.2.0.0")));
    }

    [Fact]
    public void Allow_never_lifts_a_built_in_denial() =>
        Assert.False(PolicyChoice.PeerRules(allow: ["10.0.0.0/8", "0.0.0.0/0"]).Allows(Addresses.Ip("10.0.0.1")));

    [Fact]
    public void Deny_denies_a_public_range_and_Allow_is_its_exception()
    {
        PeerPolicy policy = PolicyChoice.PeerRules(deny: ["8.0.0.0/8"], allow: ["8.8.8.8"]);
        Assert.False(policy.Allows(Addresses.Ip("8.8.8.7")));
        Assert.True(policy.Allows(Addresses.Ip("8.8.8.8")));
        Assert.True(policy.Allows(Addresses.Ip("9.0.0.0")));
    }

    [Fact]
    public void Deny_goes_before_AllowPrivate()
    {
        PeerPolicy policy = PolicyChoice.PeerRules(allowPrivate: ["10.0.0.0/8"], deny: ["10.0.0.0/24"]);
        Assert.False(policy.Allows(Addresses.Ip("10.0.0.1")));
        Assert.True(policy.Allows(Addresses.Ip("10.0.1.1")));
    }

    [Fact]
    public void Allow_alone_restricts_nothing() =>
        Assert.True(PolicyChoice.PeerRules(allow: ["9.9.9.9"]).Allows(Addresses.Peer));

    [Fact]
    public void Denying_everything_leaves_what_is_allowed_by_name()
    {
        PeerPolicy policy = PolicyChoice.PeerRules(deny: ["0.0.0.0/0", "::/0"], allow: ["9.9.9.9", "2606:4700::/32"]);
        Assert.False(policy.Allows(Addresses.Peer));
        Assert.True(policy.Allows(Addresses.OtherPeer));
        Assert.True(policy.Allows(Addresses.PeerV6));
        Assert.False(policy.Allows(Addresses.Ip("2a00:1450::9")));
    }

    [Fact]
    public void The_servers_own_listening_address_is_denied_whatever_the_rules_say()
    {
        PeerPolicy policy = PolicyChoice.PeerRules(
            allowPrivate: ["0.0.0.0/0"], allow: ["0.0.0.0/0"], own: [Addresses.Ip("20.0.0.5", 3478), Addresses.Ip("10.0.0.9", 6379)]);
        Assert.False(policy.Allows(Addresses.Ip("20.0.0.5", 3478)));
        Assert.False(policy.Allows(Addresses.Ip("10.0.0.9", 6379)));
        Assert.True(policy.Allows(Addresses.Ip("20.0.0.5", 3479)));
    }

    [Fact]
    public void A_relay_address_is_allowed_in_its_port_range_whatever_the_rules_say()
    {
        PeerPolicy policy = PolicyChoice.PeerRules(deny: ["0.0.0.0/0"], relays: Relays);
        Assert.True(policy.Allows(Addresses.Ip("20.0.0.5", 49152)));
        Assert.True(policy.Allows(Addresses.Ip("20.0.0.5", 65535)));
        Assert.False(policy.Allows(Addresses.Ip("20.0.0.5", 49151)));
        Assert.True(policy.AllowsAddress(Addresses.Ip("20.0.0.5", 80)));
        Assert.False(policy.AllowsAddress(Addresses.Ip("20.0.0.6", 80)));
    }

    [Fact]
    public void A_private_relay_address_is_reachable_where_that_is_what_clients_are_told()
    {
        var relays = new RelayAddressMap([new RelayAddress(Addresses.Ip("127.0.0.1", 0), Addresses.Ip("127.0.0.1", 0))], 50000, 50010);
        PeerPolicy policy = PolicyChoice.PeerRules(relays: relays);
        Assert.True(policy.Allows(Addresses.Ip("127.0.0.1", 50000)));
        Assert.False(policy.Allows(Addresses.Ip("127.0.0.1", 50011)));
        Assert.False(policy.Allows(Addresses.Ip("127.0.0.2", 50000)));
    }

    [Fact]
    public void The_private_side_of_a_relay_address_is_no_peer() =>
        Assert.False(PolicyChoice.PeerRules(relays: Relays).Allows(Addresses.Ip("10.0.0.5", 50000)));

    [Fact]
    public void An_own_port_in_the_relay_range_is_denied_under_its_local_and_its_public_name()
    {
        PeerPolicy policy = PolicyChoice.PeerRules(own: [Addresses.Ip("10.0.0.5", 50000)], relays: Relays);
        Assert.False(policy.Allows(Addresses.Ip("10.0.0.5", 50000)));
        Assert.False(policy.Allows(Addresses.Ip("20.0.0.5", 50000)), "It would be sent to the server's own listener.");
        Assert.True(policy.Allows(Addresses.Ip("20.0.0.5", 50001)));
    }

    [Fact]
    public void Port_0_is_no_peer_but_a_permission_names_no_port()
    {
        Assert.False(PeerPolicy.Default.Allows(Addresses.Peer.WithPort(0)));
        Assert.True(PeerPolicy.Default.AllowsAddress(Addresses.Peer.WithPort(0)));
    }

    [Theory]
    [InlineData("10.0.0.0/8")]
    [InlineData("0.0.0.0/0")]
    [InlineData("::/0")]
    [InlineData("8.8.8.8")]
    [InlineData("2001:db8::/33")]
    [InlineData("2001:db8::1")]
    [InlineData("255.255.255.255/32")]
    public void A_CIDR_rule_parses(string text) => Assert.True(AddressRange.TryParse(text, out _));

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("10.0.0")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("010.0.0.0/8")]
    [InlineData("10.0.0.1/8")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0/8/8")]
    [InlineData("10.0.0.0/ 8")]
    [InlineData("/8")]
    [InlineData("fe80::1%eth0")]
    [InlineData("2001:db8::1/32")]
    [InlineData("::/129")]
    [InlineData("[::1]")]
    [InlineData("[::1]:3478")]
    [InlineData("10.0.0.0:80")]
    [InlineData("example.org")]
    public void A_rule_that_is_not_a_range_is_refused(string text)
    {
        Assert.False(AddressRange.TryParse(text, out _));
        Assert.Throws<FormatException>(() => AddressRange.Parse(text));
    }

    [Fact]
    public void Ranges_compare_by_what_they_cover()
    {
        Assert.True(AddressRange.Parse("8.8.8.8") == AddressRange.Parse("8.8.8.8/32"));
        Assert.True(AddressRange.Parse("8.8.8.8/31") != AddressRange.Parse("8.8.8.8/32"));
        Assert.False(AddressRange.Parse("0.0.0.0/0").Contains(Addresses.PeerV6));
        Assert.False(AddressRange.Parse("::/0").Contains(Addresses.Peer));
        Assert.Equal("10.0.0.0/8", AddressRange.Parse("10.0.0.0/8").ToString());
    }
}
