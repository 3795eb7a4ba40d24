using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Turnpike.Edge.Options;

/// <summary>
/// Strict reading of addresses. <see cref="IPAddress.TryParse(string, out IPAddress)"/> also takes "10.1", octal and hexadecimal parts;
/// a security rule must not mean something else than it says.
/// </summary>
internal static class AddressText
{
    private const int PartsOfIPv4 = 4;

    public static bool TryParseAddress(string text, out IPAddress address)
    {
        address = IPAddress.None;
        if (!IPAddress.TryParse(text, out IPAddress? parsed) || text.Contains('[', StringComparison.Ordinal))
        {
            return false;
        }
        if (parsed.AddressFamily == AddressFamily.InterNetwork
            && (text.Split('.').Length != PartsOfIPv4 || parsed.ToString() != text))
        {
            return false;
        }
        address = parsed;
        return true;
    }

    /// <summary>ADDRESS:PORT or [IPV6]:PORT.</summary>
    public static bool TryParseEndpoint(string text, out IPEndPoint endpoint)
    {
        endpoint = new IPEndPoint(IPAddress.None, 0);
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            return false;
        }
        string host = text[..colon];
        bool bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (!TryParseAddress(bracketed ? host[1..^1] : host, out IPAddress address)
            || bracketed != (address.AddressFamily == AddressFamily.InterNetworkV6))
        {
            return false;
        }
        endpoint = new IPEndPoint(address, port);
        return true;
    }

    /// <summary>ADDRESS or ADDRESS/PREFIX.</summary>
    /// <param name="text">The rule.</param>
    /// <param name="network">The network.</param>
    /// <param name="why">What is wrong beyond the form, or null.</param>
    public static bool TryParseNetwork(string text, out IPNetwork network, out string? why)
    {
        network = default;
        why = null;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!TryParseAddress(slash < 0 ? text : text[..slash], out IPAddress address) || address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 })
        {
            return false;
        }
        byte[] bytes = address.GetAddressBytes();
        int length = bytes.Length * 8;
        int prefix = length;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > length))
        {
            return false;
        }
        for (int bit = prefix; bit < length; bit++)
        {
            if ((bytes[bit / 8] & (0x80 >> (bit % 8))) != 0)
            {
                why = "the address has bits set beyond the prefix";
                return false;
            }
        }
        network = new IPNetwork(address, prefix);
        return true;
    }

    public static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
