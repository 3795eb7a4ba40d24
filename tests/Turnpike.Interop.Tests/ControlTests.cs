using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>
/// Before a foreign client is trusted as a check: it passes with a server known to work, and fails where it must. These run
/// against Debian's coturn whatever the other scenarios run against.
/// </summary>
public sealed class ControlTests : InteropTest
{
    [Fact]
    public async Task Uclient_passes_with_coturn_and_counts_what_it_sent()
    {
        var server = await StartCoturnAsync();
        var peer = await StartEchoPeerAsync(IPAddress.Loopback);

        var run = await Uclient.RunAsync(server.EndPoint, [.. Uclient.To(peer.EndPoint), "-n", "10", "-m", "2", "-c"]);

        run.AssertNothingLost(2 * 10);
    }

    [Fact]
    public async Task Uclient_completes_and_says_how_much_is_lost_when_no_peer_answers()
    {
        var server = await StartCoturnAsync();
        var silent = new IPEndPoint(IPAddress.Loopback, Loopback.FreeUdpPort(IPAddress.Loopback));

        var run = await Uclient.RunAsync(server.EndPoint, [.. Uclient.To(silent), "-n", "10", "-c"]);

        Assert.True(run.Completed, run.Output);
        Assert.Equal((10, 0, 10), (run.Sent, run.Received, run.Lost));
    }

    [Fact]
    public async Task Uclient_does_not_complete_without_a_server()
    {
        IPAddress address = Loopback.NextAddress();
        var nobody = new IPEndPoint(address, Loopback.FreeUdpPort(address));

        var run = await Uclient.RunAsync(nobody, "-e", "127.0.0.1", "-n", "5", "-c");

        Assert.False(run.Completed);
        Assert.Contains("Connection refused", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Uclient_binds_a_channel_to_a_mapped_link_local_peer_where_the_server_lets_it()
    {
        var server = await StartCoturnAsync(new ServerSettings { OtherFamily = IPAddress.IPv6Loopback });

        await using var client = Uclient.Start(server.EndPoint, "-x", "-e", "::ffff:169.254.169.254", "-r", "3480", "-n", "1", "-c");
        var run = await client.WaitForResultAsync();

        Assert.NotEmpty(run.BoundChannels);
        Assert.Empty(run.ErrorCodes);
    }

    [Fact]
    public async Task Resident_memory_shows_a_server_that_keeps_state_for_every_source()
    {
        var server = await StartCoturnAsync();
        await SpoofedAllocates.SendAsync(server.EndPoint, network: 11, count: 1_000);
        long before = await server.ResidentBytesAsync();

        await SpoofedAllocates.SendAsync(server.EndPoint, network: 12, count: 3_000);

        long grown = await server.ResidentBytesAsync() - before;
        Assert.True(grown > HostileInputTests.FlatMemory, $"resident memory grew by {grown / 1024} KiB only");
    }
}
