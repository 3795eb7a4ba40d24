using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Credentials;
using EdgeLoad = Turnpike.Cluster.EdgeLoad;

namespace Turnpike.ControlPlane.Tests.Credentials;

public sealed class IceUrlsTests
{
    [Fact]
    public void The_callers_region_comes_first()
    {
        EdgeRecord[] edges = [Make.Edge("far", "us"), Make.Edge("near", "eu"), Make.Edge("nowhere")];

        for (int round = 0; round < 20; round++)
        {
            Assert.Equal("turn:near.example.com:3478?transport=udp", IceUrls.Turn(edges, "eu", [], [])[0]);
        }
    }

    [Fact]
    public void A_hot_edge_comes_last_even_in_the_callers_region()
    {
        EdgeRecord hot = Make.Edge("hot", "eu") with { Load = new EdgeLoad { Allocations = 900 } };

        Assert.Equal("turn:cool.example.com:3478?transport=udp", IceUrls.Turn([hot, Make.Edge("cool", "us")], "eu", [], [])[0]);
        Assert.NotEmpty(IceUrls.Turn([hot], "eu", [], []));
    }

    [Fact]
    public void Equal_edges_take_turns()
    {
        EdgeRecord[] edges = [.. Enumerable.Range(0, 6).Select(number => Make.Edge($"edge-{number}"))];

        HashSet<string> first = [.. Enumerable.Range(0, 200).Select(_ => IceUrls.Turn(edges, "", [], [])[0])];

        Assert.Equal(6, first.Count);
    }

    [Fact]
    public void A_hot_edge_and_one_elsewhere_fill_up_what_the_region_has_not()
    {
        EdgeRecord hot = Make.Edge("hot", "eu") with { Load = new EdgeLoad { Allocations = 900 } };
        EdgeRecord[] edges = [hot, Make.Edge("near", "eu"), Make.Edge("far", "us")];

        for (int round = 0; round < 20; round++)
        {
            Assert.Equal(["near", "far", "hot"], IceUrls.Turn(edges, "eu", [Transport.Udp], []).Select(url => url.Split(':', '.')[1]));
        }
    }

    [Fact]
    public void A_large_fleet_costs_a_credential_next_to_nothing_an_edge()
    {
        EdgeRecord[] edges = [.. Enumerable.Range(0, 2000).Select(number => Make.Edge($"edge-{number}", "eu"))];
        _ = IceUrls.Turn(edges, "eu", [], []);

        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = IceUrls.Turn(edges, "eu", [], []);

        // A reference an edge, in a list that doubles as it grows; sorting or measuring every edge takes several times as much.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / edges.Length, 0, 3 * IntPtr.Size);
    }

    [Fact]
    public void There_are_at_most_eight_of_more_than_one_edge()
    {
        EdgeRecord[] edges = [.. Enumerable.Range(0, 6).Select(number => Make.Edge($"edge-{number}"))];

        IReadOnlyList<string> urls = IceUrls.Turn(edges, "", [], []);

        Assert.Equal(8, urls.Count);
        Assert.Equal(3, urls.Select(url => url.Split(':')[1]).Distinct().Count());
        Assert.Equal(2, IceUrls.Stun(urls).Count);
    }

    [Fact]
    public void Edges_behind_one_address_are_named_once()
    {
        EdgeRecord one = Make.Edge("a");

        Assert.Equal(3, IceUrls.Turn([one, one with { Id = "b-1" }], "", [], []).Count);
    }

    [Theory]
    [InlineData("draining")]
    [InlineData("not-ready")]
    public void An_edge_that_is_not_ready_is_never_named(string state) =>
        Assert.Empty(IceUrls.Turn([Make.Edge("a") with { State = state }], "", [], []));

    [Theory]
    [InlineData("turn:h", Transport.Udp, 3478)]
    [InlineData("turns:h", Transport.Tls, 5349)]
    [InlineData("turn:h:80?transport=tcp", Transport.Tcp, 80)]
    [InlineData("turn:[2001:db8::1]?transport=udp", Transport.Udp, 3478)]
    [InlineData("turns:[2001:db8::1]:443?transport=udp", Transport.Dtls, 443)]
    public void The_transport_and_port_of_a_url_are_known(string url, Transport transport, int port)
    {
        Assert.Equal(transport, IceUrls.TransportOf(url));
        Assert.Equal(port, IceUrls.PortOf(url));
    }
}
