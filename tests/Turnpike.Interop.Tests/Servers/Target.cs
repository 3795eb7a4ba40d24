namespace Turnpike.Interop.Servers;

/// <summary>
/// Which server the scenarios run against: the published edge, or, with <c>TURNPIKE_INTEROP_TARGET=coturn</c>, Debian's coturn,
/// which shows that a scenario asks for nothing that another TURN server would not do.
/// </summary>
public static class Target
{
    /// <summary>Why a test that asks for the edge's own features does not run against coturn.</summary>
    internal const string EdgeOnly = "only the edge has what this test looks at";

    /// <summary>True unless the scenarios were pointed at coturn.</summary>
    public static bool IsEdge { get; } = Environment.GetEnvironmentVariable("TURNPIKE_INTEROP_TARGET") switch
    {
        null or "" or "edge" => true,
        "coturn" => false,
        string other => throw new InvalidOperationException($"TURNPIKE_INTEROP_TARGET is edge or coturn, not '{other}'"),
    };

    internal static async Task<TurnServer> StartAsync(ServerSettings settings) =>
        IsEdge ? await EdgeServer.StartAsync(settings) : await CoturnServer.StartAsync(settings);
}
