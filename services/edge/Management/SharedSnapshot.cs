namespace Turnpike.Edge.Management;

/// <summary>
/// One reading of the relay for all instruments of a scrape. Instruments are asked one by one and nobody says where a scrape
/// begins; but the same instrument asking again does.
/// </summary>
internal sealed class SharedSnapshot(Func<RelaySnapshot> read, TimeProvider time)
{
    // Two collectors that ask for different instruments must not be given each other's old numbers; a scrape takes less than this.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);
    private readonly Lock _reading = new();
    private RelaySnapshot? _current;
    private long _readAt;
    private ulong _served;

    /// <summary>The snapshot for an instrument, read anew when it has had the current one.</summary>
    /// <param name="instrument">0 to 63.</param>
    public RelaySnapshot For(int instrument)
    {
        lock (_reading)
        {
            ulong bit = 1UL << instrument;
            if (_current is null || (_served & bit) != 0 || time.GetElapsedTime(_readAt) > Longest)
            {
                _current = read();
                _readAt = time.GetTimestamp();
                _served = 0;
            }
            _served |= bit;
            return _current;
        }
    }
}
