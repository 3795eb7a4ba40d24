using System.Net;
using Turnpike.Cluster;
using Turnpike.Server;
using Turnpike.ServiceDefaults.Settings;
using Turnpike.ServiceDefaults.Telemetry;
using Turnpike.ServiceDefaults.Tls;

namespace Turnpike.Edge.Options;

/// <summary>
/// The checked settings: parsed, consistent and immutable. The code uses this form; the text that the operator wrote ends here.
/// Passwords are already keys, so nothing of this can print one.
/// </summary>
public sealed record EdgeSettings
{
    public required string Realm { get; init; }

    public required IReadOnlyList<ListenerEndpoint> Listeners { get; init; }

    /// <summary>Where relayed transport addresses live; empty: every listener address, a wildcard standing for the interface addresses.</summary>
    public required IReadOnlyList<RelayAddress> RelayAddresses { get; init; }

    public required RelayOptions Relay { get; init; }

    /// <summary>Who is asked which address this edge has outside.</summary>
    public required IReadOnlyList<StunServer> StunServers { get; init; }

    /// <summary>Where this edge's Node can be read; null: it runs on none, or may not.</summary>
    public required NodeSettings? Node { get; init; }

    /// <summary>TURN REST secrets as UTF-8 bytes.</summary>
    public required IReadOnlyList<byte[]> Secrets { get; init; }

    /// <summary>Users of the default realm as keys (RFC 8489 §9.2.2); the passwords are gone.</summary>
    public required IReadOnlyList<StaticUser> Users { get; init; }

    public required char CredentialSeparator { get; init; }

    /// <summary>Passwords made with HMAC-SHA256 are accepted beside HMAC-SHA1.</summary>
    public required bool CredentialHmacSha256 { get; init; }

    public required PeerRules Peers { get; init; }

    public required QuotaOptions Quota { get; init; }

    public required LifetimeOptions Lifetimes { get; init; }

    public required ProtocolOptions Protocol { get; init; }

    public required SocketOptions Sockets { get; init; }

    public required StreamOptions Streams { get; init; }

    /// <summary>The files of the certificate and its key; both empty, or both set.</summary>
    public required TlsOptions Tls { get; init; }

    /// <summary>The same, with the settings to blame for them.</summary>
    public TlsFiles TlsFiles => new(
        Tls.Certificate, Catalog.Of<TlsOptions>(nameof(TlsOptions.Certificate)), Tls.Key, Catalog.Of<TlsOptions>(nameof(TlsOptions.Key)));

    public required DtlsOptions Dtls { get; init; }

    /// <summary>Access tokens (RFC 7635); null where they are off.</summary>
    public ThirdPartyPolicy? ThirdParty { get; init; }

    /// <summary>NAT behaviour discovery (RFC 5780); null where it is off.</summary>
    public NatDiscoverySettings? NatDiscovery { get; init; }

    /// <summary>Where new allocations are sent instead (300).</summary>
    public IRedirectSource Redirect { get; init; } = NoRedirect.Instance;

    /// <summary>0 is the CPU limit.</summary>
    public required int Shards { get; init; }

    public required bool PinShards { get; init; }

    public required TimeSpan DrainDeadline { get; init; }

    /// <summary>While this edge drains, clients are told another one of the cluster.</summary>
    public required bool DrainRedirects { get; init; }

    public required IPEndPoint Management { get; init; }

    /// <summary>Where the control plane reaches it; port 0 stands for the one that it got. Null: to be derived.</summary>
    public Uri? ManagementUrl { get; init; }

    public required bool Trial { get; init; }

    /// <summary>What this edge is called in a cluster.</summary>
    public required string Name { get; init; }

    /// <summary>Empty where there are no regions.</summary>
    public required string Region { get; init; }

    public required CapacityOptions Capacity { get; init; }

    public required MetricsOptions Metrics { get; init; }

    /// <summary>The store that makes many edges one service; this edge is alone where <see cref="ClusterOptions.Redis"/> is empty.</summary>
    public required ClusterOptions Cluster { get; init; }

    /// <summary>What is exported over OTLP.</summary>
    public TelemetrySettings Telemetry { get; init; } = TelemetrySettings.Off;

    /// <summary>Whether this edge knows anybody by itself, be the store away or not.</summary>
    public bool HasOwnCredentials => Secrets.Count > 0 || Users.Count > 0 || ThirdParty is not null;

    /// <summary>Things that work and are unwise, one line each, to be logged at the start.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Every setting of the edge.</summary>
    public static SettingsCatalog Catalog { get; } = Describe(new SettingsCatalog());

    /// <summary>Adds every setting of the edge to the catalog of an executable that has an edge in it.</summary>
    public static SettingsCatalog Describe(SettingsCatalog catalog) => catalog
        .Add<EdgeOptions>("Edge")
        .Add<ClusterOptions>("Cluster")
        .Add<TelemetryOptions>("Telemetry")
        .Add<ServiceDefaults.LoggingOptions>("Logging", open: true);

    /// <summary>The printed form names the kind only: secrets and keys have no place in a log.</summary>
    public override string ToString() => nameof(EdgeSettings);
}
