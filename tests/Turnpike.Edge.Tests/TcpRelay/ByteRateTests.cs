using Microsoft.Extensions.Time.Testing;
using Turnpike.Edge.Transport.TcpRelay;

namespace Turnpike.Edge.Tests.TcpRelay;

public sealed class ByteRateTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Without_a_limit_nothing_waits()
    {
        var rate = new ByteRate(() => 0, _time);
        Assert.True(rate.PayAsync(int.MaxValue, CancellationToken.None).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_seconds_worth_comes_at_once_and_the_rest_at_the_rate()
    {
        var rate = new ByteRate(() => 8000, _time);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(rate.PayAsync(1000, CancellationToken.None).AsTask().IsCompletedSuccessfully);
        Task wait = rate.PayAsync(500, CancellationToken.None).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.False(wait.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(2));
        await wait;
    }

    [Fact]
    public async Task Several_connections_share_the_rate()
    {
        var rate = new ByteRate(() => 8000, _time);
        Task first = rate.PayAsync(1000, CancellationToken.None).AsTask();
        Task second = rate.PayAsync(1000, CancellationToken.None).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(1001));
        await first;
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1000));
        await second;
    }

    [Fact]
    public async Task A_changed_rate_holds_from_the_next_bytes_on()
    {
        long bits = 0;
        var rate = new ByteRate(() => bits, _time);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(rate.PayAsync(100_000, CancellationToken.None).AsTask().IsCompletedSuccessfully);
        bits = 8000;
        Task wait = rate.PayAsync(2000, CancellationToken.None).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(wait.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(2));
        await wait;
        bits = 80_000;
        wait = rate.PayAsync(2000, CancellationToken.None).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(201));
        await wait;
    }

    [Fact]
    public async Task The_end_of_the_connection_ends_the_waiting()
    {
        using var stop = new CancellationTokenSource();
        Task wait = new ByteRate(() => 8, _time).PayAsync(1000, stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }
}
