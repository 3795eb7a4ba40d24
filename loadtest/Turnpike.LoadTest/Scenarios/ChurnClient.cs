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

    /// <summary>The allocation had its channel or permission.</summary>
    public bool IsBound { get; set; }

    /// <summary>Whose packets they are, as stamps tell it; negative while it sends none.</summary>
    public int Number { get; set; } = -1;

    /// <summary>When its first packet was due.</summary>
    public long FirstPacketAt { get; set; }

    /// <summary>Nanoseconds from one packet to the next.</summary>
    public long PacketEvery { get; set; }

    /// <summary>When its last packet was sent.</summary>
    public long LastPacketAt { get; set; }

    public int PacketsSent { get; set; }

    /// <summary>A bit for each packet that came back.</summary>
    public ulong Answers { get; set; }
}
