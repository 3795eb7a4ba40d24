using Turnpike.Protocol;

namespace Turnpike.LoadTest.Turn;

/// <summary>
/// One request over UDP with the retransmissions of RFC 8489 section 6.2.1: RTO 500 ms, doubled each time. Four
/// transmissions, as an operator should not wait 40 s to learn that nobody answers; over a stream one, which is given as
/// much time (section 6.2.2). Times are nanoseconds.
/// </summary>
internal sealed class TurnTransaction
{
    public const long InitialTimeout = 500_000_000;
    public const int Transmissions = 4;
    public const long ReliableTimeout = InitialTimeout * ((1 << Transmissions) - 1);

    private readonly byte[] _request = new byte[2048];
    private int _length;
    private TransactionId _id;
    private int _sent;
    private int _limit;
    private long _nextAt;
    private long _timeout;

    public bool IsOpen { get; private set; }

    /// <summary>Over a stream: nothing is sent again.</summary>
    public bool IsReliable { get; set; }

    /// <summary>Memory for the next request; <see cref="Begin"/> takes it over.</summary>
    public Span<byte> Buffer => _request;

    public void Begin(int length, in TransactionId id, long now)
    {
        _length = length;
        _id = id;
        _sent = 0;
        _nextAt = now;
        _limit = IsReliable ? 1 : Transmissions;
        _timeout = IsReliable ? ReliableTimeout : InitialTimeout;
        IsOpen = true;
    }

    public bool Answers(in StunMessage message) => IsOpen && message.TransactionId.Equals(_id);

    public void Close() => IsOpen = false;

    /// <summary>True once the last transmission has stayed unanswered for its time.</summary>
    public bool TimedOut(long now) => IsOpen && _sent == _limit && now >= _nextAt;

    /// <summary>The request when a transmission is due, else nothing.</summary>
    public ReadOnlySpan<byte> TakeDue(long now)
    {
        if (!IsOpen || _sent == _limit || now < _nextAt)
        {
            return default;
        }

        _sent++;
        _nextAt = now + _timeout;
        _timeout *= 2;
        return _request.AsSpan(0, _length);
    }
}
