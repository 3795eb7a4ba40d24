using System.Runtime.InteropServices;
using Microsoft.Extensions.Time.Testing;
using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Tests;

public sealed class StopSignalTests
{
    [Fact]
    public void The_first_signal_ends_a_command_in_order_and_a_later_one_the_process()
    {
        var time = new FakeTimeProvider();
        using var stop = new StopSignals(time);
        Assert.False(stop.Token.IsCancellationRequested);

        Assert.True(IsSurvived(stop));
        Assert.True(stop.Token.IsCancellationRequested);
        Assert.True(IsSurvived(stop)); // timeout's second, to the group
        time.Advance(StopSignals.Echo);
        Assert.True(IsSurvived(stop));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(IsSurvived(stop));
    }

    private static bool IsSurvived(StopSignals stop)
    {
        var context = new PosixSignalContext(PosixSignal.SIGTERM);
        stop.OnSignal(context);
        return context.Cancel;
    }
}
