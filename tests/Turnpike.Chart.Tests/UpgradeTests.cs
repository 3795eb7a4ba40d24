using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Turnpike.Chart.Tests.Kit;

namespace Turnpike.Chart.Tests;

/// <summary>Releases that live on: against a server that keeps what helm gives it.</summary>
public sealed class UpgradeTests
{
    private static readonly string[] Trial = ["--namespace", "calls", "--values", Helm.Case("trial")];

    [Fact]
    public async Task An_upgrade_keeps_every_secret_that_the_chart_has_made()
    {
        await using ObjectStore store = await ObjectStore.StartAsync();
        await HelmAsync(store, ["install", "t", Repository.Chart, .. Trial]);
        JsonNode credentials = store.Find("/secrets/t-turnpike-credentials")["data"]!.DeepClone();
        JsonNode redis = store.Find("/secrets/t-turnpike-redis")["data"]!.DeepClone();
        string token = Plain(credentials["operator-token"]!);
        Assert.Equal($"operator:operator:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}", Plain(credentials["operator-entry"]!));

        DirectoryInfo folder = Directory.CreateTempSubdirectory("turnpike-chart-");
        try
        {
            await HelmAsync(store, ["package", Repository.Chart, "--version", "9.9.9", "--destination", folder.FullName]);
            await HelmAsync(store, ["upgrade", "t", Path.Combine(folder.FullName, "turnpike-9.9.9.tgz"), "--set", "edge.replicas=5", .. Trial]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        Assert.Equal(5, (int)store.Find("/deployments/t-turnpike-edge")["spec"]!["replicas"]!);
        Assert.True(JsonNode.DeepEquals(credentials, store.Find("/secrets/t-turnpike-credentials")["data"]));
        Assert.True(JsonNode.DeepEquals(redis, store.Find("/secrets/t-turnpike-redis")["data"]));
    }

    [Fact]
    public async Task Two_releases_have_secrets_of_their_own()
    {
        await using ObjectStore store = await ObjectStore.StartAsync();
        await HelmAsync(store, ["install", "a", Repository.Chart, .. Trial]);
        await HelmAsync(store, ["install", "b", Repository.Chart, .. Trial]);
        Assert.NotEqual(
            Plain(store.Find("/secrets/a-turnpike-credentials")["data"]!["turn-secret"]!), Plain(store.Find("/secrets/b-turnpike-credentials")["data"]!["turn-secret"]!));
    }

    [Fact]
    public async Task A_scaler_of_somebody_else_on_the_same_edges_is_refused()
    {
        await using ObjectStore store = await ObjectStore.StartAsync();
        store.Put("/apis/autoscaling/v2/namespaces/calls/horizontalpodautoscalers/by-hand", new JsonObject
        {
            ["apiVersion"] = "autoscaling/v2",
            ["kind"] = "HorizontalPodAutoscaler",
            ["metadata"] = new JsonObject { ["name"] = "by-hand", ["namespace"] = "calls" },
            ["spec"] = new JsonObject { ["scaleTargetRef"] = new JsonObject { ["apiVersion"] = "apps/v1", ["kind"] = "Deployment", ["name"] = "t-turnpike-edge" } },
        });
        Finished refused = await RunAsync(store, ["install", "t", Repository.Chart, "--set", "autoscaling.mode=builtin", .. Trial]);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("the HorizontalPodAutoscaler by-hand scales t-turnpike-edge already", refused.Error, StringComparison.Ordinal);
        await HelmAsync(store, ["install", "other", Repository.Chart, "--set", "autoscaling.mode=builtin", .. Trial]);
    }

    [Fact]
    public async Task The_notes_tell_a_call_that_works()
    {
        await using ObjectStore store = await ObjectStore.StartAsync();
        Finished installed = await HelmAsync(store, ["install", "t", Repository.Chart, .. Trial]);
        Assert.Contains("kubectl -n calls get secret t-turnpike-credentials -o jsonpath='{.data.operator-token}' | base64 -d", installed.Output, StringComparison.Ordinal);
        Assert.Contains("kubectl -n calls port-forward service/t-turnpike-control-plane 8080", installed.Output, StringComparison.Ordinal);
        Assert.Contains("http://localhost:8080/v1/credentials:issue", installed.Output, StringComparison.Ordinal);
        Assert.Contains("UDP 3478, TCP 3478, UDP 49152-65535", installed.Output, StringComparison.Ordinal);
        Assert.NotNull(store.Find("/services/t-turnpike-control-plane"));
    }

    private static string Plain(JsonNode encoded) => Encoding.UTF8.GetString(Convert.FromBase64String((string)encoded!));

    private static async Task<Finished> HelmAsync(ObjectStore store, string[] arguments)
    {
        Finished finished = await RunAsync(store, arguments);
        Assert.True(finished.ExitCode == 0, finished.Error);
        return finished;
    }

    private static Task<Finished> RunAsync(ObjectStore store, string[] arguments) =>
        Helm.RunAsync(arguments[0] == "package" ? arguments : [.. arguments, "--kube-apiserver", store.Url, "--disable-openapi-validation"]);
}
