namespace Turnpike.Protocol;

/// <summary>
/// Finds the IPv4 address inside an IPv6 address that carries one. A filter that judges only the outer form is how relays were
/// made to reach loopback and private networks (CVE-2020-26262, CVE-2026-27624).
/// </summary>
public static class EmbeddedIPv4
{
    /// <summary>True when <paramref name="address"/> carries an IPv4 address, which is then in <paramref name="embedded"/>.</summary>
    /// <param name="address">Any address; its port goes along.</param>
    /// <param name="embedded">The IPv4 address that it leads to.</param>
    public static bool TryUnwrap(in TransportAddress address, out TransportAddress embedded)
    {
        embedded = default;
        if (address.Family != AddressFamily.IPv6)
        {
            return false;
        }

        ulong high = address.High;
        ulong low = address.Low;
        uint? ipv4 = null;
        if (high == 0 && low >> 32 is 0x0000_FFFF or 0)
        {
            // IPv4-mapped ::ffff:a.b.c.d, and IPv4-compatible ::a.b.c.d (RFC 4291 section 2.5.5); :: and ::1 are judged as IPv6.
            ipv4 = low > 1 ? (uint)low : null;
        }
        else if (high == 0 && low >> 32 == 0xFFFF_0000)
        {
            ipv4 = (uint)low; // IPv4-translated ::ffff:0:a.b.c.d (RFC 2765)
        }
        else if ((high == 0x0064_FF9B_0000_0000 && low >> 32 == 0) || high >> 16 == 0x0064_FF9B_0001)
        {
            ipv4 = (uint)low; // NAT64 (RFC 6052 section 2.2, the /96 form) and its local-use prefix (RFC 8215)
        }
        else if (high >> 48 == 0x2002)
        {
            ipv4 = (uint)(high >> 16); // 6to4 2002:a.b.c.d::/48 (RFC 3056)
        }
        else if (high >> 32 == 0x2001_0000)
        {
            ipv4 = ~(uint)low; // Teredo: the client's address, obfuscated (RFC 4380 section 4)
        }

        if (ipv4 is not { } value)
        {
            return false;
        }

        embedded = TransportAddress.IPv4(value, address.Port);
        return true;
    }
}
