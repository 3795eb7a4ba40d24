using Turnpike.Cluster;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults;
using Turnpike.ServiceDefaults.Settings;
using Turnpike.ServiceDefaults.Telemetry;

namespace Turnpike.Edge.Tests.Host;

/// <summary>Reading from all sources. Not in parallel with others that read the environment.</summary>
[Collection(EnvironmentCollection.Name)]
public sealed class ServiceStartTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("turnpike-test-");
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public void The_command_line_wins_over_the_environment_and_that_over_the_file()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "appsettings.json"), """
            { "Edge": { "Realm": "file", "Shards": 1, "Secrets": ["a-secret-of-many-characters"], "Protocol": { "Software": "file" } } }
            """);
        using Variable shards = new("Edge__Shards", "2");
        using Variable software = new("Edge__Protocol__Software", "environment");
        EdgeSettings settings = Start("--Edge:Protocol:Software=command line").Settings;
        Assert.Equal(("file", 2, "command line"), (settings.Realm, settings.Shards, settings.Protocol.Software));
    }

    [Fact]
    public void Every_setting_has_the_environment_form_that_help_shows()
    {
        foreach (Setting setting in EdgeSettings.Catalog.Settings)
        {
            using Variable variable = new(setting.EnvironmentName, "?");
            SettingsReading? seen = null;
            ServiceStart.Read<EdgeSettings>(Identity, [], EdgeSettings.Catalog, reading => { seen = reading; return null; }, _folder.FullName, _output, _error);
            // Text is judged later, but for the one that has a pattern.
            bool anyText = setting.ValueType == typeof(string) && setting.Key != "Cluster:KeyPrefix";
            Assert.True(seen!.Problems.Count == (anyText ? 0 : 1), setting.Key);
            Assert.True(IsSet(seen, setting), setting.Key);
        }
    }

    [Theory]
    [InlineData("--Edge:Realm=example.org")]
    [InlineData("--Edge:Realm", "example.org")]
    [InlineData("--edge:realm", "first", "--Edge:Realm=example.org")]
    public void A_switch_takes_its_value_after_an_equals_sign_or_as_the_next_argument(params string[] arguments) =>
        Assert.Equal("example.org", Start(["--Edge:Secrets:0=a-secret-of-many-characters", .. arguments]).Settings.Realm);

    [Theory]
    [InlineData("foo: unexpected argument", "foo")]
    [InlineData("-x: unexpected argument", "-x")]
    [InlineData("--: unexpected argument", "--")]
    [InlineData("--verbose: unknown switch; --help lists all settings", "--verbose")]
    [InlineData("--urls: unknown switch; --help lists all settings", "--urls=http://0.0.0.0:1")]
    [InlineData("--Logging:Fromat: unknown switch; did you mean Logging:Format?", "--Logging:Fromat=json")]
    [InlineData("--Edge: unknown switch", "--Edge=1")]
    [InlineData("--Edge:Trial: has no value", "--Edge:Trial")]
    [InlineData("--Edge:Trial: has no value", "--Edge:Trial", "--Edge:Shards=1")]
    [InlineData("Edge:Relm: unknown setting; did you mean Edge:Realm?", "--Edge:Relm=x")]
    public void An_argument_that_is_no_setting_is_refused(string expected, params string[] arguments)
    {
        ServiceStart<EdgeSettings> start = Start([.. arguments, .. Enumerable.Repeat("--Edge:Secrets:0=a-secret-of-many-characters", 1)]);
        Assert.Equal(1, start.ExitCode);
        string line = Assert.Single(Lines(_error));
        Assert.StartsWith($"turnpike-edge: {expected}", line, StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Theory]
    [InlineData("--Edge:Users:0", "alice:hunter2", "hunter3")]
    [InlineData("--Edge:Secret:0", "hunter2", "hunter3")]
    [InlineData("--Edge:Secret:0=hunter2")]
    public void An_argument_that_may_be_the_rest_of_a_secret_is_not_shown(params string[] arguments)
    {
        Assert.Equal(1, Start(arguments).ExitCode);
        Assert.DoesNotContain("hunter", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ \"Edge\": ")]
    [InlineData("[1]")]
    public void A_file_that_is_no_settings_file_is_one_line(string content)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "appsettings.json"), content);
        Assert.Equal(1, Start().ExitCode);
        Assert.Contains("appsettings.json: ", Assert.Single(Lines(_error)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_section_of_the_file_is_refused()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "appsettings.json"), """{ "Egde": { "Realm": "x" } }""");
        Assert.Equal(1, Start().ExitCode);
        Assert.Contains("Egde: unknown section; allowed: Edge, Cluster, Telemetry, Logging", Assert.Single(Lines(_error)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_in_the_place_of_the_file_is_refused()
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "appsettings.json"));
        Assert.Equal(1, Start("--Edge:Secrets:0=a-secret-of-many-characters").ExitCode);
        Assert.EndsWith("appsettings.json: is a folder; allowed: a file of JSON, or none", Assert.Single(Lines(_error)), StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_lists_of_a_file_leave_the_default()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "appsettings.json"), """
            { "Edge": { "Listeners": [], "Users": [], "Secrets": ["a-secret-of-many-characters"] } }
            """);
        Assert.Equal(3478, Assert.Single(Start().Settings.Listeners).Endpoint.Port);
    }

    [Fact]
    public void Help_and_version_answer_and_end_with_0()
    {
        Assert.Equal(0, Start("--version").ExitCode);
        Assert.StartsWith("turnpike-edge 0.", Assert.Single(Lines(_output)), StringComparison.Ordinal);
        Assert.Contains("(revision ", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, Start("--help").ExitCode);
        Assert.Contains("--Edge:Relay:MinPort", _output.ToString(), StringComparison.Ordinal);
        Assert.Empty(_error.ToString());
    }

    private static ServiceIdentity Identity { get; } = ServiceIdentity.Of("edge", typeof(EdgeSettings).Assembly);

    private static string[] Lines(StringWriter text) => text.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    private static bool IsSet(SettingsReading reading, Setting setting) =>
        reading.Problems.Any(problem => problem.StartsWith(setting.SampleKey, StringComparison.Ordinal))
        || (setting.Section == "Edge" ? reading.IsSet<EdgeOptions>(NameOf(setting)) : IsSetInSection(reading, setting));

    private static bool IsSetInSection(SettingsReading reading, Setting setting) => setting.Section switch
    {
        "Edge:Relay" => reading.IsSet<RelayOptions>(NameOf(setting)),
        "Edge:Credentials" => reading.IsSet<CredentialOptions>(NameOf(setting)),
        "Edge:Peers" => reading.IsSet<PeerOptions>(NameOf(setting)),
        "Edge:Protocol" => reading.IsSet<ProtocolOptions>(NameOf(setting)),
        "Edge:Tls" => reading.IsSet<TlsOptions>(NameOf(setting)),
        "Edge:NatDiscovery" => reading.IsSet<NatDiscoveryOptions>(NameOf(setting)),
        "Edge:Redirect" => reading.IsSet<RedirectOptions>(NameOf(setting)),
        "Edge:Kubernetes" => reading.IsSet<KubernetesOptions>(NameOf(setting)),
        "Cluster" => reading.IsSet<ClusterOptions>(NameOf(setting)),
        "Telemetry" => reading.IsSet<TelemetryOptions>(NameOf(setting)),
        "Edge:ThirdPartyAuthorization" => reading.IsSet<ThirdPartyAuthorizationOptions>(NameOf(setting)),
        _ => false,
    };

    private static string NameOf(Setting setting) => setting.Key[(setting.Section.Length + 1)..];

    private ServiceStart<EdgeSettings> Start(params string[] arguments) =>
        ServiceStart.Read(Identity, arguments, EdgeSettings.Catalog, EdgeSettingsReader.Read, _folder.FullName, _output, _error);

    private sealed class Variable : IDisposable
    {
        private readonly string _name;

        public Variable(string name, string value)
        {
            _name = name;
            Environment.SetEnvironmentVariable(name, value);
        }

        public void Dispose() => Environment.SetEnvironmentVariable(_name, null);
    }
}
