namespace Turnpike.Cluster.Interop.Calls;

/// <summary>How calls behave: by default as voice does, with everything refreshed every few seconds, so that a fault meets refreshes.</summary>
internal sealed record CallSettings
{
    /// <summary>Calls in all, shared out over the edges one after the other.</summary>
    public int Calls { get; init; } = 50;

    /// <summary>Packets a second of each call, each way.</summary>
    public int PacketsPerSecond { get; init; } = 20;

    public int PayloadBytes { get; init; } = 160;

    public long BytesPerSecond => 2L * Calls * PacketsPerSecond * PayloadBytes;

    public TimeSpan RefreshEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>From one ChannelBind to the next, which renews the permission too.</summary>
    public TimeSpan RebindEvery { get; init; } = TimeSpan.FromSeconds(3);
}
