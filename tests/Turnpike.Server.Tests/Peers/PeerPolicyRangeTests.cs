using System.Net;
using System.Numerics;
using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>The built-in denials: every range, its first and last address, and the neighbours outside.</summary>
public class PeerPolicyRangeTests
{
    /// <summary>Range; whether the address before it and the one behind it are allowed (a neighbour may lie in another range).</summary>
    public static TheoryData<string, bool, bool> Ranges { get; } = new()
    {
        { "0.0.0.0/8", false, true },
        { "10.0.0.0/8", true, true },
        { "100.64.0.0/10", true, true },
        { "127.0.0.0/8", true, true },
        { "169.254.0.0/16", true, true },
        { "172.16.0.0/12", true, true },
        { "192.0.0.0/24", true, true },
        { "192.0.2.0/24", true, true },
        { "192.88.99.0/24", true, true },
        { "192.168.0.0/16", true, true },
        { "198.18.0.0/15", true, true },
        { "198.51.100.0/24", true, true },
        { "203.0.113.0/24", true, true },
        { "224.0.0.0/4", true, false },
        { "240.0.0.0/4", false, false },
        { "::/128", false, false },
        { "::1/128", false, false },
        { "64:ff9b::/96", true, true },
        { "64:ff9b:1::/48", true, true },
        { "100::/64", true, true },
        { "2001::/23", true, true },
        { "2001:db8::/32", true, true },
        { "2002::/16", true, true },
        { "fc00::/7", true, true },
        { "fe80::/10", true, false },
        { "fec0::/10", false, false },
        { "ff00::/8", false, false },
    };

    [Theory]
    [MemberData(nameof(Ranges))]
    public void A_special_purpose_range_is_denied_from_its_first_to_its_last_address(string range, bool before, bool behind)
    {
        (BigInteger first, BigInteger last, int width) = Bounds(range);
        Expect(false, first, width);
        Expect(false, last, width);
        Expect(false, first + ((last - first) / 2), width);
        if (first > 0)
        {
            Expect(before, first - 1, width);
        }

        if (last < BigInteger.Pow(2, width) - 1)
        {
            Expect(behind, last + 1, width);
        }
    }

    [Theory]
    [InlineData("::ffff:0.0.0.0")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("::ffff:255.255.255.255")]
    public void IPv4_mapped_addresses_are_denied_whatever_they_carry(string address) =>
        Assert.False(PeerPolicy.Default.Allows(Addresses.Ip(address)));

    [Fact]
    public void The_list_of_the_server_is_the_list_of_this_test()
    {
        var expected = new SortedSet<string>(StringComparer.Ordinal) { AddressRange.Parse("::ffff:0:0/96").ToString() };
        foreach (TheoryDataRow<string, bool, bool> row in Ranges)
        {
            expected.Add(AddressRange.Parse(row.Data.Item1).ToString());
        }

        Assert.Equal(expected, new SortedSet<string>(
            SpecialPurposeAddresses.All.Select(range => range.ToString()), StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("1.1.1.1")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700::1111")]
    [InlineData("2a00:1450:4001::1")]
    public void Public_addresses_are_allowed(string address) => Assert.True(PeerPolicy.Default.Allows(Addresses.Ip(address)));

    private static void Expect(bool allowed, BigInteger value, int width)
    {
        byte[] bytes = new byte[width / 8];
        byte[] raw = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        raw.CopyTo(bytes.AsSpan(bytes.Length - raw.Length));
        var address = TransportAddress.From(new IPAddress(bytes), 5000);
        Assert.True(allowed == PeerPolicy.Default.Allows(address), $"{address} is {(allowed ? "allowed" : "denied")}");
        Assert.True(allowed == PeerPolicy.Default.AllowsAddress(address), $"{address} without its port");
    }

    private static (BigInteger First, BigInteger Last, int Width) Bounds(string range)
    {
        var network = IPNetwork.Parse(range);
        byte[] bytes = network.BaseAddress.GetAddressBytes();
        var first = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        int width = bytes.Length * 8;
        return (first, first + BigInteger.Pow(2, width - network.PrefixLength) - 1, width);
    }
}
