using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:Kubernetes</c>: the Node that this edge runs on, which knows its addresses. Needs the right to <c>get</c> it.</summary>
public sealed class KubernetesOptions : ISettingsSection
{
    /// <summary>Default empty: the variable NODE_NAME, which the downward API gives (<c>spec.nodeName</c>).</summary>
    [Setting("Name of the Node", Default = "the variable NODE_NAME")]
    [StringLength(253)]
    public string NodeName { get; init; } = "";

    /// <summary>Default empty: what Kubernetes tells every pod.</summary>
    [Setting("The API server", Default = "https of KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT", Allowed = "https://HOST:PORT, or http for loopback")]
    public string Api { get; init; } = "";

    /// <summary>Default the folder in which Kubernetes mounts a service account.</summary>
    [Setting("Folder with the files token and ca.crt; without them the Node is not read", Allowed = "path of a folder")]
    public string Credentials { get; init; } = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Default turnpike.dev/public-addresses.</summary>
    [Setting("Annotation of the Node with its public addresses, IPv4 and IPv6, commas between them; goes before its ExternalIP")]
    [StringLength(317, MinimumLength = 1)]
    public string Annotation { get; init; } = "turnpike.dev/public-addresses";
}
