using System.Diagnostics.Metrics;

namespace Turnpike.ServiceDefaults;

/// <summary>A metric that is always 1, whose labels say what runs.</summary>
public static class BuildInfo
{
    /// <summary>Adds the metric.</summary>
    /// <param name="meters">The host's meters.</param>
    /// <param name="part">The part of the product: <c>edge</c> makes <c>turnpike_edge_build_info</c>.</param>
    /// <param name="identity">The build.</param>
    public static void Add(IMeterFactory meters, string part, ServiceIdentity identity)
    {
        Measurement<int> measurement = new(
            1,
            new("version", identity.Version),
            new("commit", identity.Revision),
            new("runtime", $"{Environment.Version}"));
        meters.Create("Turnpike").CreateObservableGauge(
            $"turnpike.{part}.build_info", () => measurement, description: "Always 1; the labels say which build runs, and on which .NET");
    }
}
