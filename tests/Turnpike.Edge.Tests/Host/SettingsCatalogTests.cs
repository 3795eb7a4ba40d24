using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Tests.Host;

public sealed class SettingsCatalogTests
{
    /// <summary>The numbers that operators rely on: key, default, least, greatest.</summary>
    public static TheoryData<string, long, long, long> Numbers => new()
    {
        { "Edge:Shards", 0, 0, 256 },
        { "Edge:Relay:MinPort", 49152, 1, 65535 },
        { "Edge:Relay:MaxPort", 65535, 1, 65535 },
        { "Edge:Quota:AllocationsPerUser", 0, 0, 1_000_000 },
        { "Edge:Quota:AllocationsPerRealm", 0, 0, 1_000_000 },
        { "Edge:Quota:Allocations", 0, 0, 1_000_000 },
        { "Edge:Quota:PermissionsPerAllocation", 128, 1, 4096 },
        { "Edge:Quota:ChannelsPerAllocation", 128, 1, 4096 },
        { "Edge:Quota:PeerConnectionsPerAllocation", 16, 1, 4096 },
        { "Edge:Quota:NewPeersPerSecondPerAllocation", 64, 0, 1_000_000 },
        { "Edge:Quota:PacketsPerSecondPerAllocation", 0, 0, 100_000_000 },
        { "Edge:Quota:BitsPerSecondPerAllocation", 0, 0, 1_000_000_000_000 },
        { "Edge:Quota:BitsPerSecondPerUser", 0, 0, 1_000_000_000_000 },
        { "Edge:Quota:ReservationsPerUser", 32, 0, 65_536 },
        { "Edge:Quota:UnauthenticatedResponsesPerSecond", 100, 0, 1_000_000 },
        { "Edge:Lifetimes:Allocation", 600, 60, 3600 },
        { "Edge:Lifetimes:MaxAllocation", 3600, 60, 86_400 },
        { "Edge:Lifetimes:Permission", 300, 30, 3600 },
        { "Edge:Lifetimes:Channel", 600, 60, 3600 },
        { "Edge:Lifetimes:Nonce", 3600, 30, 86_400 },
        { "Edge:Lifetimes:Reservation", 30, 5, 300 },
        { "Edge:Lifetimes:CredentialGrace", 60, 0, 3600 },
        { "Edge:Sockets:ListenerReceiveBuffer", 4_194_304, 4096, 268_435_456 },
        { "Edge:Sockets:ListenerSendBuffer", 4_194_304, 4096, 268_435_456 },
        { "Edge:Sockets:RelayReceiveBuffer", 262_144, 4096, 268_435_456 },
        { "Edge:Sockets:RelaySendBuffer", 262_144, 4096, 268_435_456 },
        { "Edge:Streams:Connections", 20_000, 1, 1_000_000 },
        { "Edge:Streams:ConnectionsPerSource", 0, 0, 1_000_000 },
        { "Edge:Streams:HandshakeTimeout", 10, 1, 300 },
        { "Edge:Streams:FirstFrameTimeout", 10, 1, 300 },
        { "Edge:Streams:IdleWithoutAllocation", 30, 1, 3600 },
        { "Edge:Streams:FrameTimeout", 30, 1, 3600 },
        { "Edge:Streams:SendBacklog", 262_144, 65_536, 67_108_864 },
        { "Edge:Streams:UnauthenticatedErrors", 32, 1, 10_000 },
        { "Edge:Dtls:Handshakes", 256, 1, 10_000 },
        { "Edge:Dtls:HandshakeTimeout", 10, 1, 60 },
        { "Edge:Dtls:Sessions", 10_000, 1, 65_536 },
        { "Edge:Dtls:MaxDatagram", 1452, 576, 16_384 },
        { "Edge:NatDiscovery:AlternatePort", 3479, 0, 65535 },
        { "Edge:Drain:Deadline", 3600, 0, 86_400 },
        { "Edge:Capacity:Allocations", 0, 0, 10_000_000 },
        { "Edge:Capacity:PacketsPerSecond", 0, 0, 1_000_000_000 },
        { "Edge:Capacity:BitsPerSecond", 0, 0, 1_000_000_000_000 },
        { "Edge:Metrics:Realms", 100, 1, 10_000 },
        { "Cluster:Timeout", 2000, 100, 60_000 },
        { "Cluster:ConnectTimeout", 2000, 100, 60_000 },
        { "Cluster:Heartbeat", 1000, 200, 10_000 },
        { "Cluster:MemberExpiry", 10, 2, 300 },
        { "Cluster:Lease", 15, 3, 300 },
        { "Cluster:UsageFlush", 5, 1, 60 },
        { "Cluster:CredentialCache", 300, 1, 86_400 },
        { "Cluster:KeyRotation", 86_400, 60, 31_536_000 },
        { "Cluster:EventLog", 100_000, 100, 10_000_000 },
        { "Cluster:MinuteRetention", 172_800, 7200, 34_560_000 },
        { "Cluster:HourRetention", 2_678_400, 172_800, 345_600_000 },
        { "Cluster:DayRetention", 34_560_000, 2_678_400, 1_576_800_000 },
    };

    public static TheoryData<string, string> OtherDefaults => new()
    {
        { "Edge:Realm", "turnpike" },
        { "Edge:Name", "the host's name" },
        { "Edge:Region", "none" },
        { "Edge:Quota:WhenStoreUnavailable", "local-share" },
        { "Cluster:Redis", "none" },
        { "Cluster:TrustedIssuer", "none" },
        { "Cluster:KeyPrefix", "turnpike" },
        { "Edge:Listeners", "udp://0.0.0.0:3478" },
        { "Edge:Secrets", "none" },
        { "Edge:Users", "none" },
        { "Edge:PinShards", "false" },
        { "Edge:Management", "http://0.0.0.0:9641" },
        { "Edge:ManagementUrl", "the address of Edge:Management, or the first of this machine" },
        { "Edge:Trial", "false" },
        { "Edge:Relay:Addresses", "every listener address" },
        { "Edge:Relay:PublicAddresses", "of the Node's annotation, its ExternalIP, a STUN server, else Edge:Relay:Addresses" },
        { "Edge:Relay:StunServers", "none" },
        { "Edge:Relay:AllowPrivate", "false" },
        { "Edge:Relay:PreserveTrafficClass", "true" },
        { "Edge:Credentials:Separator", ":" },
        { "Edge:Credentials:HmacSha256", "false" },
        { "Edge:Peers:AllowPrivate", "none" },
        { "Edge:Peers:Allow", "none" },
        { "Edge:Peers:Deny", "none" },
        { "Edge:Protocol:Rfc5766ChannelNumbers", "false" },
        { "Edge:Protocol:TcpRelay", "false" },
        { "Edge:Protocol:Mobility", "false" },
        { "Edge:Protocol:NatDiscovery", "false" },
        { "Edge:Protocol:Software", "Turnpike" },
        { "Edge:ThirdPartyAuthorization:ServerName", "none" },
        { "Edge:ThirdPartyAuthorization:Keys", "none" },
        { "Edge:NatDiscovery:AlternateAddress", "none" },
        { "Edge:NatDiscovery:AlternatePublicAddress", "same as Edge:NatDiscovery:AlternateAddress" },
        { "Edge:Redirect:When", "never" },
        { "Edge:Redirect:AlternateServers", "none" },
        { "Edge:Redirect:AlternateDomain", "none" },
        { "Edge:Sockets:SegmentationOffload", "true" },
        { "Edge:Sockets:Portable", "false" },
        { "Edge:Drain:Redirect", "true" },
        { "Edge:Kubernetes:NodeName", "the variable NODE_NAME" },
        { "Edge:Kubernetes:Api", "https of KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT" },
        { "Edge:Kubernetes:Credentials", "/var/run/secrets/kubernetes.io/serviceaccount" },
        { "Edge:Kubernetes:Annotation", "turnpike.dev/public-addresses" },
        { "Edge:Tls:Certificate", "none" },
        { "Edge:Tls:Key", "none" },
        { "Telemetry:Endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT, else none" },
        { "Telemetry:Protocol", "OTEL_EXPORTER_OTLP_PROTOCOL, else grpc" },
        { "Telemetry:Headers", "OTEL_EXPORTER_OTLP_HEADERS, else none" },
        { "Telemetry:TrustedIssuer", "OTEL_EXPORTER_OTLP_CERTIFICATE, else none" },
        { "Telemetry:Timeout", "OTEL_EXPORTER_OTLP_TIMEOUT, else 10000" },
        { "Telemetry:Traces", "true" },
        { "Telemetry:Metrics", "true" },
        { "Telemetry:SamplingRatio", "OTEL_TRACES_SAMPLER, else 1" },
        { "Telemetry:MetricsInterval", "OTEL_METRIC_EXPORT_INTERVAL, else 60" },
        { "Logging:Format", "auto" },
        { "Logging:LogLevel", "information; Microsoft: warning" },
    };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_number_has_its_default_and_is_refused_beyond_its_limits(string key, long standard, long least, long greatest)
    {
        Assert.Equal(standard.ToString(System.Globalization.CultureInfo.InvariantCulture), Find(key).Default);
        // The ends of the pairs that must be in order, so that only the setting under test decides.
        (string, string?)[] lowest =
        [
            ("Edge:Relay:MinPort", "1"), ("Edge:Lifetimes:Allocation", "60"), ("Cluster:Heartbeat", "200"), ("Cluster:MemberExpiry", "300"),
        ];
        (string, string?)[] others = [.. lowest.Where(pair => pair.Item1 != key)];
        Reading.Good([.. others, (key, $"{least}")]);
        Reading.Good([.. others, (key, $"{greatest}")]);
        foreach (string wrong in new[] { $"{least - 1}", $"{greatest + 1}", "", "many", "1.5", "0x10", "99999999999999999999" })
        {
            string problem = Assert.Single(Reading.Bad([.. others, (key, wrong)]));
            Assert.StartsWith($"{key} = \"{wrong}\"", problem, StringComparison.Ordinal);
            Assert.Contains(Find(key).Allowed, problem, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(OtherDefaults))]
    public void A_setting_that_is_no_number_has_its_default(string key, string standard) => Assert.Equal(standard, Find(key).Default);

    [Fact]
    public void Every_setting_is_in_one_of_the_two_lists_of_defaults()
    {
        IEnumerable<string> listed = Numbers.Select(row => row.Data.Item1).Concat(OtherDefaults.Select(row => row.Data.Item1));
        Assert.Equal(EdgeSettings.Catalog.Settings.Select(setting => setting.Key).Order(), listed.Order());
    }

    [Fact]
    public void A_switch_takes_true_and_false_and_nothing_else()
    {
        foreach (Setting setting in EdgeSettings.Catalog.Settings.Where(setting => setting.ValueType == typeof(bool)))
        {
            Assert.Empty(Reading.Bind((setting.Key, "true")).Problems);
            Assert.Empty(Reading.Bind((setting.Key, "False")).Problems);
            Assert.Single(Reading.Bind((setting.Key, "yes")).Problems);
            Assert.Single(Reading.Bind((setting.Key, "1")).Problems);
        }
    }

    [Fact]
    public void Help_shows_key_environment_type_default_range_and_meaning_of_every_setting()
    {
        string help = SettingsHelp.Text(ServiceIdentity.Of("edge", typeof(EdgeSettings).Assembly), EdgeSettings.Catalog);
        string[] lines = help.Split('\n', StringSplitOptions.TrimEntries);
        foreach (Setting setting in EdgeSettings.Catalog.Settings)
        {
            int at = Array.IndexOf(lines, $"--{setting.SampleKey}    {setting.EnvironmentName}");
            Assert.True(at > 0, setting.Key);
            Assert.Equal($"{setting.Meaning}.", lines[at + 1]);
            Assert.Equal($"{setting.TypeName}; default: {setting.Default}; allowed: {setting.Allowed}", lines[at + 2]);
        }
        Assert.All(EdgeSettings.Catalog.Settings.Select(setting => setting.Section).Distinct(), section => Assert.Contains(section, lines));
    }

    [Fact]
    public void Keys_are_read_without_regard_to_case()
    {
        Assert.Equal("example.org", Reading.Good(("edge:REALM", "example.org")).Realm);
    }

    [Fact]
    public void A_list_replaces_its_default_and_its_indexes_may_have_gaps()
    {
        EdgeSettings settings = Reading.Good(("Edge:Listeners:7", "udp://127.0.0.1:1"), ("Edge:Listeners:10", "udp://127.0.0.1:2"));
        Assert.Equal([1, 2], settings.Listeners.Select(listener => listener.Endpoint.Port));
    }

    [Fact]
    public void A_single_value_for_a_list_is_refused_with_the_key_to_use()
    {
        string problem = Assert.Single(Reading.Bad(("Edge:Listeners", "udp://127.0.0.1:1")));
        Assert.Contains("Edge:Listeners:0", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Log_levels_are_words_by_category()
    {
        Assert.Empty(Reading.Bind(("Logging:LogLevel:Default", "debug"), ("Logging:Format", "JSON")).Problems);
        Assert.Single(Reading.Bind(("Logging:LogLevel:Default", "loud")).Problems);
        Assert.Single(Reading.Bind(("Logging:Format", "xml")).Problems);
    }

    [Fact]
    public void Several_problems_are_all_reported()
    {
        IReadOnlyList<string> problems = Reading.Bad(
            ("Edge:Relay:MinPort", "x"), ("Edge:Shards", "-1"), ("Edge:Listeners:0", "udp://nowhere"), ("Edge:Peers:Deny:0", "10.0.0.1/8"));
        Assert.Equal(4, problems.Count);
    }

    private static Setting Find(string key) => EdgeSettings.Catalog.Settings.Single(setting => setting.Key == key);
}
