namespace Turnpike.Fuzz;

/// <summary>
/// Marsaglia's xorshift64*: a run can be repeated from its printed seed, which is what a fuzzer wants and a nonce must not have.
/// </summary>
internal sealed class XorShift
{
    private ulong _state;

    // The all-zero state is the one that never leaves itself.
    public XorShift(ulong seed) => _state = seed == 0 ? 1 : seed;

    /// <summary>A number from 0 up to, not including, <paramref name="limit"/>, which is at least 1.</summary>
    public int Below(int limit)
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        ulong high = (_state * 0x2545_F491_4F6C_DD1D) >> 32;
        return (int)((high * (ulong)limit) >> 32);
    }
}
