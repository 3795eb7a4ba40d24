using System.Net;
using System.Text.Json;
using k8s;
using k8s.Models;

namespace Turnpike.ControlPlane.Kubernetes.Api;

/// <summary>Reads what an answer that is no success says.</summary>
internal static class ApiProblem
{
    private const int LongestMessage = 500;

    /// <summary>The problem, with the missing permission named where that is it.</summary>
    public static async Task<ApiException> ReadAsync(
        string verb, ResourceType type, string path, HttpResponseMessage response, CancellationToken cancellation)
    {
        string said = await MessageAsync(response, cancellation);
        HttpStatusCode code = response.StatusCode;
        ApiFault fault = FaultOf(code, said, response.Headers.RetryAfter is not null);
        string what = $"{verb} {type}";
        string message = fault switch
        {
            ApiFault.Forbidden => $"the service account may not {Permission(verb, type, path)} ({said})",
            ApiFault.Unauthorized => $"{what}: the API server does not accept the credentials ({said})",
            ApiFault.Denied => $"{what} was denied: {said}",
            _ => $"{what}: {(int)code} {said}",
        };
        return new ApiException(fault, message, response.Headers.RetryAfter?.Delta);
    }

    private static ApiFault FaultOf(HttpStatusCode code, string said, bool hasRetryAfter) => code switch
    {
        HttpStatusCode.Unauthorized => ApiFault.Unauthorized,
        // A quota and other admission plug-ins say 403, too; only the authorisation says what somebody cannot do.
        HttpStatusCode.Forbidden => said.Contains(" cannot ", StringComparison.Ordinal) || said.Length == 0 ? ApiFault.Forbidden : ApiFault.Denied,
        HttpStatusCode.NotFound => ApiFault.NotFound,
        HttpStatusCode.Conflict => ApiFault.Conflict,
        HttpStatusCode.Gone => ApiFault.Gone,
        HttpStatusCode.TooManyRequests => ApiFault.Throttled,
        HttpStatusCode.ServiceUnavailable when hasRetryAfter => ApiFault.Throttled,
        >= HttpStatusCode.InternalServerError => ApiFault.Server,
        _ => ApiFault.Denied,
    };

    // patch deployments.apps; update deployments/scale.apps
    private static string Permission(string verb, ResourceType type, string path)
    {
        string resource = path.EndsWith("/scale", StringComparison.Ordinal) ? $"{type.Plural}/scale{(type.Group.Length > 0 ? $".{type.Group}" : "")}" : type.ToString();
        return $"{verb} {resource}";
    }

    private static async Task<string> MessageAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            string text = await response.Content.ReadAsStringAsync(cancellation);
            string said = text.StartsWith('{') ? KubernetesJson.Deserialize<V1Status>(text).Message ?? "" : text;
            return said.Length > LongestMessage ? said[..LongestMessage] : said.Trim();
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException or IOException or OperationCanceledException)
        {
            return response.ReasonPhrase ?? ""; // A proxy's page, or nothing: the code has to do.
        }
    }
}
