namespace Turnpike.Sockets.Tests;

public sealed class ThreadAffinityTests
{
    [Fact]
    public void A_pinned_thread_may_run_on_its_CPU_only()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Threads are pinned on Linux only.");
        int cpu = ThreadAffinity.Cpus[^1];
        string? allowed = null;
        var thread = new Thread(() =>
        {
            Assert.True(ThreadAffinity.TryPin(cpu));
            allowed = File.ReadLines("/proc/thread-self/status").Single(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal));
        });
        thread.Start();
        thread.Join();
        Assert.Equal(cpu.ToString(System.Globalization.CultureInfo.InvariantCulture), allowed!.Split(':')[1].Trim());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(100_000)]
    public void A_CPU_that_cannot_be_is_refused(int cpu) => Assert.False(ThreadAffinity.TryPin(cpu));
}
