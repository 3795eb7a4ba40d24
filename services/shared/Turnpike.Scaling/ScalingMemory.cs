using System.Text.Json;

namespace Turnpike.Scaling;

/// <summary>What is remembered from one decision to the next; written and read as JSON, so that whoever decides next goes on from it.</summary>
public sealed record ScalingMemory
{
    /// <summary>Nothing was decided yet.</summary>
    public static ScalingMemory Empty { get; } = new();

    /// <summary>Recommendations of the scale-down window that no later one exceeds, oldest first.</summary>
    public IReadOnlyList<RememberedNumber> Highs { get; init; } = [];

    /// <summary>Recommendations of the scale-up window that no later one undercuts, oldest first.</summary>
    public IReadOnlyList<RememberedNumber> Lows { get; init; } = [];

    /// <summary>Changes of the edges in service that were seen, oldest first: what the rate policies count.</summary>
    public IReadOnlyList<RememberedNumber> Changes { get; init; } = [];

    /// <summary>Edges in service when the last decision was made; null: none was.</summary>
    public int? InService { get; init; }

    /// <summary>How the load grows; null: not known yet.</summary>
    public LoadTrend? Trend { get; init; }

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ScalingJson.Default.ScalingMemory);

    /// <summary>Reads it; what cannot be read is nothing that is remembered.</summary>
    public static ScalingMemory FromJson(string? json) => ScalingJson.Read(json, ScalingJson.Default.ScalingMemory) ?? Empty;
}

/// <summary>A number and when it was.</summary>
/// <param name="At">When.</param>
/// <param name="Value">The number.</param>
public readonly record struct RememberedNumber(DateTimeOffset At, int Value);

/// <summary>How the load of the whole fleet grows.</summary>
/// <param name="At">When it was last looked at.</param>
/// <param name="Load">The load then.</param>
/// <param name="Growth">Its growth a second, smoothed.</param>
public sealed record LoadTrend(DateTimeOffset At, Figures Load, Figures Growth);
