using System.Globalization;
using System.Net;
using System.Text;
using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Reads the sections of the protocol's extensions.</summary>
internal static class ExtensionReader
{
    private const int LongestServerName = 255;

    // RFC 8489 §14.3: USERNAME holds fewer than 509 bytes; the key's id is sent as one.
    private const int LongestKeyId = 508;

    /// <summary>Null where NAT behaviour discovery is off.</summary>
    public static NatDiscoverySettings? NatDiscovery(
        SettingsReading reading, EdgeOptions edge, IReadOnlyList<ListenerEndpoint> listeners)
    {
        NatDiscoveryOptions options = edge.NatDiscovery;
        const string Name = nameof(NatDiscoveryOptions.AlternateAddress);
        const string PublicName = nameof(NatDiscoveryOptions.AlternatePublicAddress);
        if (!edge.Protocol.NatDiscovery)
        {
            if (options.AlternateAddress.Length > 0)
            {
                reading.AddWarning<NatDiscoveryOptions>(Name, "of no use while Edge:Protocol:NatDiscovery is false");
            }
            return null;
        }
        if (!AddressText.TryParseAddress(options.AlternateAddress, out IPAddress address) || AddressText.IsWildcard(address))
        {
            reading.AddProblem<NatDiscoveryOptions>(Name, options.AlternateAddress, "needed by Edge:Protocol:NatDiscovery");
            return null;
        }
        ListenerEndpoint? listener = listeners.FirstOrDefault(listener => listener.Scheme == "udp"
            && listener.Endpoint.AddressFamily == address.AddressFamily
            && !AddressText.IsWildcard(listener.Endpoint.Address));
        if (listener is null)
        {
            reading.AddProblem<NatDiscoveryOptions>(Name, options.AlternateAddress,
                "Edge:Listeners has no udp:// listener on one address of its family; 0.0.0.0 and [::] are none");
            return null;
        }
        if (listener.Endpoint.Address.Equals(address))
        {
            reading.AddProblem<NatDiscoveryOptions>(Name, options.AlternateAddress, "the address of the listener itself");
            return null;
        }
        if (options.AlternatePort != 0 && options.AlternatePort == listener.Endpoint.Port)
        {
            reading.AddProblem<NatDiscoveryOptions>(nameof(NatDiscoveryOptions.AlternatePort),
                options.AlternatePort.ToString(CultureInfo.InvariantCulture), "the port of the listener itself");
            return null;
        }
        IPAddress told = address;
        if (options.AlternatePublicAddress.Length > 0
            && (!AddressText.TryParseAddress(options.AlternatePublicAddress, out told)
                || AddressText.IsWildcard(told)
                || told.AddressFamily != address.AddressFamily))
        {
            reading.AddProblem<NatDiscoveryOptions>(PublicName, options.AlternatePublicAddress);
            return null;
        }
        return new NatDiscoverySettings(listener, address, told, options.AlternatePort);
    }

    /// <summary>Null where access tokens are off.</summary>
    public static ThirdPartyPolicy? ThirdParty(SettingsReading reading, ThirdPartyAuthorizationOptions options)
    {
        const string Name = nameof(ThirdPartyAuthorizationOptions.ServerName);
        const string KeysName = nameof(ThirdPartyAuthorizationOptions.Keys);
        if (options.ServerName.Length == 0 && options.Keys.Length == 0)
        {
            return null;
        }
        if (Encoding.UTF8.GetByteCount(options.ServerName) is 0 or > LongestServerName || options.ServerName.Any(char.IsControl))
        {
            reading.AddProblem<ThirdPartyAuthorizationOptions>(Name, options.ServerName);
        }
        if (options.Keys.Length == 0)
        {
            reading.AddProblem<ThirdPartyAuthorizationOptions>(KeysName, null, "needed by Edge:ThirdPartyAuthorization:ServerName");
        }
        List<AccessTokenKey> keys = [];
        for (int i = 0; i < options.Keys.Length; i++)
        {
            string? why = Problem(options.Keys[i], out AccessTokenKey? key);
            if (key is not null && keys.Any(other => other.Id == key.Id))
            {
                why = "the same ID as an earlier one";
            }
            if (why is null)
            {
                keys.Add(key!);
            }
            else
            {
                reading.AddProblem<ThirdPartyAuthorizationOptions>(KeysName, null, why, i);
            }
        }
        return new ThirdPartyPolicy(options.ServerName, keys);
    }

    public static IRedirectSource Redirect(SettingsReading reading, RedirectOptions options, IReadOnlyList<ListenerEndpoint> listeners)
    {
        const string Name = nameof(RedirectOptions.AlternateServers);
        if (options.AlternateDomain.Length > LongestServerName
            || options.AlternateDomain.Any(letter => !char.IsAscii(letter) || char.IsControl(letter) || letter == ' '))
        {
            reading.AddProblem<RedirectOptions>(nameof(RedirectOptions.AlternateDomain), options.AlternateDomain);
        }
        byte[] domain = Encoding.ASCII.GetBytes(options.AlternateDomain);
        List<RedirectTarget> targets = [];
        for (int i = 0; i < options.AlternateServers.Length; i++)
        {
            string text = options.AlternateServers[i];
            if (!AddressText.TryParseEndpoint(text, out IPEndPoint endpoint) || endpoint.Port == 0 || AddressText.IsWildcard(endpoint.Address))
            {
                reading.AddProblem<RedirectOptions>(Name, text, position: i);
            }
            else if (listeners.Any(own => own.Endpoint.Port == endpoint.Port && (own.Public ?? own.Endpoint.Address).Equals(endpoint.Address)))
            {
                reading.AddProblem<RedirectOptions>(Name, text, "this edge itself", i);
            }
            else
            {
                targets.Add(new RedirectTarget(TransportAddress.From(endpoint), domain));
            }
        }
        if (options.When == RedirectWhen.Never)
        {
            if (targets.Count > 0)
            {
                reading.AddWarning<RedirectOptions>(Name, "of no use while Edge:Redirect:When is never");
            }
            return NoRedirect.Instance;
        }
        if (options.AlternateServers.Length == 0)
        {
            reading.AddProblem<RedirectOptions>(Name, null, "needed by Edge:Redirect:When");
        }
        return new RedirectList(targets, options.When switch
        {
            RedirectWhen.Draining => [RedirectOccasion.Draining],
            RedirectWhen.Full => [RedirectOccasion.Draining, RedirectOccasion.Full],
            _ => [RedirectOccasion.Draining, RedirectOccasion.Full, RedirectOccasion.Always],
        });
    }

    private static string? Problem(string text, out AccessTokenKey? key)
    {
        key = null;
        string[] parts = text.Split(':');
        if (parts.Length is < 2 or > 4)
        {
            return "not of the form";
        }
        if (Encoding.UTF8.GetByteCount(parts[0]) is 0 or > LongestKeyId)
        {
            return "the ID is empty or too long";
        }
        byte[] bytes = new byte[parts[1].Length];
        if (!Convert.TryFromBase64String(parts[1], bytes, out int length) || length is not (16 or 32))
        {
            return "the key is not base64 of 16 or 32 bytes";
        }
        long from = long.MinValue;
        long until = long.MaxValue;
        if ((parts.Length > 2 && !TryParseTime(parts[2], ref from)) || (parts.Length > 3 && !TryParseTime(parts[3], ref until)))
        {
            return "a time is not a number of seconds";
        }
        if (from >= until)
        {
            return "its time ends before it begins";
        }
        key = new AccessTokenKey(parts[0], bytes[..length], from, until);
        return null;
    }

    private static bool TryParseTime(string text, ref long time)
    {
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds))
        {
            return false;
        }
        time = seconds;
        return true;
    }
}
