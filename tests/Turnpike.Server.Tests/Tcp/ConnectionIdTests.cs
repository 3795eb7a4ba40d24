using CsCheck;

namespace Turnpike.Server.Tests;

/// <summary>CONNECTION-IDs: unpredictable, and each tells its shard.</summary>
public class ConnectionIdTests
{
    [Fact]
    public void An_id_leads_to_the_shard_that_gave_it() =>
        Gen.Int[1, 256].SelectMany(shards => Gen.Int[0, shards - 1].Select(shard => (shard, shards))).Sample(pair =>
        {
            (int shard, int shards) = pair;
            var ids = new ConnectionIds(shard, shards);
            for (int i = 0; i < 20; i++)
            {
                Assert.Equal(shard, ConnectionIds.ShardOf(ids.Next(), shards));
            }
        });

    [Fact]
    public void Every_bit_of_an_id_is_as_often_set_as_not()
    {
        const int Count = 20_000;
        var ids = new ConnectionIds(0, 1);
        int[] set = new int[32];
        for (int i = 0; i < Count; i++)
        {
            uint id = ids.Next();
            for (int bit = 0; bit < 32; bit++)
            {
                set[bit] += (int)(id >> bit) & 1;
            }
        }

        // Seven standard deviations of a fair coin: sqrt(20 000) / 2 is 71.
        Assert.All(set, count => Assert.InRange(count, (Count / 2) - 500, (Count / 2) + 500));
    }

    [Fact]
    public void No_two_of_a_hundred_thousand_follow_each_other()
    {
        var ids = new ConnectionIds(0, 1);
        uint last = ids.Next();
        int near = 0;
        for (int i = 0; i < 100_000; i++)
        {
            uint id = ids.Next();
            near += Math.Abs((long)id - last) < 16 ? 1 : 0;
            last = id;
        }

        Assert.InRange(near, 0, 3);
    }
}
