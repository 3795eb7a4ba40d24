using System.Text;
using Turnpike.Cluster;
using Turnpike.Edge.Cluster;
using Turnpike.Server;

namespace Turnpike.Edge.Tests.Cluster;

public sealed class SecretRingTests
{
    private static readonly byte[] Own = Encoding.ASCII.GetBytes("the-edges-own-secret");
    private static readonly RealmSecret First = new("a", Encoding.ASCII.GetBytes("the-first-secret-of-all"), 1000, 3000);
    private static readonly RealmSecret Second = new("b", Encoding.ASCII.GetBytes("the-second-secret-of-all"), 2000, long.MaxValue);

    [Fact]
    public void A_secret_is_valid_from_its_beginning_to_its_end()
    {
        SecretRing ring = Ring([], First);
        Assert.Null(ring.Find("a", 939));
        Assert.NotNull(ring.Find("a", 940)); // an issuer's clock may be a minute ahead
        Assert.NotNull(ring.Find("a", 2999));
        Assert.Null(ring.Find("a", 3000));
        Assert.Null(ring.Find("b", 2500));
    }

    [Fact]
    public void What_is_valid_together_changes_with_each_beginning_and_end()
    {
        SecretRing ring = Ring([], First, Second);
        Assert.Null(ring.At(0));
        string first = ring.At(1500)!.Mark;
        string both = ring.At(2500)!.Mark;
        string second = ring.At(3500)!.Mark;
        Assert.Equal(3, new HashSet<string> { first, both, second }.Count);
        Assert.Equal(first, ring.At(1500)!.Mark);
        Assert.Same(ring.At(1500), ring.At(1501));
    }

    [Fact]
    public void The_edges_own_secrets_are_valid_beside_those_of_the_cluster()
    {
        SecretRing ring = Ring([Own], First);
        Assert.NotNull(ring.At(0));
        Assert.NotEqual(ring.At(0)!.Mark, ring.At(1500)!.Mark);
        Assert.False(ring.IsEmpty);
        Assert.True(Ring([]).IsEmpty);
    }

    [Fact]
    public void A_mark_holds_as_long_as_its_secret()
    {
        SecretRing ring = Ring([], First, Second);
        string mark = ring.Find("a", 1500)!.Mark;
        Assert.True(ring.Holds(mark, 2999));
        Assert.False(ring.Holds(mark, 3000));
        Assert.False(Ring([], Second).Holds(mark, 2500));
        Assert.False(Ring([], First with { Value = Second.Value }).Holds(mark, 1500));
    }

    private static SecretRing Ring(byte[][] own, params RealmSecret[] shared) =>
        new(own, shared, secrets => new RestCredentials("turnpike", secrets));
}
