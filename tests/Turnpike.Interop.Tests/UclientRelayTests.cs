using System.Net;
using Turnpike.Interop.Clients;

namespace Turnpike.Interop;

/// <summary>Debian's turnutils_uclient relays through the server and loses nothing.</summary>
public sealed class UclientRelayTests : InteropTest
{
    [Fact]
    public async Task Channels_relay_every_message_there_and_back()
    {
        var server = await StartServerAsync();
        var peer = await StartEchoPeerAsync(IPAddress.Loopback);

        var run = await Uclient.RunAsync(server.EndPoint, [.. Uclient.To(peer.EndPoint), "-n", "50", "-m", "4", "-l", "160"]);

        run.AssertNothingLost(4 * 50);
        Assert.NotEmpty(run.BoundChannels);
    }

    [Fact]
    public async Task Send_and_data_indications_relay_every_message_there_and_back()
    {
        var server = await StartServerAsync();
        var peer = await StartEchoPeerAsync(IPAddress.Loopback);

        var run = await Uclient.RunAsync(server.EndPoint, [.. Uclient.To(peer.EndPoint), "-s", "-n", "50", "-m", "2", "-c"]);

        run.AssertNothingLost(2 * 50);
        Assert.Empty(run.BoundChannels);
    }

    [Fact]
    public async Task Two_clients_of_the_same_server_reach_each_other()
    {
        var server = await StartServerAsync();

        var run = await Uclient.RunAsync(server.EndPoint, "-y", "-n", "50", "-m", "2", "-c");

        run.AssertNothingLost(2 * 50);
    }
}
