using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Turnpike.Chart.Tests.Kit;
using Turnpike.ControlPlane.Options;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Chart.Tests;

/// <summary>The executables read what the chart sets: their own readers are asked.</summary>
[Collection(nameof(Cases))]
public sealed partial class SettingTests(Cases cases)
{
    // What the kubelet fills in, and what other variables are made of.
    private static readonly Dictionary<string, string> Facts = new()
    {
        ["POD_NAME"] = "t-turnpike-edge-5d8f7c9b6d-x2x7k",
        ["POD_IP"] = "10.0.3.7",
        ["HOST_IP"] = "10.0.3.7",
        ["NODE_NAME"] = "node-7",
        ["REDIS_PASSWORD"] = "pa$$word",
    };

    public static TheoryData<string> Names() => [.. Cases.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_variable_of_a_container_is_a_setting(string name)
    {
        foreach ((string container, SettingsCatalog catalog) in new[] { ("edge", EdgeSettings.Catalog), ("control-plane", ControlPlaneSettings.Catalog) })
        {
            IEnumerable<string> unknown =
                from variable in Variables(cases.Of(name).Container(container))
                let setting = ((string)variable["name"]!).Replace("__", ":", StringComparison.Ordinal)
                where !Facts.ContainsKey(setting) && !setting.StartsWith("DOTNET_", StringComparison.Ordinal) && catalog.Find(setting) is null
                select setting;
            Assert.Empty(unknown);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_edge_starts_with_what_the_chart_sets(string name)
    {
        using Certificates certificates = new();
        SettingsReading reading = EdgeSettings.Catalog.Read(Configuration(cases.Of(name), "edge", certificates.Folder));
        EdgeSettings? settings = EdgeSettingsReader.Read(reading);
        Assert.Empty(reading.Problems);
        Assert.Equal(Facts["POD_NAME"], settings!.Name);
        Assert.NotEmpty(settings.RelayAddresses);
        Assert.NotEmpty(settings.Cluster.Redis);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_control_plane_starts_with_what_the_chart_sets(string name)
    {
        if (cases.Of(name).Container("control-plane") is null)
        {
            Assert.Equal("no-control-plane", name);
            return;
        }
        using Certificates certificates = new();
        SettingsReading reading = ControlPlaneSettings.Catalog.Read(Configuration(cases.Of(name), "control-plane", certificates.Folder));
        ControlPlaneSettingsReader.Read(reading);
        // What only a pod has.
        Assert.DoesNotContain(reading.Problems, problem => !problem.StartsWith("ControlPlane:Kubernetes:Enabled: there is no service account", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Edges_and_control_plane_are_of_one_cluster(string name)
    {
        if (cases.Of(name).Container("control-plane") is not { } plane)
        {
            return;
        }
        JsonObject edge = cases.Of(name).Container("edge")!;
        foreach ((string ofEdge, string ofPlane) in new[]
        {
            ("Cluster__Redis", "Cluster__Redis"), ("Cluster__KeyPrefix", "Cluster__KeyPrefix"), ("Edge__Realm", "ControlPlane__DefaultRealm"),
        })
        {
            JsonObject one = Variables(edge).Single(variable => (string)variable["name"]! == ofEdge).DeepClone().AsObject();
            JsonObject other = Variables(plane).Single(variable => (string)variable["name"]! == ofPlane).DeepClone().AsObject();
            one.Remove("name");
            other.Remove("name");
            Assert.True(JsonNode.DeepEquals(one, other), ofEdge);
        }
    }

    [Fact]
    public void An_IPv6_pod_is_told_its_address_in_brackets()
    {
        string[] listeners = [.. Variables(cases.Of("dual-stack").Container("edge"))
            .Where(variable => ((string)variable["name"]!).StartsWith("Edge__Listeners__", StringComparison.Ordinal)).Select(variable => (string)variable["value"]!)];
        Assert.Equal(
            ["udp://[$(POD_IP)]:3478?public=2001:db8::7", "udp://0.0.0.0:3478", "tcp://[$(POD_IP)]:3478?public=2001:db8::7", "tcp://0.0.0.0:3478"], listeners);
    }

    private static IConfiguration Configuration(Rendered rendered, string container, string certificates)
    {
        string podAddress = rendered.Name == "dual-stack" ? "2001:db8::3" : Facts["POD_IP"];
        Dictionary<string, string?> values = [];
        foreach (JsonObject variable in Variables(rendered.Container(container)))
        {
            string text = Reference().Replace((string?)variable["value"] ?? Secret(rendered, variable) ?? "", match =>
                match.Groups[1].Value == "POD_IP" ? podAddress : Facts[match.Groups[1].Value]);
            foreach (string folder in (string[])["tls", "redis", "otlp"])
            {
                text = text.Replace($"/etc/turnpike/{folder}", certificates, StringComparison.Ordinal);
            }
            values[((string)variable["name"]!).Replace("__", ":", StringComparison.Ordinal)] = text;
        }
        return new ConfigurationBuilder().AddInMemoryCollection(values).Build();
    }

    // A Secret of the chart's own by its content, one of the operator by what should be in it.
    private static string? Secret(Rendered rendered, JsonObject variable)
    {
        if (variable["valueFrom"]?["secretKeyRef"] is not JsonObject reference)
        {
            return null;
        }
        JsonNode? data = rendered.OfKind("Secret").FirstOrDefault(secret => JsonNode.DeepEquals(secret["metadata"]!["name"], reference["name"]))?["data"]?[(string)reference["key"]!];
        return (string)variable["name"]! switch
        {
            _ when data is not null => Encoding.UTF8.GetString(Convert.FromBase64String((string)data!)),
            "Cluster__Redis" => "redis:6379,ssl=true,password=secret",
            "Telemetry__Headers" => "x-api-key=secret",
            "ControlPlane__Tokens__0" => "operator:operator:" + new string('0', 64),
            _ => "a secret of the operator",
        };
    }

    private static IEnumerable<JsonObject> Variables(JsonObject? container) => container?["env"]?.AsArray().Select(variable => variable!.AsObject()) ?? [];

    [GeneratedRegex(@"\$\((\w+)\)")]
    private static partial Regex Reference();

    /// <summary>A folder with a certificate under the names that a mounted Secret has.</summary>
    private sealed class Certificates : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("turnpike-chart-");

        public Certificates()
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using X509Certificate2 certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256)
                .CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(100));
            File.WriteAllText(Path.Combine(Folder, "tls.crt"), certificate.ExportCertificatePem());
            File.WriteAllText(Path.Combine(Folder, "ca.crt"), certificate.ExportCertificatePem());
            File.WriteAllText(Path.Combine(Folder, "tls.key"), key.ExportPkcs8PrivateKeyPem());
        }

        public string Folder => _folder.FullName;

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
