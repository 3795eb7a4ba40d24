namespace Turnpike.Protocol;

/// <summary>
/// The ranges that nobody is led into on a stranger's word unless the operator opens them by name: the special-purpose registries
/// of RFC 6890 as updated by IANA, multicast, and every IPv6 form that carries an IPv4 address.
/// </summary>
public static class SpecialPurposeAddresses
{
    private static readonly AddressRange[] Ranges = Array.ConvertAll<string, AddressRange>(
    [
        "0.0.0.0/8",        // "this network" (RFC 791): 0.0.0.0 reaches the server itself on Linux
        "10.0.0.0/8",       // private use (RFC 1918)
        "100.64.0.0/10",    // carrier-grade NAT (RFC 6598)
        "127.0.0.0/8",      // loopback (RFC 1122)
        "169.254.0.0/16",   // link local (RFC 3927): the metadata services of the clouds
        "172.16.0.0/12",    // private use (RFC 1918)
        "192.0.0.0/24",     // IETF protocol assignments (RFC 6890)
        "192.0.2.0/24",     // documentation (RFC 5737)
        "192.88.99.0/24",   // 6to4 relay anycast (RFC 7526)
        "192.168.0.0/16",   // private use (RFC 1918)
        "198.18.0.0/15",    // benchmarking (RFC 2544)
        "198.51.100.0/24",  // documentation (RFC 5737)
        "203.0.113.0/24",   // documentation (RFC 5737)
        "224.0.0.0/4",      // multicast (RFC 1112)
        "240.0.0.0/4",      // reserved (RFC 1112), with the limited broadcast address
        "::/128",           // unspecified (RFC 4291)
        "::1/128",          // loopback (RFC 4291)
        "::ffff:0:0/96",    // IPv4-mapped (RFC 4291)
        "64:ff9b::/96",     // NAT64 (RFC 6052)
        "64:ff9b:1::/48",   // local-use NAT64 (RFC 8215)
        "100::/64",         // discard only (RFC 6666)
        "2001::/23",        // IETF protocol assignments (RFC 2928), with Teredo and ORCHID
        "2001:db8::/32",    // documentation (RFC 3849)
        "2002::/16",        // 6to4 (RFC 3056)
        "fc00::/7",         // unique local (RFC 4193)
        "fe80::/10",        // link local (RFC 4291)
        "fec0::/10",        // site local (RFC 3879)
        "ff00::/8",         // multicast (RFC 4291)
    ], AddressRange.Parse);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<AddressRange> All => Ranges;

    /// <summary>Whether an address lies in one of them; its port does not matter.</summary>
    /// <param name="address">The address as it is: one that carries an IPv4 address is judged here by its IPv6 form alone.</param>
    public static bool Contains(in TransportAddress address)
    {
        foreach (ref readonly AddressRange range in Ranges.AsSpan())
        {
            if (range.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
