namespace Turnpike.Edge.Transport.Dtls;

/// <summary>Which of the last 64 record numbers have been seen (RFC 6347 section 4.1.2.6).</summary>
internal struct ReplayWindow
{
    private const int Width = 64;

    private ulong _next; // one above the highest number seen; 0 before the first
    private ulong _seen; // bit n: the number _next - 1 - n

    /// <summary>Whether a record with this number would be a repetition, or is too old to say.</summary>
    public readonly bool Refuses(ulong sequence)
    {
        if (sequence >= _next)
        {
            return false;
        }

        ulong age = _next - 1 - sequence;
        return age >= Width || (_seen & (1UL << (int)age)) != 0;
    }

    /// <summary>Notes a number whose record has been authenticated.</summary>
    public void Note(ulong sequence)
    {
        if (sequence >= _next)
        {
            ulong by = sequence + 1 - _next;
            _seen = by >= Width ? 1 : (_seen << (int)by) | 1;
            _next = sequence + 1;
        }
        else
        {
            _seen |= 1UL << (int)(_next - 1 - sequence);
        }
    }
}
