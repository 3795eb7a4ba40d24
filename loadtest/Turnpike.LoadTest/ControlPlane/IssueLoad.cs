using Grpc.Core;
using Turnpike.Contracts.V1;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.ControlPlane;

/// <summary>Callers of IssueCredential, spread over some connections.</summary>
internal sealed class IssueLoad : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ApiChannel[] _channels;
    private readonly CredentialService.CredentialServiceClient[] _clients;
    private readonly MeasuredProcess? _process;
    private readonly TimeProvider _time;
    private readonly MonotonicClock _clock;

    public IssueLoad(Uri server, string token, int connections, MeasuredProcess? process, TimeProvider time)
    {
        _channels = [.. Enumerable.Range(0, connections).Select(_ => new ApiChannel(server, token))];
        _clients = [.. _channels.Select(channel => new CredentialService.CredentialServiceClient(channel.Invoker))];
        _process = process;
        _time = time;
        _clock = new MonotonicClock(time);
    }

    /// <summary>As fast as answers come back, after a second of warming up.</summary>
    /// <exception cref="TurnRefusedException">A call brought no credential: what refuses quickly is no measure.</exception>
    public async Task<IssueRound> ClosedAsync(int concurrent, double seconds, CancellationToken stop)
    {
        await RepeatAsync(concurrent, Math.Min(1, seconds), new SharedHistogram(), stop);
        SharedHistogram latency = new();
        CpuTime? before = _process?.Cpu();
        long started = _clock.Now;
        await RepeatAsync(concurrent, seconds, latency, stop);
        double took = (_clock.Now - started) / 1e9;
        long count = latency.Read(histogram => histogram.Count);
        return new IssueRound(
            concurrent, count / took, _process?.Cpu().Since(before!).Ran / 1e3 / Math.Max(1, count), latency.Read(LatencyResult.From));
    }

    /// <summary>Call i is due at start + i / rate, whatever happened to the calls before, and its time counts from then.</summary>
    public async Task<IssueLatency> OpenAsync(int rate, double seconds, CancellationToken stop)
    {
        await SendAsync(rate, Math.Min(2, seconds), new OpenLoop(), stop);
        OpenLoop loop = new();
        CpuTime? before = _process?.Cpu();
        long started = _clock.Now;
        await SendAsync(rate, seconds, loop, stop);
        double took = (_clock.Now - started) / 1e9;
        return new IssueLatency(
            rate,
            loop.Latency.Read(histogram => histogram.Count) + loop.Failed,
            loop.Failed,
            loop.FirstFailure,
            loop.Latency.Read(LatencyResult.From),
            loop.WorstLateness / 1e6,
            _process?.Cpu().Since(before!).Ran / 1e9 / took * 100);
    }

    public void Dispose() => Array.ForEach(_channels, channel => channel.Dispose());

    private Task RepeatAsync(int concurrent, double seconds, SharedHistogram latency, CancellationToken stop)
    {
        long end = _clock.Now + (long)(seconds * 1e9);
        return Task.WhenAll(Enumerable.Range(0, concurrent).Select(caller => Task.Run(
            async () =>
            {
                while (_clock.Now < end)
                {
                    long began = _clock.Now;
                    await IssueOrEndAsync(_clients[caller % _clients.Length], caller, stop);
                    latency.Add(_clock.Now - began);
                }
            },
            stop)));
    }

    private async Task IssueOrEndAsync(CredentialService.CredentialServiceClient client, int caller, CancellationToken stop)
    {
        try
        {
            await IssueAsync(client, caller, stop);
        }
        catch (RpcException problem) when (!stop.IsCancellationRequested)
        {
            throw new TurnRefusedException($"IssueCredential: {problem.StatusCode}, {problem.Status.Detail}");
        }
    }

    private async Task SendAsync(int rate, double seconds, OpenLoop loop, CancellationToken stop)
    {
        // A thread of its own: one of the pool would be late whenever the pool is busy with answers.
        List<Task> calls = await Task.Factory.StartNew(
            () =>
            {
                List<Task> begun = [];
                long count = (long)(rate * seconds);
                long start = _clock.Now;
                for (long i = 0; i < count && !stop.IsCancellationRequested; i++)
                {
                    long due = start + (long)(i * 1e9 / rate);
                    while (_clock.Now < due)
                    {
                        Pace.Sleep(due - _clock.Now);
                    }

                    loop.WorstLateness = Math.Max(loop.WorstLateness, _clock.Now - due);
                    begun.Add(CallAsync(i, due, loop, stop));
                }

                return begun;
            },
            stop,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await Task.WhenAll(calls);
        stop.ThrowIfCancellationRequested();
    }

    private async Task CallAsync(long number, long due, OpenLoop loop, CancellationToken stop)
    {
        try
        {
            await IssueAsync(_clients[number % _clients.Length], number, stop);
            loop.Latency.Add(_clock.Now - due);
        }
        catch (RpcException problem)
        {
            loop.Fail($"{problem.StatusCode}, {problem.Status.Detail}");
        }
    }

    private async Task IssueAsync(CredentialService.CredentialServiceClient client, long number, CancellationToken stop)
    {
        IssueCredentialRequest request = new() { User = $"user{number % 1000}", Tag = "load" };
        IssueCredentialResponse made = await client.IssueCredentialAsync(request, deadline: _time.GetUtcNow().UtcDateTime + Patience, cancellationToken: stop);
        if (made.IceServers.Count == 0)
        {
            throw new RpcException(new Status(StatusCode.DataLoss, "an answer without iceServers"));
        }
    }

    private sealed class OpenLoop
    {
        private long _failed;
        private string? _firstFailure;

        public SharedHistogram Latency { get; } = new();

        public long WorstLateness { get; set; }

        public long Failed => Interlocked.Read(ref _failed);

        public string? FirstFailure => _firstFailure;

        public void Fail(string why)
        {
            Interlocked.Increment(ref _failed);
            Interlocked.CompareExchange(ref _firstFailure, why, null);
        }
    }
}
