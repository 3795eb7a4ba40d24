using Turnpike.Server;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>What came of a record.</summary>
internal enum RecordOutcome
{
    /// <summary>Not of this session, repeated, or forged: to be dropped in silence (RFC 6347 section 4.1.2.7).</summary>
    Refused,

    /// <summary>Plaintext for the server.</summary>
    Data,

    /// <summary>The client repeats its last flight: it has not seen the server's.</summary>
    LastFlightRepeated,

    /// <summary>The client ends the session, by close_notify or a fatal alert.</summary>
    Closed,

    /// <summary>Authentic, and nothing to be done about it.</summary>
    Ignored,
}

/// <summary>
/// A client's DTLS 1.2 session behind its handshake: opens and makes the records of epoch 1, on the shard's thread, without waiting
/// and without allocation.
/// </summary>
internal sealed class DtlsSession : IDisposable
{
    private const ushort Epoch = 1;
    private const ulong MaxSequence = (1UL << 48) - 1;
    private const byte FinishedType = 20;
    private const byte FatalLevel = 2;
    private const byte CloseNotify = 0;

    private readonly RecordProtection _protection;
    private readonly byte[] _clientRandom;
    private ReplayWindow _window;
    private ulong _nextSequence;

    public DtlsSession(DtlsHandshake handshake, long now)
    {
        Client = handshake.Client;
        FiveTuple = Client.FiveTuple();
        FinalFlight = handshake.FinalFlight;
        HeardAt = now;
        _protection = handshake.Protection!;
        _clientRandom = handshake.ClientRandom;
        _nextSequence = handshake.NextSequence;
    }

    public DtlsClient Client { get; private set; }

    public FiveTuple FiveTuple { get; private set; }

    /// <summary>The shard that its datagrams arrive at, where another one has it (RFC 8016); else null.</summary>
    public MovedSessions? Home { get; set; }

    /// <summary>When the last authentic record came, in milliseconds.</summary>
    public long HeardAt { get; private set; }

    /// <summary>The server's last flight, until the client has shown that it has it (RFC 6347 section 4.2.4).</summary>
    public IReadOnlyList<byte[]> FinalFlight { get; private set; }

    /// <summary>Bytes of a record beyond its plaintext.</summary>
    public int Overhead => _protection.Overhead;

    /// <summary>Takes its place in a shard: the listener to send by, and the path that leads to the session.</summary>
    public void Settle(DtlsClient client, int path)
    {
        Client = client;
        FiveTuple = client.FiveTuple(path);
    }

    /// <summary>
    /// Whether the session came from the ClientHello with this random: one that arrives again is late, not new. Any shard may ask.
    /// </summary>
    public bool CameFrom(in ClientHello hello) => hello.Random.SequenceEqual(_clientRandom);

    /// <summary>Opens a record in place. A refused one is spoilt: whoever needs its bytes otherwise keeps a copy.</summary>
    public RecordOutcome Open(scoped in DtlsRecord record, Span<byte> bytes, long now, out Span<byte> plaintext)
    {
        plaintext = default;
        if (record.Epoch != Epoch
            || record.Version != DtlsRecord.Version12
            || _window.Refuses(record.Sequence)
            || !_protection.TryOpen(record, bytes, out plaintext))
        {
            return RecordOutcome.Refused;
        }

        _window.Note(record.Sequence);
        HeardAt = now;
        switch (record.Type)
        {
            case ContentType.ApplicationData:
                FinalFlight = [];
                return RecordOutcome.Data;
            case ContentType.Handshake when plaintext is [FinishedType, ..]:
                return RecordOutcome.LastFlightRepeated;
            case ContentType.Alert when plaintext is [FatalLevel, _] or [_, CloseNotify]:
                return RecordOutcome.Closed;
            default:
                return RecordOutcome.Ignored; // a warning, or a wish to renegotiate, which RFC 5246 section 7.4.1.1 lets a server ignore
        }
    }

    /// <summary>Makes the next record. False when the numbers are used up, after which nothing more can be sent.</summary>
    public bool TrySeal(ContentType type, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        if (_nextSequence > MaxSequence)
        {
            return false;
        }

        _protection.Seal(type, Epoch, _nextSequence++, plaintext, destination);
        return true;
    }

    public void Dispose() => _protection.Dispose();
}
