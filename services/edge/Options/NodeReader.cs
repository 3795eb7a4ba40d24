using System.Globalization;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>A STUN server.</summary>
/// <param name="Host">A name, or an address without brackets.</param>
/// <param name="Port">Its UDP port.</param>
public sealed record StunServer(string Host, ushort Port);

/// <summary>Where the Node of this edge can be read.</summary>
/// <param name="Resource">Its URL at the API server.</param>
/// <param name="TokenFile">Read each time: the kubelet replaces it.</param>
/// <param name="IssuerFile">Who signed the API server's certificate.</param>
/// <param name="Annotation">The annotation with the public addresses.</param>
public sealed record NodeSettings(Uri Resource, string TokenFile, string IssuerFile, string Annotation);

/// <summary>Reads who knows under which address this edge is seen from outside.</summary>
internal static class NodeReader
{
    public static List<StunServer> StunServers(SettingsReading reading, string[] texts)
    {
        List<StunServer> servers = [];
        for (int i = 0; i < texts.Length; i++)
        {
            int colon = texts[i].LastIndexOf(':');
            string host = colon > 0 ? texts[i][..colon] : "";
            bool isAddress = host.StartsWith('[') && host.EndsWith(']');
            host = isAddress ? host[1..^1] : host;
            if (Uri.CheckHostName(host) is UriHostNameType.Unknown or UriHostNameType.Basic
                || host.Contains(':', StringComparison.Ordinal) != isAddress
                || !ushort.TryParse(texts[i].AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
                || port == 0)
            {
                reading.AddProblem<RelayOptions>(nameof(RelayOptions.StunServers), texts[i], position: i);
            }
            else
            {
                servers.Add(new StunServer(host, port));
            }
        }
        return servers;
    }

    public static NodeSettings? Node(SettingsReading reading, KubernetesOptions options)
    {
        string name = options.NodeName.Length > 0 ? options.NodeName : Environment.GetEnvironmentVariable("NODE_NAME") ?? "";
        if (options.Api.Length > 0 && !(Uri.TryCreate(options.Api, UriKind.Absolute, out Uri? named)
            && (named.Scheme == Uri.UriSchemeHttps || (named.Scheme == Uri.UriSchemeHttp && named.IsLoopback))))
        {
            reading.AddProblem<KubernetesOptions>(nameof(KubernetesOptions.Api), options.Api);
            return null;
        }
        string token = Path.Combine(options.Credentials, "token");
        // Outside of a cluster, or where the pod gets no token, there is no Node to read.
        return name.Length > 0 && (options.Api.Length > 0 ? options.Api : ApiOfPod()) is { } api && File.Exists(token)
            ? new NodeSettings(
                new Uri(new Uri(api), $"/api/v1/nodes/{Uri.EscapeDataString(name)}"), token, Path.Combine(options.Credentials, "ca.crt"), options.Annotation)
            : null;
    }

    private static string? ApiOfPod()
    {
        string? host = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST");
        string? port = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT");
        return string.IsNullOrEmpty(host) ? null : $"https://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port ?? "443"}";
    }
}
