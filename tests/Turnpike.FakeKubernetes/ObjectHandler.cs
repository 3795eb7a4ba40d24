using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Turnpike.FakeKubernetes;

/// <summary>Answers everything but watches.</summary>
internal sealed class ObjectHandler(Storage storage)
{
    public async Task<JsonObject> AnswerAsync(ApiRequest request, HttpRequest http)
    {
        JsonNode? body = http.Method is "GET" or "DELETE" ? null : await JsonNode.ParseAsync(http.Body);
        string contentType = http.ContentType ?? "";
        return (request.Verb, request.Subresource) switch
        {
            ("get", "") => storage.Get(request.Kind, request.Namespace, request.Name),
            ("list", "") => List(request, http.Query),
            ("create", "") => Create(request, (JsonObject)body!),
            ("update", "") => storage.Update(request.Kind, request.Namespace, request.Name, item => Replace(item, (JsonObject)body!)),
            ("patch", "") => storage.Update(request.Kind, request.Namespace, request.Name, item => Patch(item, body!, contentType)),
            ("delete", "") => Delete(request),
            ("get", "scale") => ScaleOf(storage.Get(request.Kind, request.Namespace, request.Name)),
            ("update" or "patch", "scale") => Scale(request, (JsonObject)body!),
            _ => throw new StatusException(404, "NotFound", "the server could not find the requested resource"),
        };
    }

    private JsonObject Create(ApiRequest request, JsonObject item)
    {
        item.Meta()["namespace"] = request.Namespace;
        return storage.Create(request.Kind, item);
    }

    // What a controller says of an object is another door's: it stays.
    private static void Replace(JsonObject item, JsonObject given)
    {
        JsonNode? status = item["status"]?.DeepClone();
        JsonObject meta = item.Meta().Copy();
        JsonObject next = given.Copy();
        item.Clear();
        foreach ((string name, JsonNode? value) in next)
        {
            item[name] = value?.DeepClone();
        }
        foreach (string kept in (string[])["uid", "creationTimestamp", "generation", "namespace", "name", "deletionTimestamp"])
        {
            if (kept != "uid" || item.Uid().Length == 0)
            {
                item.Meta()[kept] = meta[kept]?.DeepClone();
            }
        }
        item["status"] = status;
    }

    private static void Patch(JsonObject item, JsonNode patch, string contentType)
    {
        switch (contentType.Split(';')[0])
        {
            case "application/merge-patch+json" or "application/strategic-merge-patch+json":
                // Without a version of its own a patch is for whatever there is.
                if (patch["metadata"]?["resourceVersion"] is null)
                {
                    item.Meta().Remove("resourceVersion");
                }
                item.Merge((JsonObject)patch);
                break;
            case "application/json-patch+json":
                item.Apply((JsonArray)patch);
                break;
            default:
                throw new StatusException(415, "UnsupportedMediaType", $"the body of the request was in an unknown format: {contentType}");
        }
    }

    // A pod ends in its own time; everything else is gone at once.
    private JsonObject Delete(ApiRequest request) => request.Kind == Kind.Pods
        ? storage.Update(request.Kind, request.Namespace, request.Name, DeletePod)
        : storage.Remove(request.Kind, request.Namespace, request.Name);

    internal static void DeletePod(JsonObject pod)
    {
        if (!pod.IsEnding())
        {
            pod.Meta()["deletionTimestamp"] = Storage.Timestamp();
            pod.Meta()["deletionGracePeriodSeconds"] = pod.Child("spec").Number("terminationGracePeriodSeconds", 30);
        }
    }

    private JsonObject Scale(ApiRequest request, JsonObject scale) => ScaleOf(storage.Update(request.Kind, request.Namespace, request.Name, item =>
    {
        JsonObject meta = scale.Meta();
        if (meta.Text("uid") is { Length: > 0 } uid)
        {
            item.Meta()["uid"] = uid;
        }
        item.Meta()["resourceVersion"] = meta.Text("resourceVersion") is { Length: > 0 } version ? version : null;
        int replicas = scale.Child("spec").Number("replicas");
        if (replicas < 0)
        {
            throw new StatusException(422, "Invalid", $"spec.replicas: Invalid value: {replicas}: must be greater than or equal to 0");
        }
        item.Child("spec")["replicas"] = replicas;
    }));

    private static JsonObject ScaleOf(JsonObject item) => new()
    {
        ["kind"] = "Scale",
        ["apiVersion"] = "autoscaling/v1",
        ["metadata"] = new JsonObject
        {
            ["name"] = item.Name(),
            ["namespace"] = item.Namespace(),
            ["uid"] = item.Uid(),
            ["resourceVersion"] = item.Meta().Text("resourceVersion"),
            ["creationTimestamp"] = item.Meta().Text("creationTimestamp"),
        },
        ["spec"] = new JsonObject { ["replicas"] = item.Child("spec").Number("replicas", 1) },
        ["status"] = new JsonObject { ["replicas"] = item.Child("status").Number("replicas") },
    };

    private JsonObject List(ApiRequest request, IQueryCollection query)
    {
        IReadOnlyList<JsonObject> all = storage.List(request.Kind, request.Namespace, out long revision);
        JsonObject[] fitting = [.. all.Where(item => Selector.Fits(item, query["labelSelector"].ToString(), query["fieldSelector"].ToString()))];
        string after = query["continue"].ToString() is { Length: > 0 } token ? Encoding.UTF8.GetString(Convert.FromBase64String(token)) : "";
        int limit = int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out int given) && given > 0 ? given : int.MaxValue;
        JsonObject[] left = [.. fitting.Where(item => string.CompareOrdinal($"{item.Namespace()}/{item.Name()}", after) > 0)];
        JsonObject meta = new() { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture) };
        if (left.Length > limit)
        {
            JsonObject last = left[limit - 1];
            meta["continue"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{last.Namespace()}/{last.Name()}"));
        }
        return new JsonObject
        {
            ["kind"] = $"{request.Kind.Name}List",
            ["apiVersion"] = request.Kind.ApiVersion,
            ["metadata"] = meta,
            ["items"] = new JsonArray([.. left.Take(limit)]),
        };
    }
}
