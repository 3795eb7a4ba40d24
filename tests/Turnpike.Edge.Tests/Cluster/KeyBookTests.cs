using Turnpike.Cluster;
using Turnpike.Edge.Cluster;
using Turnpike.Edge.Transport;

namespace Turnpike.Edge.Tests.Cluster;

public sealed class KeyBookTests
{
    private static readonly ClusterKey Old = new(7, [1], 1000);
    private static readonly ClusterKey New = new(9, [2], 2000);

    [Fact]
    public void Until_the_clusters_keys_are_known_a_local_one_is_used() => Assert.Single(new KeyBook(3600).At(0).Nonce);

    [Fact]
    public void The_local_key_verifies_for_one_nonce_lifetime_after_the_clusters_keys_are_known()
    {
        KeyBook book = new(nonceLifetime: 3600);
        byte[] local = book.At(0).Nonce[0].Secret;
        book.Use(new ClusterKeyRing([Old], [Old]), unixNow: 5000);
        Assert.Equal([Old.Secret, local], book.At(5000).Nonce.Select(key => key.Secret));
        Assert.Equal([Old.Secret, local], book.At(8599).Nonce.Select(key => key.Secret));
        Assert.Equal([Old.Secret], book.At(8600).Nonce.Select(key => key.Secret));
    }

    [Fact]
    public void The_local_ticket_key_opens_tickets_as_long_as_the_process_lives()
    {
        KeyBook book = new(3600);
        byte[] local = book.At(0).Ticket[0].Secret;
        book.Use(new ClusterKeyRing([Old], [Old]), unixNow: 5000);
        Assert.Equal([Old.Secret, local], book.At(1_000_000).Ticket.Select(key => key.Secret));
    }

    [Fact]
    public void A_key_signs_from_its_time_on_and_verifies_before()
    {
        KeyBook book = new(nonceLifetime: 0);
        book.Use(new ClusterKeyRing([Old, New], [Old, New]), unixNow: 1500);
        Assert.Equal([Old.Id, New.Id], book.At(1999).Nonce.Select(key => key.Id));
        Assert.Equal([New.Id, Old.Id], book.At(2000).Nonce.Select(key => key.Id));
    }

    [Fact]
    public void The_same_keys_in_another_order_are_another_policy()
    {
        KeyBook book = new(0);
        book.Use(new ClusterKeyRing([Old, New], [Old]), unixNow: 1500);
        PolicyKeys before = book.At(1500);
        Assert.True(KeyBook.AreSame(before, book.At(1600)));
        Assert.False(KeyBook.AreSame(before, book.At(2000)));
    }
}
