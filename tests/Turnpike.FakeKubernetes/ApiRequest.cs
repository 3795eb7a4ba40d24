using Microsoft.AspNetCore.Http;

namespace Turnpike.FakeKubernetes;

/// <summary>A request to the API server, as authorisation sees it.</summary>
/// <param name="Verb">get, list, watch, create, update, patch or delete.</param>
/// <param name="Kind">The kind of objects.</param>
/// <param name="Namespace">Empty: of the cluster, or of all namespaces.</param>
/// <param name="Name">Empty: all.</param>
/// <param name="Subresource">Empty: the whole object.</param>
/// <param name="User">Who asks: the bearer token.</param>
public sealed record ApiRequest(string Verb, Kind Kind, string Namespace, string Name, string Subresource, string User)
{
    /// <summary>As roles name it: <c>deployments/scale</c>.</summary>
    public string Resource => Subresource.Length > 0 ? $"{Kind.Plural}/{Subresource}" : Kind.Plural;

    /// <summary>Verb and resource: what tests compare.</summary>
    public override string ToString() => $"{Verb} {Resource}";

    /// <summary>Reads method and path; null where they are no request for objects of a known kind.</summary>
    public static ApiRequest? Read(HttpRequest request, IReadOnlyCollection<Kind> kinds)
    {
        string[] parts = request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        bool isCore = parts is ["api", "v1", ..];
        if (!isCore && parts is not ["apis", _, _, ..])
        {
            return null;
        }
        string group = isCore ? "" : parts[1];
        string version = isCore ? parts[1] : parts[2];
        string[] rest = parts[(isCore ? 2 : 3)..];
        string ns = "";
        if (rest is ["namespaces", _, _, ..])
        {
            ns = rest[1];
            rest = rest[2..];
        }
        Kind? kind = rest.Length == 0 ? null : kinds.FirstOrDefault(kind => kind.Group == group && kind.Version == version && kind.Plural == rest[0]);
        if (kind is null || rest.Length > 3)
        {
            return null;
        }
        string name = rest.ElementAtOrDefault(1) ?? "";
        bool watches = request.Query["watch"].ToString() is "true" or "1";
        string? verb = request.Method switch
        {
            "GET" when watches => "watch",
            "GET" => name.Length > 0 ? "get" : "list",
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" => "delete",
            _ => null,
        };
        string authorization = request.Headers.Authorization.ToString();
        string user = authorization.StartsWith("Bearer ", StringComparison.Ordinal) ? authorization["Bearer ".Length..] : "";
        return verb is null ? null : new ApiRequest(verb, kind, ns, name, rest.ElementAtOrDefault(2) ?? "", user);
    }
}
