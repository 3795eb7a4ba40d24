using System.Text.Json.Nodes;
using Turnpike.Chart.Tests.Kit;

namespace Turnpike.Chart.Tests;

/// <summary>How edges roll, end and are reached.</summary>
[Collection(nameof(Cases))]
public sealed class WorkloadTests(Cases cases)
{
    public static TheoryData<string> Names() => [.. Cases.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_pod_is_killed_only_after_its_drain_has_had_its_time(string name)
    {
        JsonObject spec = Edge(name);
        JsonNode deadline = spec["containers"]![0]!["env"]!.AsArray().Single(variable => (string)variable!["name"]! == "Edge__Drain__Deadline")!["value"]!;
        Assert.True((int)spec["terminationGracePeriodSeconds"]! >= int.Parse((string)deadline!, System.Globalization.CultureInfo.InvariantCulture) + 10);
    }

    [Fact]
    public void A_rollout_adds_an_edge_before_it_drains_one()
    {
        JsonNode deployment = cases.Of("trial").One("Deployment", "-edge")["spec"]!;
        Assert.Equal("""{"maxSurge":1,"maxUnavailable":0}""", deployment["strategy"]!["rollingUpdate"]!.ToJsonString());
        Assert.True((int)deployment["progressDeadlineSeconds"]! > (int)deployment["template"]!["spec"]!["terminationGracePeriodSeconds"]!);
    }

    [Fact]
    public void On_the_ports_of_a_node_a_DaemonSet_does_not_surge()
    {
        JsonNode strategy = cases.Of("daemonset").One("DaemonSet", "-edge")["spec"]!["updateStrategy"]!["rollingUpdate"]!;
        Assert.Equal("""{"maxSurge":0,"maxUnavailable":1}""", strategy.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_scaler_s_number_of_edges_is_not_overwritten(string name)
    {
        bool isScaled = Yaml.Objects(File.ReadAllText(Helm.Case(name)))[0]["autoscaling"]?["mode"] is { } mode && (string)mode! != "none";
        if (isScaled)
        {
            Assert.Null(cases.Of(name).One("Deployment", "-edge")["spec"]!["replicas"]);
        }
        int scalers = cases.Of(name).OfKind("HorizontalPodAutoscaler").Count() + cases.Of(name).OfKind("ScaledObject").Count();
        Assert.InRange(scalers, 0, 1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Probes_ask_the_management_port(string name)
    {
        JsonNode container = Edge(name)["containers"]!.AsArray().Single(each => (string)each!["name"]! == "edge")!;
        foreach (string probe in new[] { "startupProbe", "livenessProbe", "readinessProbe" })
        {
            Assert.Equal("management", (string)container[probe]!["httpGet"]!["port"]!);
        }
        Assert.Equal("/health/ready", (string)container["readinessProbe"]!["httpGet"]!["path"]!);
    }

    [Fact]
    public void UDP_and_TCP_have_a_Service_each()
    {
        Rendered rendered = cases.Of("load-balancer");
        Assert.Equal("UDP", (string)rendered.One("Service", "-udp")["spec"]!["ports"]![0]!["protocol"]!);
        Assert.Equal("TCP", (string)rendered.One("Service", "-tcp")["spec"]!["ports"]![0]!["protocol"]!);
        Assert.Null(rendered.One("Service", "-udp")["metadata"]!["annotations"]!["example.com/proxy-protocol"]);
        Assert.NotNull(rendered.One("Service", "-tcp")["metadata"]!["annotations"]!["example.com/proxy-protocol"]);
    }

    // The version is in the labels of objects, where it restarts nothing.
    [Fact]
    public async Task A_new_version_of_the_chart_alone_restarts_no_edge()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("turnpike-chart-");
        try
        {
            string image = "edge.image.tag=0.1.0,controlPlane.image.tag=0.1.0";
            Finished packaged = await Helm.RunAsync("package", Repository.Chart, "--version", "9.9.9", "--app-version", "9.9.9", "--destination", folder.FullName);
            Assert.True(packaged.ExitCode == 0, packaged.Error);
            string archive = Path.Combine(folder.FullName, "turnpike-9.9.9.tgz");
            Finished now = await Helm.RunAsync("template", "t", Repository.Chart, "--values", Helm.Case("builtin"), "--set", image);
            Finished next = await Helm.RunAsync("template", "t", archive, "--values", Helm.Case("builtin"), "--set", image);
            Assert.Equal(Templates(now.Output), Templates(next.Output));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<string> Templates(string yaml) =>
        Yaml.Objects(yaml).Where(each => each["spec"]?["template"] is not null).Select(each => each["spec"]!["template"]!.ToJsonString());

    private JsonObject Edge(string name) => cases.Of(name).Pods.Single(pod => pod.Of.EndsWith("-edge", StringComparison.Ordinal)).Spec;
}
