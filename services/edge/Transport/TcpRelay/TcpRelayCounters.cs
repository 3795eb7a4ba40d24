namespace Turnpike.Edge.Transport.TcpRelay;

/// <summary>What is being relayed over TCP. Written by the connections, which live on the thread pool.</summary>
internal sealed class TcpRelayCounters
{
    private long _connections;

    /// <summary>Connections with peers that are open or being made now.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    public void Opened() => Interlocked.Increment(ref _connections);

    public void Closed() => Interlocked.Decrement(ref _connections);
}
