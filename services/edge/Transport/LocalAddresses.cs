using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Turnpike.Edge.Transport;

/// <summary>What a wildcard address stands for on this machine.</summary>
internal static class LocalAddresses
{
    /// <summary>The address itself; or for a wildcard, every address of its family on an interface that is up.</summary>
    /// <param name="address">An address, 0.0.0.0 or ::.</param>
    public static IReadOnlyList<IPAddress> Expand(IPAddress address)
    {
        if (!address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
        {
            return [address];
        }

        var found = new List<IPAddress>();
        foreach (NetworkInterface adapter in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (adapter.OperationalStatus is not (OperationalStatus.Up or OperationalStatus.Unknown))
            {
                continue;
            }

            foreach (UnicastIPAddressInformation unicast in adapter.GetIPProperties().UnicastAddresses)
            {
                IPAddress candidate = unicast.Address;
                if (candidate.AddressFamily == address.AddressFamily && !candidate.IsIPv6LinkLocal && !found.Contains(candidate))
                {
                    found.Add(candidate);
                }
            }
        }

        // Loopback last: it is the choice only for those who come in over it.
        return [.. found.OrderBy(IPAddress.IsLoopback)];
    }

    /// <summary>The wildcard of a family.</summary>
    public static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>As it stands in a URL: IPv6 in brackets.</summary>
    public static string InUrl(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
}
