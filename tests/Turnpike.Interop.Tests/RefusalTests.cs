using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;
using Turnpike.Protocol;

namespace Turnpike.Interop;

/// <summary>What the server must refuse, seen by a foreign client and by our own.</summary>
public sealed class RefusalTests : InteropTest
{
    private const ushort FirstChannel = 0x4000;
    private const ushort LastChannel = 0x4FFF;

    // coturn closes a deleted allocation a moment after it has answered.
    private static readonly TimeSpan ComesBackDeadline = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_wrong_password_gets_no_allocation()
    {
        var server = await StartServerAsync();
        var peer = await StartEchoPeerAsync(IPAddress.Loopback);

        await using var client = Uclient.StartAs(
            ServerSettings.User, "wrong", server.EndPoint, [.. Uclient.To(peer.EndPoint), "-n", "5", "-c"]);
        var run = await client.WaitForResultAsync();

        Assert.Contains("Cannot complete Allocation", run.Output, StringComparison.Ordinal);
        Assert.False(run.Completed);
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("0.0.0.0")]
    public async Task Uclient_is_refused_a_forbidden_peer(string peer)
    {
        var server = await StartServerAsync();
        string[] arguments = ["-e", peer, "-r", "3480", "-n", "5", "-c"];

        var channels = await Uclient.RunAsync(server.EndPoint, arguments);
        var send = await Uclient.RunAsync(server.EndPoint, ["-s", .. arguments]);

        channels.AssertRefused(StunErrorCode.Forbidden);
        send.AssertRefused(StunErrorCode.Forbidden);
    }

    // Debian's coturn binds this peer, which ControlTests shows.
    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task Uclient_is_refused_a_forbidden_peer_that_hides_in_an_IPv6_address()
    {
        var server = await StartServerAsync(new ServerSettings { OtherFamily = IPAddress.IPv6Loopback });
        string[] arguments = ["-x", "-e", "::ffff:169.254.169.254", "-r", "3480", "-n", "5", "-c"];

        var channels = await Uclient.RunAsync(server.EndPoint, arguments);
        var send = await Uclient.RunAsync(server.EndPoint, ["-s", .. arguments]);

        channels.AssertRefused(StunErrorCode.Forbidden);
        send.AssertRefused(StunErrorCode.Forbidden);
    }

    [Fact]
    public async Task The_quota_of_a_user_is_an_error_486()
    {
        var server = await StartServerAsync(new ServerSettings { AllocationsPerUser = 2 });
        var peer = await StartEchoPeerAsync(IPAddress.Loopback);

        var run = await Uclient.RunAsync(server.EndPoint, [.. Uclient.To(peer.EndPoint), "-n", "5", "-m", "4", "-c"]);

        run.AssertRefused(StunErrorCode.AllocationQuotaReached);
    }

    [Fact]
    public async Task A_deleted_allocation_gives_its_place_in_the_quota_back()
    {
        var server = await StartServerAsync(new ServerSettings { AllocationsPerUser = 2 });
        using var first = new TurnClient(server.EndPoint);
        using var second = new TurnClient(server.EndPoint);
        using var third = new TurnClient(server.EndPoint);

        Assert.True((await first.AllocateAsync()).Succeeded);
        Assert.True((await second.AllocateAsync()).Succeeded);
        Assert.Equal(StunErrorCode.AllocationQuotaReached, (await third.AllocateAsync()).Code);

        Assert.True((await first.RefreshAsync(0)).Succeeded);
        await Deadline.UntilAsync("the place is free", ComesBackDeadline, async () => (await third.AllocateAsync()).Succeeded);
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task The_strict_default_refuses_the_channel_numbers_of_RFC_5766()
    {
        var server = await StartServerAsync(new ServerSettings { Rfc5766ChannelNumbers = false });
        var peer = await StartEchoPeerAsync(IPAddress.Loopback);

        // Each client picks its number at random from 0x4000–0x7FFF: all sixteen at 0x4FFF or below is one chance in 4 billion.
        var run = await Uclient.RunAsync(server.EndPoint, [.. Uclient.To(peer.EndPoint), "-n", "5", "-m", "16", "-c"]);

        run.AssertRefused(StunErrorCode.BadRequest);
        Assert.All(run.BoundChannels, number => Assert.InRange(number, FirstChannel, LastChannel));
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task The_strict_default_ends_at_channel_number_0x4FFF()
    {
        var server = await StartServerAsync(new ServerSettings { Rfc5766ChannelNumbers = false });
        using var client = new TurnClient(server.EndPoint);
        Assert.True((await client.AllocateAsync()).Succeeded);

        Assert.True((await client.ChannelBindAsync(LastChannel, Peer("127.0.0.1", 9))).Succeeded);
        Assert.Equal(StunErrorCode.BadRequest, (await client.ChannelBindAsync(LastChannel + 1, Peer("127.0.0.1", 10))).Code);
    }

    private static TransportAddress Peer(string address, ushort port) => TransportAddress.From(IPAddress.Parse(address), port);
}
