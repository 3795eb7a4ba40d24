namespace Turnpike.Server;

/// <summary>
/// What one allocation has relayed since it began. The datagrams are plain fields that only the shard's thread writes; any thread may
/// read them at any time and sees a value that was true a moment ago. No count ever goes back.
/// </summary>
/// <remarks>
/// TCP connections with peers (RFC 6062) are relayed by other threads, and add their bytes in fields of their own; what one of them
/// had under way when its allocation ended may be added after that.
/// </remarks>
/// <param name="realm">What the realm's allocations have relayed, which all of it counts for too.</param>
public sealed class AllocationTraffic(RealmCounters realm)
{
    private long _datagramBytesToPeers;
    private long _datagramBytesToClients;
    private long _streamBytesToPeers;
    private long _streamBytesToClients;

    /// <summary>Datagrams from the client to peers.</summary>
    public long PacketsToPeers { get; private set; }

    /// <summary>Datagrams from peers to the client.</summary>
    public long PacketsToClients { get; private set; }

    /// <summary>Payload bytes from the client to peers.</summary>
    public long BytesToPeers => _datagramBytesToPeers + Interlocked.Read(ref _streamBytesToPeers);

    /// <summary>Payload bytes from peers to the client.</summary>
    public long BytesToClients => _datagramBytesToClients + Interlocked.Read(ref _streamBytesToClients);

    /// <summary>Counts bytes that went to a peer over TCP. Thread-safe.</summary>
    /// <param name="bytes">How many.</param>
    public void AddToPeers(long bytes)
    {
        Interlocked.Add(ref _streamBytesToPeers, bytes);
        realm.AddToPeers(bytes);
    }

    /// <summary>Counts bytes that came from a peer over TCP. Thread-safe.</summary>
    /// <param name="bytes">How many.</param>
    public void AddToClients(long bytes)
    {
        Interlocked.Add(ref _streamBytesToClients, bytes);
        realm.AddToClients(bytes);
    }

    /// <summary>Counts a datagram that goes to a peer.</summary>
    /// <param name="channel">Whether it came as ChannelData; else, as a Send indication.</param>
    /// <param name="length">Payload bytes.</param>
    internal void CountToPeer(bool channel, int length)
    {
        PacketsToPeers++;
        _datagramBytesToPeers += length;
        realm.CountToPeer(channel, length);
    }

    /// <summary>Counts a datagram that goes to the client.</summary>
    /// <param name="channel">Whether it goes as ChannelData; else, as a Data indication.</param>
    /// <param name="length">Payload bytes.</param>
    internal void CountToClient(bool channel, int length)
    {
        PacketsToClients++;
        _datagramBytesToClients += length;
        realm.CountToClient(channel, length);
    }
}
