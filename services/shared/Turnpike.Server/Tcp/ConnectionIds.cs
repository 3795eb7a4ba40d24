using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Turnpike.Server;

/// <summary>
/// The CONNECTION-IDs that one shard gives out. The client's data connection is another TCP connection and may arrive at any
/// shard, so an id says by itself which shard knows it: its remainder by the number of shards. All else of it is random.
/// </summary>
/// <param name="shard">The number of the shard, from 0.</param>
/// <param name="shards">How many shards there are, at least 1.</param>
public readonly struct ConnectionIds(int shard, int shards)
{
    /// <summary>The shard that gave an id out, if anybody did.</summary>
    /// <param name="connectionId">The id.</param>
    /// <param name="shards">How many shards there are.</param>
    public static int ShardOf(uint connectionId, int shards) => (int)(connectionId % (uint)shards);

    /// <summary>Another id, which cannot be guessed.</summary>
    internal uint Next()
    {
        Span<byte> random = stackalloc byte[sizeof(uint)];
        while (true)
        {
            RandomNumberGenerator.Fill(random);
            uint id = BinaryPrimitives.ReadUInt32BigEndian(random);
            uint count = Math.Max(1, (uint)shards);
            ulong moved = (ulong)id - (id % count) + (uint)shard;
            if (moved <= uint.MaxValue)
            {
                return (uint)moved;
            }
        }
    }
}
