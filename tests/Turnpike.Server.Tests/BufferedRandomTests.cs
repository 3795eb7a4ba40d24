namespace Turnpike.Server.Tests;

public sealed class BufferedRandomTests
{
    private readonly BufferedRandom _random = new();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64_511)]
    [InlineData(int.MaxValue)]
    public void A_number_is_below_its_bound(int bound)
    {
        for (int i = 0; i < 1000; i++)
        {
            Assert.InRange(_random.Below(bound), 0, bound - 1);
        }
    }

    [Fact]
    public void Every_number_is_as_likely_as_the_others()
    {
        const int Bound = 10;
        const int Draws = 100_000;
        int[] counts = new int[Bound];
        for (int i = 0; i < Draws; i++)
        {
            counts[_random.Below(Bound)]++;
        }

        // Ten standard deviations: of a fair draw no machine will see them.
        double deviation = Math.Sqrt(Draws * (1.0 / Bound) * (1 - (1.0 / Bound)));
        Assert.All(counts, count => Assert.InRange(count, (Draws / Bound) - (10 * deviation), (Draws / Bound) + (10 * deviation)));
    }

    [Fact]
    public void No_bytes_are_given_twice()
    {
        var seen = new HashSet<string>();
        for (int i = 0; i < 5 * BufferedRandom.Capacity / 16; i++)
        {
            Assert.True(seen.Add(Convert.ToHexString(_random.Next(16))));
        }

        Assert.Equal(BufferedRandom.Capacity, _random.Next(BufferedRandom.Capacity).Length);
    }
}
