namespace Turnpike.Cluster;

/// <summary>What one read of a realm's log brought.</summary>
/// <param name="Events">Oldest first; empty: nothing new.</param>
/// <param name="Token">Where to go on; null: there is no log yet, go on without a token.</param>
/// <param name="Missed">Entries after the token that are no longer there, or that this version cannot read.</param>
/// <param name="Lost">
/// The store lost the log that the token was of. Reading went on with the oldest entry of the new one; how many of the old
/// one are lost cannot be known, <paramref name="Missed"/> counts those of the new one.
/// </param>
public sealed record EventPage(IReadOnlyList<ClusterEvent> Events, string? Token, long Missed, bool Lost)
{
    /// <summary>For each of the events, where to go on after it.</summary>
    public IReadOnlyList<string> Tokens { get; init; } = [];
}
