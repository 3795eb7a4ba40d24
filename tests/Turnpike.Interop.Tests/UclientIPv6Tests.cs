using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>The same client over IPv6, and across the two families.</summary>
public sealed class UclientIPv6Tests : InteropTest
{
    [Fact]
    public async Task An_IPv6_client_gets_an_IPv6_relay()
    {
        var server = await StartServerAsync(new ServerSettings { Address = IPAddress.IPv6Loopback });
        var peer = await StartEchoPeerAsync(IPAddress.IPv6Loopback);

        var run = await Uclient.RunAsync(server.EndPoint, [.. Uclient.To(peer.EndPoint), "-x", "-n", "50", "-m", "2", "-c"]);

        run.AssertNothingLost(2 * 50);
    }

    [Fact]
    public async Task An_IPv4_client_gets_an_IPv6_relay()
    {
        var server = await StartServerAsync(new ServerSettings { OtherFamily = IPAddress.IPv6Loopback });
        var peer = await StartEchoPeerAsync(IPAddress.IPv6Loopback);

        var run = await Uclient.RunAsync(server.EndPoint, [.. Uclient.To(peer.EndPoint), "-x", "-s", "-n", "50", "-m", "2", "-c"]);

        run.AssertNothingLost(2 * 50);
    }

    [Fact]
    public async Task Binding_tells_an_IPv6_client_its_address()
    {
        var server = await StartServerAsync(new ServerSettings { Address = IPAddress.IPv6Loopback });

        Assert.Equal(IPAddress.IPv6Loopback, await StunClient.ReflexiveAddressAsync(server.EndPoint));
    }
}
