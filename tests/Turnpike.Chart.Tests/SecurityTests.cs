using System.Text.Json.Nodes;
using Turnpike.Chart.Tests.Kit;

namespace Turnpike.Chart.Tests;

/// <summary>What pods may do, and what they may ask the API server for.</summary>
[Collection(nameof(Cases))]
public sealed class SecurityTests(Cases cases)
{
    public static TheoryData<string> Names() => [.. Cases.Names];

    // Pod Security "restricted", and a read-only root file system beyond it.
    [Theory]
    [MemberData(nameof(Names))]
    public void Every_pod_is_restricted(string name)
    {
        foreach ((string of, JsonObject spec) in cases.Of(name).Pods)
        {
            JsonNode pod = spec["securityContext"]!;
            Assert.True((bool)pod["runAsNonRoot"]!, of);
            Assert.NotEqual(0, (int)pod["runAsUser"]!);
            Assert.Equal("RuntimeDefault", (string)pod["seccompProfile"]!["type"]!);
            Assert.All(pod["sysctls"]?.AsArray() ?? [], sysctl => Assert.Equal("net.ipv4.ip_unprivileged_port_start", (string)sysctl!["name"]!));
            Assert.All((spec["volumes"]?.AsArray() ?? []).Select(volume => volume!.AsObject()), volume => Assert.False(volume.ContainsKey("hostPath")));
            foreach (JsonNode? container in (spec["initContainers"]?.AsArray() ?? []).Concat(spec["containers"]!.AsArray()))
            {
                JsonNode context = container!["securityContext"]!;
                Assert.False((bool)context["allowPrivilegeEscalation"]!);
                Assert.True((bool)context["readOnlyRootFilesystem"]!);
                Assert.Equal("""{"drop":["ALL"]}""", context["capabilities"]!.ToJsonString());
                Assert.Null(context["privileged"]);
            }
        }
    }

    // The one thing that "restricted" and even "baseline" forbid: see the chart's README.
    [Theory]
    [MemberData(nameof(Names))]
    public void Only_edges_use_the_network_of_their_node_and_only_where_they_are_told_to(string name)
    {
        foreach ((string of, JsonObject spec) in cases.Of(name).Pods)
        {
            bool isHost = of.EndsWith("-edge", StringComparison.Ordinal) && (string?)Mode(name) == "host";
            Assert.Equal(isHost, (bool?)spec["hostNetwork"] ?? false);
            Assert.Equal(isHost ? "ClusterFirstWithHostNet" : null, (string?)spec["dnsPolicy"]);
            Assert.Null(spec["hostPID"]);
            Assert.Null(spec["hostIPC"]);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Only_the_scaler_and_edges_that_read_their_Node_have_a_token(string name)
    {
        Rendered rendered = cases.Of(name);
        string[] holders = [.. rendered.Pods.Where(pod => (bool)pod.Spec["automountServiceAccountToken"]!).Select(pod => pod.Of.Split('-')[^1]).Order(StringComparer.Ordinal)];
        bool readsNode = (string?)Mode(name) != "pod" && name != "redis-cluster";
        Assert.Equal([.. readsNode ? ["edge"] : Array.Empty<string>(), .. name == "builtin" ? ["plane"] : Array.Empty<string>()], holders);
        Assert.Equal(name == "builtin" ? 1 : 0, rendered.OfKind("Role").Count());
        Assert.Equal(holders.Length, rendered.OfKind("ClusterRole").Count());
        Assert.All(rendered.OfKind("ServiceAccount"), account => Assert.False((bool)account["automountServiceAccountToken"]!));
    }

    [Fact]
    public void An_edge_may_get_Nodes_and_nothing_else()
    {
        Rendered plain = cases.Of("plain");
        Assert.Equal(["/nodes get"], Rules(Assert.Single(plain.OfKind("ClusterRole"))));
        JsonNode subject = Assert.Single(Assert.Single(plain.OfKind("ClusterRoleBinding"))["subjects"]!.AsArray())!;
        Assert.Equal("ServiceAccount calls/t-turnpike-edge", $"{subject["kind"]} {subject["namespace"]}/{subject["name"]}");
    }

    [Fact]
    public void The_scaler_may_do_this_and_nothing_else()
    {
        Rendered builtin = cases.Of("builtin");
        Assert.Equal(
            [
                "apps/deployments list watch",
                "apps/deployments t-turnpike-edge get patch",
                "apps/deployments/scale t-turnpike-edge get update",
                "/pods get list watch patch",
                "/events create",
                "autoscaling/horizontalpodautoscalers list watch",
                "keda.sh/scaledobjects list watch",
                "coordination.k8s.io/leases create",
                "coordination.k8s.io/leases t-turnpike-edge-scaler get update",
            ],
            Rules(builtin.One("Role", "-control-plane")));
        Assert.Equal(["/nodes list watch"], Rules(builtin.One("ClusterRole", "-control-plane")));
        foreach (string kind in new[] { "RoleBinding", "ClusterRoleBinding" })
        {
            JsonObject binding = builtin.One(kind, "-control-plane");
            JsonNode subject = Assert.Single(binding["subjects"]!.AsArray())!;
            Assert.Equal("ServiceAccount calls/t-turnpike-control-plane", $"{subject["kind"]} {subject["namespace"]}/{subject["name"]}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_secret_stands_outside_a_Secret(string name)
    {
        Rendered rendered = cases.Of(name);
        foreach (JsonObject secret in rendered.OfKind("Secret"))
        {
            foreach ((string key, JsonNode? value) in secret["data"]!.AsObject())
            {
                string plain = System.Text.Encoding.UTF8.GetString(Convert.FromBase64String((string)value!));
                Assert.True(plain.Length >= 32, key);
                Assert.DoesNotContain(plain, rendered.Text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_network_policy_for_edges_is_made_only_where_it_holds()
    {
        Assert.DoesNotContain(cases.Of("network-policies-host").OfKind("NetworkPolicy"), policy => ((string)policy["metadata"]!["name"]!).EndsWith("-edge", StringComparison.Ordinal));
        JsonObject edge = cases.Of("network-policies").One("NetworkPolicy", "-edge");
        JsonArray management = edge["spec"]!["ingress"]!.AsArray();
        Assert.Equal(9641, (int)management[1]!["ports"]![0]!["port"]!);
        Assert.Equal(2, management[1]!["from"]!.AsArray().Count);
        Assert.Equal("169.254.0.0/16", (string)edge["spec"]!["egress"]![0]!["to"]![0]!["ipBlock"]!["except"]![0]!);
    }

    private static IEnumerable<string> Rules(JsonObject role) =>
        from rule in role["rules"]!.AsArray()
        let groups = string.Join(",", rule["apiGroups"]!.AsArray())
        let resources = string.Join(",", rule["resources"]!.AsArray())
        let names = rule["resourceNames"] is JsonArray named ? " " + string.Join(",", named) : ""
        select $"{groups}/{resources}{names} {string.Join(' ', rule["verbs"]!.AsArray())}";

    private static JsonNode? Mode(string name) =>
        Yaml.Objects(File.ReadAllText(Helm.Case(name)))[0]["edge"]?["network"]?["mode"] ?? "host";
}
