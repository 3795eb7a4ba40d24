using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace Turnpike.ControlPlane.Kubernetes.Api;

/// <summary>
/// The few calls that the scaler makes. Addresses, certificates and credentials are KubernetesClient's; the requests are made here, because
/// what matters is what its methods hide: Retry-After, which permission is missing, and how a watch ended.
/// </summary>
internal sealed class KubernetesApi(k8s.Kubernetes client, string ns) : IDisposable
{
    private const int PageSize = 500;

    /// <summary>How long an answer may take. It is the network's time, so the system's clock measures it.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The namespace of the edges.</summary>
    public string Namespace { get; } = ns;

    /// <summary>Where the API server is.</summary>
    public Uri Server => client.BaseUri;

    /// <summary>Calls until now, by verb, resource and outcome.</summary>
    public ConcurrentDictionary<(string Verb, string Resource, string Outcome), long> Calls { get; } = [];

    public Task<T> GetAsync<T>(ResourceType type, string name, CancellationToken cancellation) =>
        CallAsync<T>("get", HttpMethod.Get, type, type.Path(Namespace, name), null, null, cancellation);

    public Task<T> CreateAsync<T>(ResourceType type, T item, CancellationToken cancellation)
        where T : notnull =>
        CallAsync<T>("create", HttpMethod.Post, type, type.Path(Namespace), KubernetesJson.Serialize(item), "application/json", cancellation);

    /// <summary>Replaces an object, or a part of one; with a resourceVersion in it, only where it is still that.</summary>
    public Task<T> ReplaceAsync<T>(ResourceType type, string name, string? subresource, T item, CancellationToken cancellation)
        where T : notnull => CallAsync<T>(
        "update", HttpMethod.Put, type, type.Path(Namespace, name, subresource), KubernetesJson.Serialize(item), "application/json", cancellation);

    /// <summary>Changes an object by a merge patch (RFC 7386).</summary>
    public Task<T> PatchAsync<T>(ResourceType type, string name, JsonObject patch, CancellationToken cancellation) => CallAsync<T>(
        "patch", HttpMethod.Patch, type, type.Path(Namespace, name), patch.ToJsonString(), "application/merge-patch+json", cancellation);

    /// <summary>All objects that fit, and the version that a watch goes on from.</summary>
    public async Task<(IReadOnlyList<T> Items, string ResourceVersion)> ListAsync<T>(
        ResourceType type, string? inNamespace, Selection selection, CancellationToken cancellation)
    {
        List<T> items = [];
        string next = "";
        while (true)
        {
            string path = $"{type.Path(inNamespace)}?limit={PageSize}{selection.Query}{(next.Length > 0 ? $"&continue={Uri.EscapeDataString(next)}" : "")}";
            ListPage<T> page = await CallAsync<ListPage<T>>("list", HttpMethod.Get, type, path, null, null, cancellation);
            items.AddRange(page.Items ?? []);
            next = page.Metadata?.ContinueProperty ?? "";
            if (next.Length == 0)
            {
                return (items, page.Metadata?.ResourceVersion ?? "");
            }
        }
    }

    /// <summary>
    /// What changes after a version, until the server ends the watch; the first event says that it has begun. Throws
    /// <see cref="ApiException"/> where it cannot begin, breaks off, or the server says that it cannot go on.
    /// </summary>
    public async IAsyncEnumerable<WatchEvent> WatchAsync(
        ResourceType type, string? inNamespace, Selection selection, string resourceVersion, TimeSpan length, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string path = $"{type.Path(inNamespace)}?watch=true&allowWatchBookmarks=true&timeoutSeconds={(int)length.TotalSeconds}"
            + $"&resourceVersion={Uri.EscapeDataString(resourceVersion)}{selection.Query}";
        using HttpResponseMessage response = await SendAsync("watch", HttpMethod.Get, type, path, null, null, cancellation);
        yield return new WatchEvent(WatchEvent.Begun, default);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(cancellation), Encoding.UTF8);
        while (await ReadLineAsync(reader, type, cancellation) is string line)
        {
            if (line.Length > 0)
            {
                yield return Parse(line, type);
            }
        }
    }

    public void Dispose() => client.Dispose();

    private static async Task<string?> ReadLineAsync(StreamReader reader, ResourceType type, CancellationToken cancellation)
    {
        try
        {
            return await reader.ReadLineAsync(cancellation);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new ApiException(ApiFault.Unreachable, $"the watch of {type} broke off: {exception.Message}", inner: exception);
        }
    }

    private static WatchEvent Parse(string line, ResourceType type)
    {
        WatchLine? read;
        try
        {
            read = JsonSerializer.Deserialize<WatchLine>(line);
        }
        catch (JsonException exception)
        {
            throw new ApiException(ApiFault.Unreachable, $"the watch of {type} broke off in the middle of an object", inner: exception);
        }
        if (read?.Type == "ERROR")
        {
            V1Status status = KubernetesJson.Deserialize<V1Status>(read.Object);
            throw new ApiException(
                status.Code == (int)HttpStatusCode.Gone ? ApiFault.Gone : ApiFault.Server, $"the watch of {type} ended: {status.Message ?? status.Reason}");
        }
        return new WatchEvent(read?.Type ?? "", read?.Object ?? default);
    }

    private async Task<T> CallAsync<T>(
        string verb, HttpMethod method, ResourceType type, string path, string? body, string? contentType, CancellationToken cancellation)
    {
        using HttpResponseMessage response = await SendAsync(verb, method, type, path, body, contentType, cancellation);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Timeout);
        try
        {
            await using Stream stream = await response.Content.ReadAsStreamAsync(limit.Token);
            using JsonDocument document = await JsonDocument.ParseAsync(stream, cancellationToken: limit.Token);
            return KubernetesJson.Deserialize<T>(document);
        }
        catch (Exception exception) when (IsBroken(exception, cancellation) || exception is JsonException)
        {
            throw Count(verb, type, new ApiException(ApiFault.Unreachable, $"{verb} {type}: the answer broke off: {exception.Message}", inner: exception));
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        string verb, HttpMethod method, ResourceType type, string path, string? body, string? contentType, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(method, new Uri(client.BaseUri, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(contentType!));
        }
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Timeout);
        HttpResponseMessage response;
        try
        {
            if (client.Credentials is { } credentials)
            {
                await credentials.ProcessHttpRequestAsync(request, limit.Token);
            }
            response = await client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (Exception exception) when (IsBroken(exception, cancellation))
        {
            string why = exception is OperationCanceledException ? $"no answer within {Timeout.TotalSeconds:0.#} s" : exception.Message;
            throw Count(verb, type, new ApiException(ApiFault.Unreachable, $"{verb} {type}: {why}", inner: exception));
        }
        if (response.IsSuccessStatusCode)
        {
            Count(verb, type, "ok");
            return response;
        }
        using (response)
        {
            throw Count(verb, type, await ApiProblem.ReadAsync(verb, type, path, response, limit.Token));
        }
    }

    // The caller's own end is no fault of the server's.
    private static bool IsBroken(Exception exception, CancellationToken cancellation) =>
        exception is HttpRequestException or IOException || (exception is OperationCanceledException && !cancellation.IsCancellationRequested);

    private ApiException Count(string verb, ResourceType type, ApiException problem)
    {
        Count(verb, type, problem.Fault.ToString().ToLowerInvariant());
        return problem;
    }

    private void Count(string verb, ResourceType type, string outcome) =>
        Calls.AddOrUpdate((verb, type.ToString(), outcome), 1, static (_, count) => count + 1);

    private sealed record WatchLine
    {
        [System.Text.Json.Serialization.JsonPropertyName("type")]
        public string Type { get; init; } = "";

        [System.Text.Json.Serialization.JsonPropertyName("object")]
        public JsonElement Object { get; init; }
    }

    private sealed record ListPage<T>
    {
        [System.Text.Json.Serialization.JsonPropertyName("metadata")]
        public V1ListMeta? Metadata { get; init; }

        [System.Text.Json.Serialization.JsonPropertyName("items")]
        public IReadOnlyList<T>? Items { get; init; }
    }
}

/// <summary>One event of a watch.</summary>
/// <param name="Kind">ADDED, MODIFIED, DELETED, BOOKMARK, or <see cref="Begun"/>.</param>
/// <param name="Item">The object.</param>
internal readonly record struct WatchEvent(string Kind, JsonElement Item)
{
    /// <summary>The server has accepted the watch; there is no object.</summary>
    public const string Begun = "BEGUN";
}

/// <summary>Which objects are meant.</summary>
/// <param name="Labels">A label selector; empty: any.</param>
/// <param name="Fields">A field selector; empty: any.</param>
internal readonly record struct Selection(string Labels = "", string Fields = "")
{
    /// <summary>As a part of a query.</summary>
    public string Query =>
        (string.IsNullOrEmpty(Labels) ? "" : $"&labelSelector={Uri.EscapeDataString(Labels)}")
        + (string.IsNullOrEmpty(Fields) ? "" : $"&fieldSelector={Uri.EscapeDataString(Fields)}");
}
