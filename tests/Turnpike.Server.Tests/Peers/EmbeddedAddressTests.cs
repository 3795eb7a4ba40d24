namespace Turnpike.Server.Tests;

/// <summary>IPv4 inside IPv6 is judged as IPv4 too (CVE-2020-26262, CVE-2026-27624).</summary>
public class EmbeddedAddressTests
{
    /// <summary>Every form in which 127.0.0.1, 10.0.0.1 and 169.254.169.254 can be written into an IPv6 address.</summary>
    public static TheoryData<string> PrivateInDisguise { get; } = new(
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "::127.0.0.1", "::10.0.0.1", "::169.254.169.254",
        "::ffff:0:127.0.0.1", "::ffff:0:10.0.0.1", "::ffff:0:169.254.169.254",
        "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254",
        "64:ff9b:1::127.0.0.1", "64:ff9b:1:2:3:4:10.0.0.1", "64:ff9b:1::169.254.169.254",
        "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::5", "2002:7f00:1:ffff:ffff:ffff:ffff:ffff",
        "2001:0:808:808:0:0:80ff:fffe", "2001:0:808:808:0:0:f5ff:fffe", "2001:0:808:808:8000:3333:5601:5601");

    // Everything that the built-in list says of IPv6, so that only the IPv4 inside is left to be judged.
    private static readonly string[] AllIPv6 = ["::/0"];

    [Theory]
    [MemberData(nameof(PrivateInDisguise))]
    public void A_private_address_inside_an_IPv6_address_is_denied(string address) =>
        Assert.False(PeerPolicy.Default.Allows(Addresses.Ip(address)));

    [Theory]
    [MemberData(nameof(PrivateInDisguise))]
    public void It_stays_denied_when_the_operator_opens_all_of_IPv6(string address)
    {
        PeerPolicy policy = PolicyChoice.PeerRules(allowPrivate: AllIPv6);
        Assert.False(policy.Allows(Addresses.Ip(address)));
        Assert.False(policy.AllowsAddress(Addresses.Ip(address)));
    }

    [Theory]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("::8.8.8.8")]
    [InlineData("64:ff9b::8.8.8.8")]
    [InlineData("64:ff9b:1::8.8.8.8")]
    [InlineData("2002:808:808::1")]
    [InlineData("2001:0:7f00:1:0:0:f7f7:f7f7")]
    public void A_public_address_inside_passes_once_the_outer_range_is_opened(string address) =>
        Assert.True(PolicyChoice.PeerRules(allowPrivate: AllIPv6).Allows(Addresses.Ip(address)));

    [Theory]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("64:ff9b::127.0.0.1")]
    [InlineData("2002:7f00:1::1")]
    public void Opening_the_IPv4_range_alone_does_not_open_its_disguises(string address)
    {
        PeerPolicy policy = PolicyChoice.PeerRules(allowPrivate: ["127.0.0.0/8"]);
        Assert.True(policy.Allows(Addresses.Ip("127.0.0.1")));
        Assert.False(policy.Allows(Addresses.Ip(address)));
    }

    [Fact]
    public void Opening_both_opens_the_disguise() =>
        Assert.True(PolicyChoice.PeerRules(allowPrivate: ["127.0.0.0/8", "::ffff:0:0/96"]).Allows(Addresses.Ip("::ffff:127.0.0.1")));

    [Theory]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::8.8.8.8")]
    [InlineData("2002:808:808::1")]
    public void A_deny_rule_for_an_IPv4_address_reaches_its_disguises(string address) =>
        Assert.False(PolicyChoice.PeerRules(allowPrivate: AllIPv6, deny: ["8.8.8.0/24"]).Allows(Addresses.Ip(address)));

    [Theory]
    [InlineData("::ffff:20.0.0.1")]
    [InlineData("::20.0.0.1")]
    [InlineData("64:ff9b::20.0.0.1")]
    [InlineData("2002:1400:1::1")]
    public void The_servers_own_address_is_found_in_every_disguise(string address)
    {
        PeerPolicy policy = PolicyChoice.PeerRules(allowPrivate: AllIPv6, own: [Addresses.Server]);
        Assert.False(policy.Allows(Addresses.Ip(address, Addresses.Server.Port)));
        Assert.True(policy.Allows(Addresses.Ip(address, 9999)));
    }
}
