using System.Buffers.Binary;

namespace Turnpike.Cluster;

/// <summary>What was relayed, in one place and time. Bytes and packets count the application's data, without TURN's and lower headers.</summary>
public readonly record struct UsageAmount
{
    /// <summary>Six doubles, as <c>usage-flush.lua</c> reads them: exact for whole numbers up to 2^53.</summary>
    internal const int Size = 6 * sizeof(double);

    /// <summary>Bytes relayed from clients to peers.</summary>
    public long BytesToPeers { get; init; }

    /// <summary>Bytes relayed from peers to clients.</summary>
    public long BytesToClients { get; init; }

    /// <summary>Datagrams relayed from clients to peers; what RFC 6062 relays has none.</summary>
    public long PacketsToPeers { get; init; }

    /// <summary>Datagrams relayed from peers to clients.</summary>
    public long PacketsToClients { get; init; }

    /// <summary>Allocations that began.</summary>
    public long Allocations { get; init; }

    /// <summary>Seconds that allocations lived, added up.</summary>
    public long AllocationSeconds { get; init; }

    /// <summary>Bytes in both directions: what byte quotas count.</summary>
    public long Bytes => BytesToPeers + BytesToClients;

    internal bool IsNegative =>
        (BytesToPeers | BytesToClients | PacketsToPeers | PacketsToClients | Allocations | AllocationSeconds) < 0;

    /// <summary>Adds each of the numbers.</summary>
    public static UsageAmount operator +(UsageAmount left, UsageAmount right) => new()
    {
        BytesToPeers = left.BytesToPeers + right.BytesToPeers,
        BytesToClients = left.BytesToClients + right.BytesToClients,
        PacketsToPeers = left.PacketsToPeers + right.PacketsToPeers,
        PacketsToClients = left.PacketsToClients + right.PacketsToClients,
        Allocations = left.Allocations + right.Allocations,
        AllocationSeconds = left.AllocationSeconds + right.AllocationSeconds,
    };

    internal byte[] Encode()
    {
        var bytes = new byte[Size];
        ReadOnlySpan<long> numbers = [BytesToPeers, BytesToClients, PacketsToPeers, PacketsToClients, Allocations, AllocationSeconds];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteDoubleBigEndian(bytes.AsSpan(i * sizeof(double)), numbers[i]);
        }
        return bytes;
    }

    /// <summary>Reads what the store keeps; nothing there is nothing used.</summary>
    internal static UsageAmount Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return default;
        }
        return new UsageAmount
        {
            BytesToPeers = Number(bytes, 0),
            BytesToClients = Number(bytes, 1),
            PacketsToPeers = Number(bytes, 2),
            PacketsToClients = Number(bytes, 3),
            Allocations = Number(bytes, 4),
            AllocationSeconds = Number(bytes, 5),
        };
    }

    private static long Number(ReadOnlySpan<byte> bytes, int place) =>
        (long)BinaryPrimitives.ReadDoubleBigEndian(bytes[(place * sizeof(double))..]);
}
