using Turnpike.Edge.Cluster;

namespace Turnpike.Edge.Tests.Cluster;

public sealed class FairSharesTests
{
    [Theory]
    [InlineData(900, new long[] { 100, 200, 300 }, new long[] { 200, 300, 400 })]
    [InlineData(900, new long[] { 100, long.MaxValue, long.MaxValue }, new long[] { 100, 400, 400 })]
    [InlineData(900, new long[] { long.MaxValue, 350, long.MaxValue }, new long[] { 300, 300, 300 })]
    [InlineData(900, new long[] { long.MaxValue }, new long[] { 900 })]
    [InlineData(900, new long[] { 0, 0, 0 }, new long[] { 300, 300, 300 })]
    [InlineData(0, new long[] { 5, 5 }, new long[] { 1, 1 })]
    [InlineData(900, new long[] { }, new long[] { })]
    public void Who_wants_less_than_an_equal_part_gets_it_and_the_others_share_the_rest(long total, long[] demands, long[] expected)
    {
        long[] shares = new long[demands.Length];
        FairShares.Divide(total, demands, shares);
        Assert.Equal(expected, shares);
    }
}
