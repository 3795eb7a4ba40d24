namespace Turnpike.ServiceDefaults;

/// <summary>Why a service is not ready or not alive; null when it is. Asked at every probe, so it answers from memory.</summary>
public interface IServiceHealth
{
    /// <summary>One sentence; null when traffic may come.</summary>
    string? NotReadyReason { get; }

    /// <summary>One sentence; null unless only a restart helps.</summary>
    string? NotAliveReason { get; }

    /// <summary>One sentence; null unless it serves with less than it should have.</summary>
    string? DegradedReason => null;
}
