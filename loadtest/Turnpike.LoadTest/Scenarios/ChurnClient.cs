using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>One client of a churn.</summary>
internal sealed class ChurnClient
{
    /// <summary>When its Allocate was due.</summary>
    public required long DueAt { get; init; }

    /// <summary>Whether that was in the measured time.</summary>
    public required bool IsMeasured { get; init; }

    /// <summary>Set when it is given an address.</summary>
    public Flow Flow { get; set; } = null!;

    /// <summary>Client transport addresses that it has had.</summary>
    public int Addresses { get; set; }

    /// <summary>When the allocation is to be deleted; null until it is granted.</summary>
    public long? DeleteAt { get; set; }

    /// <summary>The allocation is granted, and its deletion was not begun.</summary>
    public bool IsHeld { get; set; }
}
