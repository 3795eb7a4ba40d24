using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>NAT behaviour discovery (RFC 5780) with two addresses, by Debian's turnutils_natdiscovery.</summary>
public sealed class NatDiscoveryTests : InteropTest
{
    [Fact]
    public async Task A_client_without_a_NAT_finds_mapping_and_filtering_independent_of_the_endpoint()
    {
        IPAddress other = Loopback.NextAddress();
        var server = await StartServerAsync(new ServerSettings { DiscoveryAddress = other });

        var found = await NatDiscovery.RunAsync(server.EndPoint);

        Assert.Contains("NAT with Endpoint Independent Mapping!", found.Output, StringComparison.Ordinal);
        Assert.Contains("NAT with Endpoint Independent Filtering!", found.Output, StringComparison.Ordinal);

        // Two questions about the mapping, to both addresses, and two about the filtering, the second answered from elsewhere.
        IPEndPoint announced = found.OtherAddresses[0];
        Assert.Equal(other, announced.Address);
        Assert.NotEqual(server.EndPoint.Port, announced.Port);
        Assert.Equal(
            [server.EndPoint, new IPEndPoint(other, server.EndPoint.Port), server.EndPoint, announced], found.Origins.TakeLast(4));
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task A_server_without_a_second_address_says_nothing_of_another_address()
    {
        var edge = await StartEdgeAsync();

        var found = await NatDiscovery.RunAsync(edge.EndPoint);

        Assert.Empty(found.OtherAddresses);
        Assert.DoesNotContain("Independent", found.Output, StringComparison.Ordinal);
    }
}
