using System.Net;
using Turnpike.Cluster;
using Turnpike.ControlPlane.Authorization;
using Turnpike.Protocol;
using Turnpike.Scaling;
using Turnpike.ServiceDefaults.Settings;
using Turnpike.ServiceDefaults.Telemetry;
using Turnpike.ServiceDefaults.Tls;

namespace Turnpike.ControlPlane.Options;

/// <summary>The checked settings: parsed, consistent and immutable.</summary>
public sealed record ControlPlaneSettings
{
    public required IPEndPoint Grpc { get; init; }

    public required IPEndPoint Http { get; init; }

    public required string DefaultRealm { get; init; }

    public required AccessList Access { get; init; }

    public required ControlPlaneOptions Options { get; init; }

    public required ClusterOptions Cluster { get; init; }

    /// <summary>How the fleet is scaled.</summary>
    public required ScalingPolicy Scaling { get; init; }

    /// <summary>Whose X-Forwarded-For is believed.</summary>
    public required IReadOnlyList<IPNetwork> TrustedProxies { get; init; }

    /// <summary>Both ports speak TLS where they are set; else neither does.</summary>
    public required TlsFiles Tls { get; init; }

    /// <summary>Special-purpose ranges that webhooks may lead into.</summary>
    public required IReadOnlyList<AddressRange> WebhookRanges { get; init; }

    /// <summary>What the scaler acts on; null: nothing on Kubernetes is touched.</summary>
    public KubernetesSettings? Kubernetes { get; init; }

    /// <summary>What is exported over OTLP.</summary>
    public TelemetrySettings Telemetry { get; init; } = TelemetrySettings.Off;

    /// <summary>Things that work and are unwise, one line each, to be logged at the start.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Every setting of the control plane.</summary>
    public static SettingsCatalog Catalog { get; } = new SettingsCatalog()
        .Add<ControlPlaneOptions>("ControlPlane")
        .Add<ClusterOptions>("Cluster")
        .Add<TelemetryOptions>("Telemetry")
        .Add<ServiceDefaults.LoggingOptions>("Logging", open: true);

    /// <summary>The printed form names the kind only: secrets and hashes have no place in a log.</summary>
    public override string ToString() => nameof(ControlPlaneSettings);
}
