using System.Net;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Edge.Options;
using Turnpike.Edge.PublicAddresses;
using Turnpike.Edge.Tests.Streams;

namespace Turnpike.Edge.Tests.PublicAddresses;

public sealed class StunProbeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_says_what_it_sees_and_what_belongs_to_another_request_is_passed_over()
    {
        using FakeStunServer server = new();
        Assert.Equal(server.Mapped.Address, await Probe(TimeProvider.System, server).FindAsync(IPAddress.Loopback, Cancellation));
    }

    [Fact]
    public async Task What_is_lost_is_sent_again()
    {
        using FakeStunServer server = new() { Lost = 1 };
        FakeTimeProvider clock = new();
        Task<IPAddress?> found = Probe(clock, server).FindAsync(IPAddress.Loopback, Cancellation);
        await StepAsync(clock, found, server);
        Assert.Equal(server.Mapped.Address, await found);
        Assert.InRange(server.Asked, 2, 3);
    }

    [Fact]
    public async Task A_server_that_is_silent_or_unknown_leaves_it_to_the_next_one()
    {
        using FakeStunServer silent = new() { Lost = int.MaxValue };
        using FakeStunServer server = new();
        FakeTimeProvider clock = new();
        StunProbe probe = new([new StunServer("no-such-name.invalid", 3478), Of(silent), Of(server)], clock);
        Task<IPAddress?> found = probe.FindAsync(IPAddress.Loopback, Cancellation);
        await StepAsync(clock, found, silent);
        Assert.Equal(server.Mapped.Address, await found);
        Assert.Equal(3, silent.Asked);
        Task<IPAddress?> none = Probe(clock, silent).FindAsync(IPAddress.Loopback, Cancellation);
        await StepAsync(clock, none, silent);
        Assert.Null(await none);
    }

    [Fact]
    public async Task A_server_of_the_other_family_is_not_asked()
    {
        using FakeStunServer server = new();
        Assert.Null(await Probe(TimeProvider.System, server).FindAsync(IPAddress.IPv6Loopback, Cancellation));
        Assert.Equal(0, server.Asked);
    }

    internal static StunServer Of(FakeStunServer server)
    {
        IPEndPoint address = IPEndPoint.Parse(server.Address);
        return new StunServer($"{address.Address}", (ushort)address.Port);
    }

    private static StunProbe Probe(TimeProvider time, FakeStunServer server) => new([Of(server)], time);

    // Time passes in small steps while the server has no answer, so that datagrams have real time to arrive.
    private static Task StepAsync(FakeTimeProvider clock, Task found, FakeStunServer server) => Eventually.TrueAsync(() =>
    {
        if (!found.IsCompleted && server.Asked <= server.Lost)
        {
            clock.Advance(TimeSpan.FromMilliseconds(50));
        }
        return found.IsCompleted;
    });
}
