using Turnpike.ControlPlane.Options;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Standalone.Options;

/// <summary>The checked settings: those of the edge, of the control plane, and the store's.</summary>
public sealed record StandaloneSettings
{
    public required EdgeSettings Edge { get; init; }

    public required ControlPlaneSettings ControlPlane { get; init; }

    /// <summary>The token that was made for this start; null where the operator said who may call.</summary>
    public required string? OperatorToken { get; init; }

    /// <summary>A port of 127.0.0.1 that was free when the settings were read.</summary>
    public required int StorePort { get; init; }

    public required string StorePassword { get; init; }

    /// <summary>The password was made for this start, so nobody else knows it.</summary>
    public required bool StorePasswordIsNew { get; init; }

    /// <summary>Bytes.</summary>
    public required long StoreMemory { get; init; }

    /// <summary>Every setting of the standalone executable.</summary>
    public static SettingsCatalog Catalog { get; } = EdgeSettings.Describe(
        new SettingsCatalog().Add<StandaloneOptions>("Standalone").Add<ControlPlaneOptions>("ControlPlane"));

    /// <summary>The printed form names the kind only: secrets have no place in a log.</summary>
    public override string ToString() => nameof(StandaloneSettings);
}
