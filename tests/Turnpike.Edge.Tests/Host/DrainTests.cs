using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Edge.Management;

namespace Turnpike.Edge.Tests.Host;

public sealed class DrainTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeRelay _relay = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_allocations_a_drain_ends_at_once()
    {
        DrainOutcome outcome = await Drain(deadline: 3600).RunAsync(Cancellation);
        Assert.Equal(new DrainOutcome(0, 0), outcome);
        Assert.Equal(RelayState.Draining, _relay.State);
    }

    [Fact]
    public async Task A_drain_waits_until_the_last_allocation_has_ended()
    {
        _relay.Allocations = 3;
        Task<DrainOutcome> drain = Drain(deadline: 3600).RunAsync(Cancellation);
        Assert.Equal((RelayState.Draining, TimeSpan.FromHours(1)), (_relay.State, _relay.DrainLeft));
        await AdvanceAsync(TimeSpan.FromMinutes(30));
        _relay.Allocations = 1;
        await AdvanceAsync(TimeSpan.FromMinutes(20));
        Assert.False(drain.IsCompleted);
        _relay.Allocations = 0;
        _time.Advance(Management.Drain.Interval);
        Assert.Equal(new DrainOutcome(3, 0), await drain.WaitAsync(TimeSpan.FromSeconds(30), Cancellation));
    }

    [Fact]
    public async Task A_drain_ends_at_its_deadline_and_counts_what_it_cuts()
    {
        _relay.Allocations = 5;
        Task<DrainOutcome> drain = Drain(deadline: 60).RunAsync(Cancellation);
        await AdvanceAsync(TimeSpan.FromSeconds(59));
        Assert.False(drain.IsCompleted);
        _relay.Allocations = 2;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new DrainOutcome(3, 2), await drain.WaitAsync(TimeSpan.FromSeconds(30), Cancellation));
    }

    [Fact]
    public async Task A_deadline_of_zero_cuts_at_once()
    {
        _relay.Allocations = 2;
        Assert.Equal(new DrainOutcome(0, 2), await Drain(deadline: 0).RunAsync(Cancellation));
    }

    [Fact]
    public async Task The_first_signal_drains_and_then_stops()
    {
        FakeApplication application = new();
        using DrainLifetime lifetime = FirstSignal(application);
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        Assert.False(application.Stopped.IsCompleted);
        await EndsAsync(application);
    }

    [Fact]
    public async Task Another_signal_stops_at_once()
    {
        FakeApplication application = new();
        using DrainLifetime lifetime = FirstSignal(application);
        await AdvanceAsync(DrainLifetime.Echo * 2);
        Assert.False(application.Stopped.IsCompleted);
        lifetime.OnSignal("SIGINT");
        await application.Stopped.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        lifetime.OnSignal("SIGINT");
    }

    [Fact]
    public async Task A_signal_that_comes_twice_at_once_is_one()
    {
        FakeApplication application = new();
        using DrainLifetime lifetime = FirstSignal(application);
        lifetime.OnSignal("SIGTERM");
        await AdvanceAsync(DrainLifetime.Echo);
        lifetime.OnSignal("SIGTERM");
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        Assert.False(application.Stopped.IsCompleted);
        await EndsAsync(application);
    }

    /// <summary>An edge with a call that SIGTERM has just come to.</summary>
    private DrainLifetime FirstSignal(FakeApplication application)
    {
        _relay.Allocations = 1;
        DrainLifetime lifetime = new(Drain(deadline: 3600), application, _time, NullLogger<DrainLifetime>.Instance);
        lifetime.OnSignal("SIGTERM");
        return lifetime;
    }

    /// <summary>The last call has ended.</summary>
    private async Task EndsAsync(FakeApplication application)
    {
        _relay.Allocations = 0;
        _time.Advance(Management.Drain.Interval);
        await application.Stopped.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    private Drain Drain(int deadline) =>
        new(_relay, Reading.Good(("Edge:Drain:Deadline", $"{deadline}")), _time, NullLogger<Drain>.Instance);

    /// <summary>Lets time pass and waits until the drain has looked at the relay again, so that "still waiting" means something.</summary>
    private async Task AdvanceAsync(TimeSpan time)
    {
        int before = _relay.AllocationReads;
        _time.Advance(time);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (_relay.AllocationReads == before)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class FakeApplication : IHostApplicationLifetime
    {
        private readonly TaskCompletionSource _stopped = new();

        public Task Stopped => _stopped.Task;

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => _stopped.TrySetResult();
    }
}
