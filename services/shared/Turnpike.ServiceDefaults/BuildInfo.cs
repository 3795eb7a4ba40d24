using System.Diagnostics.Metrics;

namespace Turnpike.ServiceDefaults;

/// <summary>The metric <c>turnpike_build_info</c>: always 1, its labels say what runs.</summary>
internal sealed class BuildInfo
{
    public BuildInfo(IMeterFactory meters, ServiceIdentity identity)
    {
        Measurement<int> measurement = new(
            1,
            new("version", identity.Version),
            new("revision", identity.Revision),
            new("service", identity.Service));
        meters.Create("Turnpike").CreateObservableGauge(
            "turnpike.build_info", () => measurement, description: "Always 1; the labels say which build runs");
    }
}
