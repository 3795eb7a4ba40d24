using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:Metrics</c>.</summary>
public sealed class MetricsOptions : ISettingsSection
{
    /// <summary>Default 100: some six series each, which Prometheus keeps for every edge.</summary>
    [Setting("Realms that have metrics of their own, the first ones that this process sees; the others are counted together as other")]
    [Range(1, 10_000)]
    public int Realms { get; init; } = 100;
}
