using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge</c>, as written by the operator. <see cref="EdgeSettings"/> is the checked form that the code uses.</summary>
public sealed class EdgeOptions : ISettingsSection
{
    internal const string ListenerForm = "SCHEME://ADDRESS:PORT or SCHEME://[IPV6]:PORT with udp, dtls, tcp, tls or tcp+tls (both on one port); "
        + "?public=ADDRESS where clients reach it by another address; ?proxy=v1, v2 or any for tcp and tls behind the PROXY protocol; "
        + "?dtls=true for udp that serves DTLS on the same port; & joins them";

    /// <summary>Default "turnpike": the product's name. RFC 8489 §14.9 allows 127 characters and makes it a quoted text.</summary>
    [Setting("Realm that clients are asked to authenticate in", Allowed = "1 to 127 printable characters, no quote and no colon")]
    [StringLength(127, MinimumLength = 1)]
    public string Realm { get; init; } = "turnpike";

    /// <summary>Default empty, the host's name: what a pod or a machine is called already.</summary>
    [Setting("Name of this edge in the cluster, the same after a restart", Default = "the host's name",
        Allowed = "1 to 63 letters, digits, dots, hyphens and underscores")]
    public string Name { get; init; } = "";

    /// <summary>Default none: a fleet in one place has no regions.</summary>
    [Setting("Region of this edge; clients are sent to edges of their own region first", Allowed = "0 to 63 letters, digits, dots, hyphens and underscores")]
    public string Region { get; init; } = "";

    /// <summary>Default udp://0.0.0.0:3478: every IPv4 address, the port that RFC 8656 §4 registers for TURN over UDP.</summary>
    [Setting("Addresses that clients send to; port 0 is the system's choice", Allowed = ListenerForm)]
    public string[] Listeners { get; init; } = ["udp://0.0.0.0:3478"];

    /// <summary>Default none: a secret that ships is no secret. Several may be active, so that they rotate without a cut (TURN REST API draft).</summary>
    [Setting("TURN REST secrets; a password made with any of them is accepted", Secret = true,
        Allowed = "text that is not empty; 16 characters or more are advised")]
    public string[] Secrets { get; init; } = [];

    /// <summary>Default none. Only the keys of RFC 8489 §9.2.2 are kept.</summary>
    [Setting("Static users, kept as keys only", Secret = true, Allowed = "USER:PASSWORD; the first colon separates")]
    public string[] Users { get; init; } = [];

    /// <summary>Default 0, the CPU limit: a shard is one thread that keeps one core busy, so more shards than cores only take turns.</summary>
    [Setting("Number of shards, each one thread; 0 is the CPU limit of the process")]
    [Range(0, 256)]
    public int Shards { get; init; }

    /// <summary>Default false: pinning helps only where the CPUs belong to this process alone.</summary>
    [Setting("Pins each shard's thread to one CPU of the process's set")]
    public bool PinShards { get; init; }

    /// <summary>Default http://0.0.0.0:9641: probes and Prometheus come from other hosts. 9641 is not registered for anything else in use here.</summary>
    [Setting("Where /health/live, /health/ready and /metrics are served; port 0 is the system's choice",
        Allowed = "http://ADDRESS:PORT or http://[IPV6]:PORT")]
    public string Management { get; init; } = "http://0.0.0.0:9641";

    /// <summary>
    /// Default derived: the address of Edge:Management; of a wildcard the first of this machine that is not loopback, which a pod has one of. An
    /// address alone will do, as Kubernetes tells a pod its own (status.podIP).
    /// </summary>
    [Setting("Where the control plane reaches Edge:Management", Default = "the address of Edge:Management, or the first of this machine",
        Allowed = "http://HOST:PORT, or an address alone, which gets the port of Edge:Management")]
    public string ManagementUrl { get; init; } = "";

    /// <summary>Default false. The trial is for one machine: it opens loopback peers, which no deployment wants.</summary>
    [Setting("Loopback trial: listens on 127.0.0.1 unless told otherwise, makes a secret when none is set, opens loopback peers, prints how to try it")]
    public bool Trial { get; init; }

    public RelayOptions Relay { get; init; } = new();

    public CredentialOptions Credentials { get; init; } = new();

    public PeerOptions Peers { get; init; } = new();

    public QuotaOptions Quota { get; init; } = new();

    public LifetimeOptions Lifetimes { get; init; } = new();

    public ProtocolOptions Protocol { get; init; } = new();

    public SocketOptions Sockets { get; init; } = new();

    public StreamOptions Streams { get; init; } = new();

    public TlsOptions Tls { get; init; } = new();

    public DtlsOptions Dtls { get; init; } = new();

    public ThirdPartyAuthorizationOptions ThirdPartyAuthorization { get; init; } = new();

    public NatDiscoveryOptions NatDiscovery { get; init; } = new();

    public RedirectOptions Redirect { get; init; } = new();

    public DrainOptions Drain { get; init; } = new();

    public CapacityOptions Capacity { get; init; } = new();

    public MetricsOptions Metrics { get; init; } = new();

    public KubernetesOptions Kubernetes { get; init; } = new();
}
