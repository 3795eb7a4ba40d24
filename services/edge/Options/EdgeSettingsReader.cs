using System.Net;
using System.Security.Cryptography;
using System.Text;
using Turnpike.Protocol;
using Turnpike.ServiceDefaults.Settings;
using Turnpike.ServiceDefaults.Telemetry;

namespace Turnpike.Edge.Options;

/// <summary>Turns the bound options into <see cref="EdgeSettings"/> and collects every problem on the way.</summary>
public static class EdgeSettingsReader
{
    private const int TrialSecretBytes = 24;
    private const string TrialListener = "udp://127.0.0.1:3478";
    private const string TrialManagement = "http://127.0.0.1:9641";
    private static readonly IPNetwork[] LoopbackPeers = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>The settings, or null when <see cref="SettingsReading.Problems"/> has lines.</summary>
    public static EdgeSettings? Read(SettingsReading reading)
    {
        // A value that did not bind holds its default, and comparing that with another would only add noise.
        bool bound = reading.Problems.Count == 0;
        EdgeOptions edge = reading.Get<EdgeOptions>();
        string realm = ReadRealm(reading, edge.Realm);
        CheckSoftware(reading, edge.Protocol.Software);
        if (bound)
        {
            CheckOrder(reading, edge);
        }
        List<byte[]> secrets = CredentialReader.Secrets(reading, edge.Secrets);
        List<ListenerEndpoint> listeners = ReadListeners(reading, edge);
        EdgeSettings settings = new()
        {
            Realm = realm,
            Listeners = listeners,
            RelayAddresses = RelayAddressReader.Read(reading, edge.Relay),
            Relay = edge.Relay,
            StunServers = NodeReader.StunServers(reading, edge.Relay.StunServers),
            Node = NodeReader.Node(reading, edge.Kubernetes),
            Secrets = secrets.Count == 0 && edge.Trial ? [TrialSecret()] : secrets,
            Users = CredentialReader.Users(reading, realm, edge.Users),
            CredentialSeparator = ReadSeparator(reading, edge.Credentials.Separator),
            CredentialHmacSha256 = edge.Credentials.HmacSha256,
            Peers = ReadPeers(reading, edge),
            Quota = edge.Quota,
            Lifetimes = edge.Lifetimes,
            Protocol = edge.Protocol,
            Sockets = edge.Sockets,
            Streams = edge.Streams,
            Tls = edge.Tls,
            Dtls = edge.Dtls,
            ThirdParty = ExtensionReader.ThirdParty(reading, edge.ThirdPartyAuthorization),
            NatDiscovery = ExtensionReader.NatDiscovery(reading, edge, listeners),
            Redirect = ExtensionReader.Redirect(reading, edge.Redirect, listeners),
            Shards = edge.Shards,
            PinShards = edge.PinShards,
            DrainDeadline = TimeSpan.FromSeconds(edge.Drain.Deadline),
            DrainRedirects = edge.Drain.Redirect,
            Management = ReadManagement(reading, edge),
            ManagementUrl = ReadManagementUrl(reading, edge),
            Trial = edge.Trial,
            Name = ClusterReader.Name(reading, edge.Name),
            Region = ClusterReader.Region(reading, edge.Region),
            Capacity = edge.Capacity,
            Metrics = edge.Metrics,
            Cluster = ClusterReader.Options(reading, bound),
            Telemetry = TelemetryReader.Read(reading),
            Warnings = reading.Warnings,
        };
        CheckTls(reading, settings);
        CheckTcpRelay(reading, settings);
        if (!settings.HasOwnCredentials && settings.Cluster.Redis.Length == 0 && reading.Problems.Count == 0)
        {
            reading.AddProblem("Edge:Secrets, Edge:Users: no credential is set, so nobody could use this edge; "
                + "set Edge__Secrets__0 (a TURN REST secret), or Edge__Users__0 (user:password), or Cluster__Redis, or Edge__Trial=true to try it on this machine");
        }
        return reading.Problems.Count == 0 ? settings : null;
    }

    // Hexadecimal, so that it can be pasted into any command line.
    private static byte[] TrialSecret() => Encoding.UTF8.GetBytes(RandomNumberGenerator.GetHexString(2 * TrialSecretBytes, lowercase: true));

    private static string ReadRealm(SettingsReading reading, string realm)
    {
        if (realm.Any(letter => letter is '"' or ':' || char.IsControl(letter)) || !OpaqueString.TryPrepare(realm, out string prepared))
        {
            reading.AddProblem<EdgeOptions>(nameof(EdgeOptions.Realm), realm);
            return realm;
        }
        return prepared;
    }

    private static void CheckSoftware(SettingsReading reading, string software)
    {
        if (software.Any(char.IsControl))
        {
            reading.AddProblem<ProtocolOptions>(nameof(ProtocolOptions.Software), software);
        }
    }

    private static void CheckOrder(SettingsReading reading, EdgeOptions edge)
    {
        if (edge.Relay.MinPort > edge.Relay.MaxPort)
        {
            reading.AddProblem<RelayOptions>(nameof(RelayOptions.MinPort), Invariant(edge.Relay.MinPort),
                $"above Edge:Relay:MaxPort, {Invariant(edge.Relay.MaxPort)}");
        }
        if (edge.Lifetimes.MaxAllocation < edge.Lifetimes.Allocation)
        {
            reading.AddProblem<LifetimeOptions>(nameof(LifetimeOptions.MaxAllocation), Invariant(edge.Lifetimes.MaxAllocation),
                $"below Edge:Lifetimes:Allocation, {Invariant(edge.Lifetimes.Allocation)}");
        }
    }

    private static void CheckTls(SettingsReading reading, EdgeSettings settings)
    {
        ListenerEndpoint? tls = settings.Listeners.FirstOrDefault(listener => listener.HasTls || listener.HasDtls);
        bool hasCertificate = settings.Tls.Certificate.Length > 0;
        bool hasKey = settings.Tls.Key.Length > 0;
        string why = tls is null ? "missing beside the other setting of Edge:Tls" : $"needed by the listener {tls.Scheme}://{tls.Endpoint}";
        if (!hasCertificate && (tls is not null || hasKey))
        {
            reading.AddProblem<TlsOptions>(nameof(TlsOptions.Certificate), null, why);
        }
        if (!hasKey && (tls is not null || hasCertificate))
        {
            reading.AddProblem<TlsOptions>(nameof(TlsOptions.Key), null, why);
        }
    }

    private static void CheckTcpRelay(SettingsReading reading, EdgeSettings settings)
    {
        if (settings.Protocol.TcpRelay && !settings.Listeners.Any(listener => listener.IsStream))
        {
            reading.AddWarning<ProtocolOptions>(nameof(ProtocolOptions.TcpRelay), "of no use without a listener of tcp://, tls:// or tcp+tls://");
        }
    }

    private static string Invariant(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static List<ListenerEndpoint> ReadListeners(SettingsReading reading, EdgeOptions edge)
    {
        const string Name = nameof(EdgeOptions.Listeners);
        string[] texts = edge.Trial && !reading.IsSet<EdgeOptions>(Name) ? [TrialListener] : edge.Listeners;
        List<ListenerEndpoint> listeners = [];
        for (int i = 0; i < texts.Length; i++)
        {
            string? why = ListenerText.Problem(texts[i], out ListenerEndpoint? listener);
            if (listener is null)
            {
                reading.AddProblem<EdgeOptions>(Name, texts[i], string.IsNullOrEmpty(why) ? null : why, i);
            }
            else if (listener.Endpoint.Port != 0 && listeners.Any(other => other.IsStream == listener.IsStream && other.Endpoint.Equals(listener.Endpoint)))
            {
                reading.AddProblem<EdgeOptions>(Name, texts[i], "listed twice", i);
            }
            else if (edge.Trial && !IPAddress.IsLoopback(listener.Endpoint.Address))
            {
                reading.AddProblem<EdgeOptions>(Name, texts[i], "Edge:Trial opens loopback peers, so it listens on 127.0.0.0/8 and [::1] only", i);
            }
            else
            {
                listeners.Add(listener);
            }
        }
        return listeners;
    }

    private static char ReadSeparator(SettingsReading reading, string separator)
    {
        if (separator is [char one] && char.IsAscii(one) && !char.IsControl(one) && !char.IsAsciiLetterOrDigit(one) && one != ' ')
        {
            return one;
        }
        reading.AddProblem<CredentialOptions>(nameof(CredentialOptions.Separator), separator);
        return ':';
    }

    private static PeerRules ReadPeers(SettingsReading reading, EdgeOptions edge)
    {
        List<IPNetwork> opened = ReadNetworks(reading, nameof(PeerOptions.AllowPrivate), edge.Peers.AllowPrivate);
        if (edge.Trial)
        {
            opened.AddRange(LoopbackPeers.Except(opened));
        }
        return new PeerRules(
            opened,
            ReadNetworks(reading, nameof(PeerOptions.Allow), edge.Peers.Allow),
            ReadNetworks(reading, nameof(PeerOptions.Deny), edge.Peers.Deny));
    }

    private static List<IPNetwork> ReadNetworks(SettingsReading reading, string property, string[] texts)
    {
        List<IPNetwork> networks = [];
        for (int i = 0; i < texts.Length; i++)
        {
            if (AddressText.TryParseNetwork(texts[i], out IPNetwork network, out string? why))
            {
                networks.Add(network);
            }
            else
            {
                reading.AddProblem<PeerOptions>(property, texts[i], why, i);
            }
        }
        return networks;
    }

    private static Uri? ReadManagementUrl(SettingsReading reading, EdgeOptions edge)
    {
        string text = edge.ManagementUrl;
        if (text.Length == 0)
        {
            return null;
        }
        bool isAddress = AddressText.TryParseAddress(text, out IPAddress address);
        string written = !isAddress ? text : address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"http://[{address}]:0" : $"http://{address}:0";
        if (Uri.TryCreate(written, UriKind.Absolute, out Uri? url)
            && url is { Scheme: "http", PathAndQuery: "/", UserInfo: "", Fragment: "" }
            && !(isAddress && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))))
        {
            return url;
        }
        reading.AddProblem<EdgeOptions>(nameof(EdgeOptions.ManagementUrl), text);
        return null;
    }

    private static IPEndPoint ReadManagement(SettingsReading reading, EdgeOptions edge)
    {
        const string Name = nameof(EdgeOptions.Management);
        const string Scheme = "http://";
        string text = edge.Trial && !reading.IsSet<EdgeOptions>(Name) ? TrialManagement : edge.Management;
        IPEndPoint endpoint = new(IPAddress.None, 0);
        if (!text.StartsWith(Scheme, StringComparison.Ordinal)
            || !AddressText.TryParseEndpoint(text[Scheme.Length..].TrimEnd('/'), out endpoint))
        {
            reading.AddProblem<EdgeOptions>(Name, text, text.StartsWith("https://", StringComparison.Ordinal) ? "https is not supported" : null);
        }
        return endpoint;
    }
}
