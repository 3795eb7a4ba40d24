using Turnpike.Edge.Transport;
using Turnpike.Server;

namespace Turnpike.Edge.Tests.Transport;

public sealed class RelayPortsTests
{
    [Fact]
    public void Every_port_of_the_range_is_given_once_and_then_none()
    {
        var ports = new RelayPorts(50_001, 50_100);
        var given = new HashSet<ushort>();
        while (ports.TryTake(PortParity.Any, out ushort port))
        {
            Assert.True(given.Add(port));
        }

        Assert.Equal(Enumerable.Range(50_001, 100).Select(port => (ushort)port), given.Order());
        Assert.Equal(100, ports.Used);
        Assert.Equal(100, ports.Total);
    }

    [Fact]
    public void A_range_of_one_port_has_one()
    {
        var ports = new RelayPorts(65_535, 65_535);
        Assert.True(ports.TryTake(PortParity.Any, out ushort port));
        Assert.Equal(65_535, port);
        Assert.False(ports.TryTake(PortParity.Any, out _));
        ports.Release(port);
        Assert.True(ports.TryTake(PortParity.Any, out _));
    }

    [Fact]
    public void EVEN_PORT_gets_even_ports_only()
    {
        var ports = new RelayPorts(50_001, 50_010);
        var given = new List<ushort>();
        while (ports.TryTake(PortParity.Even, out ushort port))
        {
            given.Add(port);
        }

        Assert.Equal([50_002, 50_004, 50_006, 50_008, 50_010], given.Order().Select(port => (int)port));
    }

    [Fact]
    public void A_pair_takes_the_next_higher_port_too_and_needs_both()
    {
        var ports = new RelayPorts(50_001, 50_006); // the pairs are 50002+50003 and 50004+50005; 50006 has no neighbour in the range
        Assert.True(ports.TryTake(PortParity.EvenAndReserveNext, out ushort first));
        Assert.True(ports.TryTake(PortParity.EvenAndReserveNext, out ushort second));
        Assert.Equal([50_002, 50_004], new[] { first, second }.Order().Select(port => (int)port));
        Assert.False(ports.TryTake(PortParity.EvenAndReserveNext, out _));
        Assert.Equal(4, ports.Used);
    }

    [Fact]
    public void Ports_are_drawn_evenly_whatever_is_taken()
    {
        var ports = new RelayPorts(50_000, 50_015);
        ports.TryTake(PortParity.Any, out _); // a hole, after which a scan from a random place would favour the next port
        int[] counts = new int[16];
        for (int i = 0; i < 15_000; i++)
        {
            Assert.True(ports.TryTake(PortParity.Any, out ushort port));
            counts[port - 50_000]++;
            ports.Release(port);
        }

        // 1000 expected of each of 15, standard deviation 31: a scan would give one of them 2000.
        Assert.All(counts.Where(count => count > 0), count => Assert.InRange(count, 750, 1250));
        Assert.Equal(15, counts.Count(count => count > 0));
    }
}
