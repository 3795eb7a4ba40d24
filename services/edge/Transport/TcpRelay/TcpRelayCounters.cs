namespace Turnpike.Edge.Transport.TcpRelay;

/// <summary>What has been relayed over TCP. Written by the connections, which live on the thread pool.</summary>
internal sealed class TcpRelayCounters
{
    private long _bytesToPeers;
    private long _bytesToClients;
    private long _connections;

    /// <summary>Bytes from clients to peers.</summary>
    public long BytesToPeers => Interlocked.Read(ref _bytesToPeers);

    /// <summary>Bytes from peers to clients.</summary>
    public long BytesToClients => Interlocked.Read(ref _bytesToClients);

    /// <summary>Connections with peers that are open or being made now.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    public void AddToPeers(int bytes) => Interlocked.Add(ref _bytesToPeers, bytes);

    public void AddToClients(int bytes) => Interlocked.Add(ref _bytesToClients, bytes);

    public void Opened() => Interlocked.Increment(ref _connections);

    public void Closed() => Interlocked.Decrement(ref _connections);
}
