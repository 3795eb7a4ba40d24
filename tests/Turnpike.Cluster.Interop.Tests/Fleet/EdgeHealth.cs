using Turnpike.Interop.Servers;

namespace Turnpike.Cluster.Interop.Fleet;

/// <summary>What an edge of a cluster says of itself.</summary>
internal static class EdgeHealth
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    /// <summary>Whether the edge is ready and yet misses the store.</summary>
    public static async Task<bool> IsDegradedAsync(this EdgeServer edge) =>
        (await Http.GetStringAsync(Ready(edge), TestContext.Current.CancellationToken)).Contains("degraded", StringComparison.Ordinal);

    /// <summary>The edge's own wall clock, to the second.</summary>
    public static async Task<DateTimeOffset> ClockAsync(this EdgeServer edge)
    {
        using HttpResponseMessage response = await Http.GetAsync(Ready(edge), TestContext.Current.CancellationToken);
        return response.Headers.Date ?? throw new InvalidOperationException("the answer has no date");
    }

    private static Uri Ready(EdgeServer edge) => new(edge.Management, "/health/ready");
}
