using System.Net;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Pairs the addresses to bind with the addresses that clients are told.</summary>
internal static class RelayAddressReader
{
    public static List<RelayAddress> Read(SettingsReading reading, RelayOptions relay)
    {
        List<IPAddress> bound = Parse(reading, nameof(RelayOptions.Addresses), relay.Addresses);
        List<IPAddress> told = Parse(reading, nameof(RelayOptions.PublicAddresses), relay.PublicAddresses);
        if (bound.Count != relay.Addresses.Length || told.Count != relay.PublicAddresses.Length)
        {
            return [];
        }
        if (told.Count == 0)
        {
            return [.. bound.Select(address => new RelayAddress(address, address))];
        }
        if (told.Count != bound.Count)
        {
            reading.AddProblem<RelayOptions>(nameof(RelayOptions.PublicAddresses), string.Join(", ", told),
                $"{told.Count} for {bound.Count} of Edge:Relay:Addresses");
            return [];
        }
        for (int i = 0; i < bound.Count; i++)
        {
            if (bound[i].AddressFamily != told[i].AddressFamily)
            {
                reading.AddProblem<RelayOptions>(nameof(RelayOptions.PublicAddresses), relay.PublicAddresses[i],
                    $"not of the family of {bound[i]} in Edge:Relay:Addresses", i);
            }
        }
        return [.. bound.Zip(told, (address, publicAddress) => new RelayAddress(address, publicAddress))];
    }

    private static List<IPAddress> Parse(SettingsReading reading, string property, string[] texts)
    {
        List<IPAddress> addresses = [];
        for (int i = 0; i < texts.Length; i++)
        {
            if (!AddressText.TryParseAddress(texts[i], out IPAddress address) || AddressText.IsWildcard(address))
            {
                reading.AddProblem<RelayOptions>(property, texts[i], position: i);
            }
            else if (addresses.Contains(address))
            {
                reading.AddProblem<RelayOptions>(property, texts[i], "listed twice", i);
            }
            else
            {
                addresses.Add(address);
            }
        }
        return addresses;
    }
}
