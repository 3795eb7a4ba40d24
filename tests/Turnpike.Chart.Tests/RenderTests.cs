using System.Text.Json.Nodes;
using k8s;
using Turnpike.Chart.Tests.Kit;

namespace Turnpike.Chart.Tests;

/// <summary>The chart over a matrix of values: Cases/*.yaml.</summary>
[Collection(nameof(Cases))]
public sealed class RenderTests(Cases cases)
{
    private static readonly string[] OtherGroups = ["monitoring.coreos.com/", "cert-manager.io/", "keda.sh/"];

    public static TheoryData<string> Names() => [.. Cases.Names];

    [Fact]
    public void There_are_cases_for_every_way_to_install_it() => Assert.True(Cases.Names.Count() >= 15);

    [Theory]
    [MemberData(nameof(Names))]
    public void Kubernetes_knows_every_field_of_every_object(string name)
    {
        IEnumerable<string> ours = cases.Of(name).Text.Split("\n---\n").Where(document =>
            document.Contains("\nkind:", StringComparison.Ordinal)
            && !OtherGroups.Any(group => document.Contains($"apiVersion: {group}", StringComparison.Ordinal)));
        Assert.NotEmpty(KubernetesYaml.LoadAllFromString(string.Join("\n---\n", ours), null, strict: true));
    }

    [Fact]
    public void A_field_that_Kubernetes_does_not_know_is_found()
    {
        const string Misspelt = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selectr: {a: b}}\n";
        Assert.ThrowsAny<Exception>(() => KubernetesYaml.LoadAllFromString(Misspelt, null, strict: true));
    }

    // Those of cert-manager, KEDA and the Prometheus operator too.
    [Fact]
    public async Task Every_object_agrees_with_the_schema_of_its_kind()
    {
        JsonArray all = [.. cases.All.SelectMany(rendered => rendered.Objects).Select(each => each.DeepClone())];
        Finished checker = await CheckAsync(all);
        Assert.True(checker.ExitCode == 0, checker.Output + checker.Error);
    }

    [Fact]
    public async Task The_schema_check_finds_a_wrong_type_and_an_unknown_field()
    {
        JsonObject monitor = cases.Of("monitoring").One("ServiceMonitor", "-control-plane").DeepClone().AsObject();
        monitor["spec"]!["endpoints"]![0]!["prt"] = "http";
        JsonObject disruption = cases.Of("trial").One("PodDisruptionBudget", "-edge").DeepClone().AsObject();
        disruption["spec"]!["selector"] = "all";
        Finished checker = await CheckAsync([monitor, disruption]);
        Assert.Equal(1, checker.ExitCode);
        Assert.Contains("/spec/endpoints/0/prt: unknown", checker.Output, StringComparison.Ordinal);
        Assert.Contains("PodDisruptionBudget", checker.Output, StringComparison.Ordinal);
    }

    // The plainest case whole, and the others by how they differ from it.
    [Theory]
    [MemberData(nameof(Names))]
    public void A_case_renders_what_its_snapshot_says(string name)
    {
        Rendered plain = cases.Of("plain");
        string text = name == plain.Name ? Snapshot.Of(plain) : Snapshot.Difference(cases.Of(name), plain);
        Repository.Agree(Path.Combine(Repository.Tests, "Snapshots", name + ".txt"), text);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Names_are_short_enough_and_none_is_there_twice(string name)
    {
        string[] names = [.. cases.Of(name).Objects.Select(each => $"{each["apiVersion"]}/{each["kind"]} {each["metadata"]!["name"]}")];
        Assert.Equal(names.Distinct(), names);
        Assert.All(cases.Of(name).Objects, each => Assert.InRange(((string)each["metadata"]!["name"]!).Length, 1, 63));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Everything_but_what_has_none_is_in_the_namespace_of_the_release(string name) =>
        Assert.All(cases.Of(name).Objects.Where(each => (string)each["kind"]! != "ConfigMap"), each => Assert.Equal(
            ((string)each["kind"]!).StartsWith("Cluster", StringComparison.Ordinal) ? null : "calls", (string?)each["metadata"]!["namespace"]));

    [Theory]
    [MemberData(nameof(Names))]
    public void What_selects_pods_selects_those_of_one_component(string name)
    {
        Rendered rendered = cases.Of(name);
        foreach (string kind in new[] { "Service", "PodDisruptionBudget", "NetworkPolicy", "PodMonitor" })
        {
            foreach (JsonObject each in rendered.OfKind(kind))
            {
                JsonNode? selector = each["spec"]!["podSelector"]?["matchLabels"] ?? each["spec"]!["selector"]?["matchLabels"] ?? each["spec"]!["selector"];
                int selected = rendered.Objects.Count(workload =>
                    workload["spec"]?["template"]?["metadata"]?["labels"] is JsonObject labels
                    && selector!.AsObject().All(pair => JsonNode.DeepEquals(labels[pair.Key], pair.Value)));
                Assert.True(selected == 1, $"{kind} {each["metadata"]!["name"]} selects {selected} workloads");
            }
        }
    }

    [Fact]
    public async Task A_release_with_a_long_name_still_has_valid_names()
    {
        string release = new('r', 53);
        Finished finished = await Helm.RunAsync("template", release, Repository.Chart, "--values", Helm.Case("builtin"));
        Assert.All(Yaml.Objects(finished.Output), each => Assert.InRange(((string)each["metadata"]!["name"]!).Length, 1, 63));
    }

    [Theory]
    [InlineData("turnpike", "", "turnpike-edge")]
    [InlineData("calls", "", "calls-turnpike-edge")]
    [InlineData("calls", "nameOverride=turn", "calls-turn-edge")]
    [InlineData("calls", "fullnameOverride=relay", "relay-edge")]
    public async Task Objects_are_called_after_the_release(string release, string set, string edge)
    {
        Finished finished = await Helm.RunAsync("template", release, Repository.Chart, "--values", Helm.Case("plain"), "--set", set);
        Assert.Contains(Yaml.Objects(finished.Output), each => (string)each["kind"]! == "Deployment" && (string)each["metadata"]!["name"]! == edge);
    }

    [Fact]
    public async Task Helm_finds_nothing_to_complain_about()
    {
        Finished lint = await Helm.RunAsync("lint", "--strict", Repository.Chart, "--values", Helm.Case("everything-extra"));
        Assert.True(lint.ExitCode == 0, lint.Output + lint.Error);
        Finished bare = await Helm.RunAsync("lint", "--strict", Repository.Chart);
        Assert.True(bare.ExitCode == 0, bare.Output + bare.Error);
    }

    private static Task<Finished> CheckAsync(JsonArray objects) =>
        Helm.RunAsync("node", [Path.Combine(Repository.Tests, "schemas", "check.mjs")], objects.ToJsonString());
}
