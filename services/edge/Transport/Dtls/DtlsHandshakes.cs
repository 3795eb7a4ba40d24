using Turnpike.ServiceDefaults.Tls;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>What the handshakes of all shards share: their number, the processors they may use, the certificate.</summary>
/// <param name="certificate">The certificate that is in force when a handshake begins.</param>
/// <param name="limit">Handshakes in progress at once.</param>
/// <param name="timeoutMilliseconds">How long one may take.</param>
internal sealed class DtlsHandshakes(Func<TlsCertificate> certificate, int limit, int timeoutMilliseconds)
{
    private int _count;

    public TlsCertificate Certificate => certificate();

    public int TimeoutMilliseconds { get; } = timeoutMilliseconds;

    /// <summary>A quarter of all for one address, so that one host cannot keep everybody else out by never finishing.</summary>
    public int LimitPerAddress { get; } = Math.Max(1, limit / 4);

    /// <summary>Handshakes in progress now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Handshakes that compute at once: half the processors, since the shards need them too.</summary>
    public SemaphoreSlim Work { get; } = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>Takes a place; false when all are taken.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref _count);
        return false;
    }

    /// <summary>Gives a place back.</summary>
    public void Leave() => Interlocked.Decrement(ref _count);
}
