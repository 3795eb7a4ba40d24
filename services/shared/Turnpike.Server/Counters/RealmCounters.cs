namespace Turnpike.Server;

/// <summary>How something was relayed.</summary>
public enum RelayPath : byte
{
    /// <summary>ChannelData on the client's side.</summary>
    Channel,

    /// <summary>Send and Data indications on the client's side.</summary>
    Indication,

    /// <summary>A TCP connection of its own (RFC 6062), which has bytes and no packets.</summary>
    Connection,
}

/// <summary>What has been relayed.</summary>
/// <param name="Packets">Datagrams.</param>
/// <param name="Bytes">Payload bytes.</param>
public readonly record struct Relayed(long Packets, long Bytes)
{
    /// <summary>Both together.</summary>
    public static Relayed operator +(Relayed one, Relayed other) => new(one.Packets + other.Packets, one.Bytes + other.Bytes);
}

/// <summary>
/// What the allocations of one realm hold and have relayed in one shard. Plain fields that only the shard's thread writes, but for the
/// bytes of TCP connections, which other threads add.
/// </summary>
/// <param name="name">The realm.</param>
public sealed class RealmCounters(string name)
{
    private Count _channelToPeers;
    private Count _channelToClients;
    private Count _indicationToPeers;
    private Count _indicationToClients;
    private long _streamBytesToPeers;
    private long _streamBytesToClients;

    /// <summary>The realm; <see cref="CountedRealms.Other"/> for those that are not counted by name.</summary>
    public string Name { get; } = name;

    /// <summary>Allocations that live now.</summary>
    public long Allocations { get; internal set; }

    /// <summary>What was refused because of a limit.</summary>
    public long QuotaRejections { get; internal set; }

    /// <summary>From clients to peers.</summary>
    /// <param name="path">By which way.</param>
    public Relayed ToPeers(RelayPath path) => path switch
    {
        RelayPath.Channel => _channelToPeers.Value,
        RelayPath.Indication => _indicationToPeers.Value,
        _ => new Relayed(0, Interlocked.Read(ref _streamBytesToPeers)),
    };

    /// <summary>From peers to clients.</summary>
    /// <param name="path">By which way.</param>
    public Relayed ToClients(RelayPath path) => path switch
    {
        RelayPath.Channel => _channelToClients.Value,
        RelayPath.Indication => _indicationToClients.Value,
        _ => new Relayed(0, Interlocked.Read(ref _streamBytesToClients)),
    };

    internal void CountToPeer(bool channel, int length) => (channel ? ref _channelToPeers : ref _indicationToPeers).Add(length);

    internal void CountToClient(bool channel, int length) => (channel ? ref _channelToClients : ref _indicationToClients).Add(length);

    internal void AddToPeers(long bytes) => Interlocked.Add(ref _streamBytesToPeers, bytes);

    internal void AddToClients(long bytes) => Interlocked.Add(ref _streamBytesToClients, bytes);

    private struct Count
    {
        private long _packets;
        private long _bytes;

        public readonly Relayed Value => new(_packets, _bytes);

        public void Add(int length)
        {
            _packets++;
            _bytes += length;
        }
    }
}
