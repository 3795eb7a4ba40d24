using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Turnpike.Chart.Tests.Kit;

/// <summary>
/// As much of an API server as `helm install` and `helm upgrade` ask for: it says which kinds there are, and keeps objects in memory. It validates
/// nothing and runs nothing.
/// </summary>
internal sealed class ObjectStore : IAsyncDisposable
{
    private static readonly Dictionary<string, string[]> Kinds = new()
    {
        ["v1"] = ["Namespace", "Secret", "Service", "ServiceAccount", "ConfigMap", "Pod", "Event"],
        ["apps/v1"] = ["Deployment", "DaemonSet"],
        ["policy/v1"] = ["PodDisruptionBudget"],
        ["autoscaling/v2"] = ["HorizontalPodAutoscaler"],
        ["rbac.authorization.k8s.io/v1"] = ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
        ["networking.k8s.io/v1"] = ["NetworkPolicy", "Ingress"],
    };

    private static readonly Dictionary<string, (string Version, string Kind)> ByPlural = Kinds
        .SelectMany(pair => pair.Value.Select(kind => (Version: pair.Key, Kind: kind))).ToDictionary(each => Plural(each.Kind));

    private readonly ConcurrentDictionary<string, JsonObject> _objects = new();
    private readonly WebApplication _app;
    private long _version;

    private ObjectStore(WebApplication app) => _app = app;

    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public static async Task<ObjectStore> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        ObjectStore store = new(builder.Build());
        store._app.Run(store.AnswerAsync);
        await store._app.StartAsync();
        return store;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>The objects whose path ends like this.</summary>
    public JsonObject Find(string end) => _objects.Single(pair => pair.Key.EndsWith(end, StringComparison.Ordinal)).Value;

    /// <summary>Puts an object there as somebody else would.</summary>
    public void Put(string path, JsonObject value) => _objects[path] = value;

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!.TrimEnd('/');
        JsonObject? answer = Discovery(path) ?? await ObjectsAsync(context.Request, path);
        context.Response.StatusCode = answer switch
        {
            null => StatusCodes.Status404NotFound,
            _ when (string?)answer["kind"] == "Status" && answer["code"] is { } code => (int)code,
            _ => context.Request.Method == "POST" ? StatusCodes.Status201Created : StatusCodes.Status200OK,
        };
        await context.Response.WriteAsJsonAsync(answer ?? Failure(404, "NotFound"));
    }

    private static JsonObject? Discovery(string path) => path switch
    {
        "/version" => new JsonObject { ["major"] = "1", ["minor"] = "33", ["gitVersion"] = "v1.33.0" },
        "/api" => new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") },
        "/apis" => new JsonObject
        {
            ["kind"] = "APIGroupList",
            ["groups"] = new JsonArray([.. Kinds.Keys.Where(version => version != "v1").Select(version => new JsonObject
            {
                ["name"] = version.Split('/')[0],
                ["versions"] = new JsonArray(new JsonObject { ["groupVersion"] = version, ["version"] = version.Split('/')[1] }),
                ["preferredVersion"] = new JsonObject { ["groupVersion"] = version, ["version"] = version.Split('/')[1] },
            })]),
        },
        _ when path.StartsWith("/api/", StringComparison.Ordinal) || path.StartsWith("/apis/", StringComparison.Ordinal) =>
            Kinds.TryGetValue(path[(path.IndexOf('/', 1) + 1)..], out string[]? kinds) ? Resources(path[(path.IndexOf('/', 1) + 1)..], kinds) : null,
        _ => null,
    };

    private static JsonObject Resources(string version, string[] kinds) => new()
    {
        ["kind"] = "APIResourceList",
        ["groupVersion"] = version,
        ["resources"] = new JsonArray([.. kinds.Select(kind => new JsonObject
        {
            ["name"] = Plural(kind),
            ["singularName"] = "",
            ["namespaced"] = !kind.StartsWith("Cluster", StringComparison.Ordinal) && kind != "Namespace",
            ["kind"] = kind,
            ["verbs"] = new JsonArray("get", "list", "create", "update", "patch", "delete", "watch"),
        })]),
    };

    private async Task<JsonObject?> ObjectsAsync(HttpRequest request, string path)
    {
        switch (request.Method)
        {
            case "GET" when _objects.TryGetValue(path, out JsonObject? found):
                return found;
            case "GET" when ByPlural.TryGetValue(path[(path.LastIndexOf('/') + 1)..], out (string Version, string Kind) of):
                return new JsonObject
                {
                    ["kind"] = of.Kind + "List",
                    ["apiVersion"] = of.Version,
                    ["metadata"] = new JsonObject { ["resourceVersion"] = $"{_version}" },
                    ["items"] = new JsonArray([.. _objects.Where(pair => IsIn(pair, path, request.Query["labelSelector"])).Select(pair => pair.Value.DeepClone())]),
                };
            case "POST":
                JsonObject made = await BodyAsync(request);
                path = $"{path}/{made["metadata"]!["name"]}";
                return _objects.ContainsKey(path) ? Failure(409, "AlreadyExists") : Keep(path, made);
            case "PUT" or "PATCH":
                return Keep(path, await BodyAsync(request));
            case "DELETE":
                return _objects.TryRemove(path, out JsonObject? gone) ? gone : null;
            default:
                return null;
        }
    }

    private static bool IsIn(KeyValuePair<string, JsonObject> pair, string folder, string? selector) =>
        pair.Key[..pair.Key.LastIndexOf('/')] == folder
        && (selector ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(term => term.Split('='))
            .All(term => (string?)pair.Value["metadata"]!["labels"]?[term[0]] == term[^1]);

    // Helm applies whole objects, so what comes is what is kept.
    private JsonObject Keep(string path, JsonObject value)
    {
        value["metadata"]!["resourceVersion"] = $"{Interlocked.Increment(ref _version)}";
        value["metadata"]!["uid"] = $"{_version}";
        return _objects[path] = value;
    }

    private static async Task<JsonObject> BodyAsync(HttpRequest request)
    {
        using MemoryStream body = new();
        await request.Body.CopyToAsync(body);
        byte[] bytes = body.ToArray();
        if (SecretMessage.Is(bytes))
        {
            return SecretMessage.Read(bytes);
        }
        string text = Encoding.UTF8.GetString(bytes);
        return text.StartsWith('{') ? JsonNode.Parse(text)!.AsObject() : Yaml.Objects(text).Single();
    }

    private static JsonObject Failure(int code, string reason) =>
        new() { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["reason"] = reason, ["message"] = reason, ["code"] = code };

    private static string Plural(string kind) =>
        kind.EndsWith('y') ? kind[..^1].ToLowerInvariant() + "ies" : kind.EndsWith('s') ? kind.ToLowerInvariant() + "es" : kind.ToLowerInvariant() + "s";
}
