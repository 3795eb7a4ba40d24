using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.ControlPlane.Options;

/// <summary>Section <c>ControlPlane</c>, as written by the operator. <see cref="ControlPlaneSettings"/> is the checked form.</summary>
public sealed class ControlPlaneOptions : ISettingsSection
{
    internal const string UrlForm = "http://ADDRESS:PORT or http://[IPV6]:PORT; https where ControlPlane:Tls is set";

    /// <summary>Default http://0.0.0.0:8443: inside a cluster TLS usually ends before it; HTTP/2 without negotiation.</summary>
    [Setting("Where gRPC is served; port 0 is the system's choice", Allowed = UrlForm)]
    public string Grpc { get; init; } = "http://0.0.0.0:8443";

    /// <summary>Default http://0.0.0.0:8080.</summary>
    [Setting("Where REST, gRPC-Web, OpenAPI, the connectivity check, health and metrics are served; port 0 is the system's choice", Allowed = UrlForm)]
    public string Http { get; init; } = "http://0.0.0.0:8080";

    /// <summary>Default turnpike, as <c>Edge:Realm</c>.</summary>
    [Setting("Realm that calls are about which name none; created with a secret when the cluster has none of that name",
        Allowed = "1 to 64 of A-Z a-z 0-9 . _ -; the same as Edge:Realm")]
    public string DefaultRealm { get; init; } = "turnpike";

    /// <summary>Default none. Only hashes are kept, so that settings and their backups hold nothing that opens a door.</summary>
    [Setting("Who may call: bearer tokens",
        Allowed = "NAME:ROLE:SHA256 or NAME:ROLE:REALM,…:SHA256, with a role of issuer, viewer or operator and the token's SHA-256 in hexadecimal")]
    public string[] Tokens { get; init; } = [];

    /// <summary>Default none.</summary>
    [Setting("Who may call: client certificates, where ControlPlane:Tls is set",
        Allowed = "NAME:ROLE:SHA256 or NAME:ROLE:REALM,…:SHA256, with the certificate's SHA-256 fingerprint in hexadecimal")]
    public string[] ClientCertificates { get; init; } = [];

    /// <summary>Default none. A web page can hold no secret: such a key issues credentials of one realm, from the pages named, slowly.</summary>
    [Setting("Keys for web pages, which issue credentials and do nothing else",
        Allowed = "NAME:REALM:SHA256:ORIGIN,… with the key's SHA-256 in hexadecimal and origins such as https://app.example.com")]
    public string[] BrowserKeys { get; init; } = [];

    /// <summary>Default 60: a person reloads a page more rarely, a script that drains a quota does not.</summary>
    [Setting("Calls a minute with one browser key from one address (IPv6: one /64)")]
    [Range(1, 1_000_000)]
    public int BrowserKeyCallsPerMinute { get; init; } = 60;

    /// <summary>Default none: a header that anybody can send is believed from nobody. Without it all callers behind one proxy share its limits.</summary>
    [Setting("Proxies in front of the REST port whose X-Forwarded-For tells the caller's address, for limits by address",
        Allowed = "addresses and networks such as 192.0.2.1 and 10.0.0.0/8")]
    public string[] TrustedProxies { get; init; } = [];

    /// <summary>Default 1000: far above an application's calls, below what would keep the store busy.</summary>
    [Setting("Calls a second of one caller, with twice that at once; 0 is no limit")]
    [Range(0, 1_000_000)]
    public int CallsPerSecond { get; init; } = 1000;

    /// <summary>Default 1048576: the largest honest request is a thousand allocation names.</summary>
    [Setting("Size of one request", Unit = "bytes")]
    [Range(4096, 67_108_864)]
    public int MaxRequestBytes { get; init; } = 1_048_576;

    /// <summary>Default 10000: each open stream costs some kilobytes.</summary>
    [Setting("Streams that are open at once, of all callers")]
    [Range(1, 1_000_000)]
    public int MaxStreams { get; init; } = 10_000;

    public TlsOptions Tls { get; init; } = new();

    public JwtOptions Jwt { get; init; } = new();

    public WebhookOptions Webhooks { get; init; } = new();
    public ScalingOptions Scaling { get; init; } = new();

    public KubernetesOptions Kubernetes { get; init; } = new();
}

/// <summary>Section <c>ControlPlane:Tls</c>.</summary>
public sealed class TlsOptions : ISettingsSection
{
    /// <summary>Default none.</summary>
    [Setting("PEM file with the certificate and its chain, read again when it changes; with it both ports speak TLS 1.2 and 1.3", Allowed = "path of a file")]
    public string Certificate { get; init; } = "";

    /// <summary>Default none.</summary>
    [Setting("PEM file with the private key, read again when it changes", Allowed = "path of a file")]
    public string Key { get; init; } = "";
}

/// <summary>Section <c>ControlPlane:Jwt</c>: callers that an OpenID Connect issuer vouches for.</summary>
public sealed class JwtOptions : ISettingsSection
{
    /// <summary>Default none: no JWT is accepted.</summary>
    [Setting("Issuer whose tokens are accepted; its keys are found through OpenID Connect discovery", Allowed = "an https URL; http for loopback only")]
    public string Issuer { get; init; } = "";

    /// <summary>Default none: it must be set beside an issuer, or tokens made for others would be good here.</summary>
    [Setting("Audience that the tokens must name", Allowed = "text, as in the tokens' claim aud")]
    public string Audience { get; init; } = "";

    /// <summary>Default turnpike_role.</summary>
    [Setting("Claim that holds the role: issuer, viewer or operator")]
    [StringLength(128, MinimumLength = 1)]
    public string RoleClaim { get; init; } = "turnpike_role";

    /// <summary>Default turnpike_realms.</summary>
    [Setting("Claim that holds the realms, as an array or a list with commas")]
    [StringLength(128, MinimumLength = 1)]
    public string RealmsClaim { get; init; } = "turnpike_realms";
}
