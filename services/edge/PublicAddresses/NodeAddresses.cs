using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Turnpike.Edge.Options;

namespace Turnpike.Edge.PublicAddresses;

/// <summary>What the Node of this edge says about its addresses outside.</summary>
/// <param name="Annotated">Of the annotation that an operator has written.</param>
/// <param name="External">Its ExternalIPs, as the cloud has written them.</param>
internal sealed record NodeReport(IReadOnlyList<IPAddress> Annotated, IReadOnlyList<IPAddress> External);

/// <summary>Reads the Node at the API server: one GET, with what every pod's service account has.</summary>
internal sealed class NodeAddresses(NodeSettings node)
{
    // A Node lists the images that it has; this is far above the largest.
    private const int LargestNode = 4 * 1024 * 1024;

    /// <summary>Reads it.</summary>
    /// <exception cref="HttpRequestException">The API server cannot be reached, or refuses.</exception>
    /// <exception cref="IOException">The token or the certificate cannot be read.</exception>
    /// <exception cref="JsonException">What came is no Node.</exception>
    public async Task<NodeReport> ReadAsync(CancellationToken cancellation)
    {
        X509Certificate2Collection issuers = [];
        if (node.Resource.Scheme == Uri.UriSchemeHttps)
        {
            issuers.ImportFromPemFile(node.IssuerFile);
        }
        using HttpClient client = new(Handler(issuers)) { MaxResponseContentBufferSize = LargestNode };
        using HttpRequestMessage request = new(HttpMethod.Get, node.Resource);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(node.TokenFile, cancellation)).Trim());
        using HttpResponseMessage response = await client.SendAsync(request, cancellation);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new HttpRequestException($"the API server answers {(int)response.StatusCode}", null, response.StatusCode);
        }
        return Parse(await response.Content.ReadAsByteArrayAsync(cancellation), node.Annotation);
    }

    /// <summary>Takes the addresses out of a Node; what does not parse is none.</summary>
    /// <exception cref="JsonException">It is no JSON object.</exception>
    internal static NodeReport Parse(ReadOnlyMemory<byte> json, string annotation)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement : throw new JsonException("no object");
        string annotated = Find(root, "metadata", "annotations", annotation) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";
        List<IPAddress> external = [];
        if (Find(root, "status", "addresses") is { ValueKind: JsonValueKind.Array } addresses)
        {
            foreach (JsonElement entry in addresses.EnumerateArray())
            {
                if (Find(entry, "type") is { ValueKind: JsonValueKind.String } type && type.ValueEquals("ExternalIP")
                    && Find(entry, "address") is { ValueKind: JsonValueKind.String } address)
                {
                    Add(address.GetString()!, external);
                }
            }
        }
        List<IPAddress> named = [];
        foreach (string part in annotated.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            Add(part, named);
        }
        return new NodeReport(named, external);
    }

    private static void Add(string text, List<IPAddress> addresses)
    {
        if (AddressText.TryParseAddress(text, out IPAddress address) && !AddressText.IsWildcard(address))
        {
            addresses.Add(address);
        }
    }

    private static JsonElement? Find(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (string name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }
        return element;
    }

    private static SocketsHttpHandler Handler(X509Certificate2Collection issuers)
    {
        // The cluster's own issuers alone, whatever the system trusts.
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(issuers);
        return new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false, SslOptions = { CertificateChainPolicy = policy } };
    }

    /// <summary>What went wrong, for people; null where it is nothing that reading a Node can run into.</summary>
    public static string? Problem(Exception exception) => exception switch
    {
        HttpRequestException or IOException or UnauthorizedAccessException or CryptographicException => exception.Message.TrimEnd('.'),
        JsonException => "what came is no Node",
        OperationCanceledException => "no answer in time",
        _ => null,
    };
}
