using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Servers;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Interop;

/// <summary>Bad input: an answer or silence as the RFC says, nothing lost for others, no state kept.</summary>
[Collection(Quiet.Name)]
public sealed class HostileInputTests : InteropTest
{
    private const int HostileCount = 100_000;
    private const int Batch = 64;
    private const ulong Seed = 20_261_125;
    private const int LargestDatagram = 65_507;

    // Caches, the heap's first growth and the buffers of a first use; state kept for each datagram or source is far more.
    internal const long FlatMemory = 12 * 1024 * 1024;

    [Fact]
    public async Task A_flood_of_hostile_datagrams_costs_a_running_call_nothing()
    {
        var server = await StartServerAsync();
        var peer = await StartEchoPeerAsync(IPAddress.Loopback);
        using var attacker = new TurnClient(server.EndPoint);
        Assert.True((await attacker.AllocateAsync()).Succeeded);
        var hostile = new HostileDatagrams(Seed, attacker);
        await FloodAsync(attacker, hostile, HostileCount / 10);
        long before = await server.ResidentBytesAsync();

        await using var call = Uclient.Start(server.EndPoint, [.. Uclient.To(peer.EndPoint), "-n", "250", "-m", "2", "-c"]);
        await call.WaitForTrafficAsync();
        for (int sent = 0; sent < HostileCount || !call.HasEnded; sent += Batch)
        {
            await FloodAsync(attacker, hostile, Batch);
        }

        var run = await call.WaitForResultAsync();
        run.AssertNothingLost(2 * 250);
        await AssertFlatAsync(server, before);
    }

    [Fact]
    public async Task Truncated_messages_are_met_with_silence()
    {
        var server = await StartServerAsync();
        using var client = new TurnClient(server.EndPoint);
        byte[] whole = client.Build(
            StunClass.Request, StunMethod.Allocate, (ref StunMessageWriter w) => RequestedTransport.Write(ref w, TurnClient.Udp));

        for (int length = 0; length < whole.Length; length++)
        {
            client.SendRaw(whole.AsSpan(0, length));
        }

        await AssertOnlyBindingIsAnsweredAsync(client);
    }

    [Fact]
    public async Task Oversized_messages_are_met_with_silence()
    {
        var server = await StartServerAsync();
        using var client = new TurnClient(server.EndPoint);
        byte[] binding = client.Build(StunClass.Request, StunMethod.Binding);

        byte[] longerThanItSays = new byte[LargestDatagram];
        binding.CopyTo(longerThanItSays, 0);
        client.SendRaw(longerThanItSays);
        byte[] channelData = new byte[LargestDatagram];
        ChannelData.WriteHeader(channelData, 0x4001, LargestDatagram - ChannelData.HeaderLength);
        client.SendRaw(channelData);

        await AssertOnlyBindingIsAnsweredAsync(client);
    }

    // coturn grows by 19 KB for every source: ControlTests shows that this check can fail.
    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task Allocates_from_ten_thousand_addresses_leave_no_state_behind()
    {
        var edge = await StartEdgeAsync();
        await SpoofedAllocates.SendAsync(edge.EndPoint, network: 1, count: 10_000);
        long before = await edge.ResidentBytesAsync();

        await SpoofedAllocates.SendAsync(edge.EndPoint, network: 2, count: 10_000);
        await SpoofedAllocates.SendAsync(edge.EndPoint, network: 3, count: 10_000);
        await SpoofedAllocates.SendAsync(edge.EndPoint, network: 4, count: 10_000);

        await AssertFlatAsync(edge, before);
        var metrics = await edge.MetricsAsync();
        Assert.Equal(0, metrics.Allocations);
        Assert.Equal(0, metrics.Value("turnpike_edge_relay_ports_used"));
    }

    private static async Task FloodAsync(TurnClient attacker, HostileDatagrams hostile, int count)
    {
        // A Binding request after every batch paces the flood: its answer says that the server has read the batch, whole.
        for (int sent = 0; sent < count; sent += Batch)
        {
            for (int i = 0; i < Batch; i++)
            {
                attacker.SendRaw(hostile.Next());
            }

            Assert.True((await attacker.BindingAsync()).Succeeded);
        }
    }

    // Silence is proved by what comes next: the answer to a later request from the same socket arrives, and nothing before it.
    private static async Task AssertOnlyBindingIsAnsweredAsync(TurnClient client)
    {
        int earlier = client.StrayResponses;
        Assert.True((await client.BindingAsync()).Succeeded);
        Assert.Equal(0, client.StrayResponses - earlier);
        Assert.Null(await client.ReceiveDataAsync(TimeSpan.FromMilliseconds(1)));
    }

    private static async Task AssertFlatAsync(TurnServer server, long before)
    {
        Assert.False(server.Process.HasExited);
        long grown = await server.ResidentBytesAsync() - before;
        Assert.True(grown < FlatMemory, $"resident memory grew by {grown / 1024} KiB from {before / 1024} KiB");
    }
}
