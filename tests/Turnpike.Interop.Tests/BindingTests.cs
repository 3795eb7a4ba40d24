using System.Net;
using Turnpike.Interop.Clients;

namespace Turnpike.Interop;

/// <summary>STUN without TURN: a Binding request of Debian's turnutils_stunclient.</summary>
public sealed class BindingTests : InteropTest
{
    [Fact]
    public async Task Binding_tells_a_client_its_address()
    {
        var server = await StartServerAsync();

        Assert.Equal(IPAddress.Loopback, await StunClient.ReflexiveAddressAsync(server.EndPoint));
    }
}
