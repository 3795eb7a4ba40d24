using Grpc.Core;
using Turnpike.Contracts.V1;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.ControlPlane;

/// <summary>Callers of StreamEvents, each of which keeps its stream open and reads what comes.</summary>
internal sealed class EventWatchers : IAsyncDisposable
{
    // Connections and streams that are asked for at once: enough to be quick, too few to be a flood.
    private const int Opening = 200;

    private readonly List<ApiChannel> _channels = [];
    private readonly List<AsyncServerStreamingCall<StreamEventsResponse>> _streams = [];
    private readonly List<Task> _reading = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _everybody = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _told;

    public int Count => _streams.Count;

    /// <summary>Done when each stream has brought an event.</summary>
    public Task EverybodyTold => _everybody.Task;

    /// <summary>Opens so many, and waits until the server has answered each.</summary>
    /// <exception cref="TurnRefusedException">A stream was refused or has ended.</exception>
    public async Task OpenAsync(Uri server, string token, string realm, int count, int perConnection, CancellationToken stop)
    {
        for (int first = 0; first < count; first += Opening)
        {
            List<Task> begun = [];
            for (int i = first; i < Math.Min(count, first + Opening); i++)
            {
                if (i % perConnection == 0)
                {
                    _channels.Add(new ApiChannel(server, token));
                }

                var client = new UsageService.UsageServiceClient(_channels[^1].Invoker);
                AsyncServerStreamingCall<StreamEventsResponse> stream = client.StreamEvents(
                    new StreamEventsRequest { Parent = $"realms/{realm}" }, cancellationToken: _stopping.Token);
                _streams.Add(stream);
                begun.Add(BeginAsync(stream, stop));
            }

            await Task.WhenAll(begun);
        }
    }

    /// <summary>Reads from now on.</summary>
    public void Follow() => _reading.AddRange(_streams.Select(FollowAsync));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_reading);
        _streams.ForEach(stream => stream.Dispose());
        _channels.ForEach(channel => channel.Dispose());
        _stopping.Dispose();
    }

    private static async Task BeginAsync(AsyncServerStreamingCall<StreamEventsResponse> stream, CancellationToken stop)
    {
        try
        {
            if (!await stream.ResponseStream.MoveNext(stop))
            {
                throw new TurnRefusedException("StreamEvents: the stream has ended at once");
            }
        }
        catch (RpcException problem) when (!stop.IsCancellationRequested)
        {
            throw new TurnRefusedException($"StreamEvents: {problem.StatusCode}, {problem.Status.Detail}");
        }
    }

    private async Task FollowAsync(AsyncServerStreamingCall<StreamEventsResponse> stream)
    {
        bool told = false;
        try
        {
            while (await stream.ResponseStream.MoveNext(CancellationToken.None))
            {
                if (!told && stream.ResponseStream.Current.Event is not null)
                {
                    told = true;
                    if (Interlocked.Increment(ref _told) == _streams.Count)
                    {
                        _everybody.TrySetResult();
                    }
                }
            }
        }
        catch (RpcException problem)
        {
            if (!_stopping.IsCancellationRequested)
            {
                _everybody.TrySetException(new TurnRefusedException($"StreamEvents: {problem.StatusCode}, {problem.Status.Detail}"));
            }
        }
    }
}
