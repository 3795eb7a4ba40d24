using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;

namespace Turnpike.ControlPlane.Usage;

/// <summary>One caller that follows the events of a realm.</summary>
/// <param name="feed">The log.</param>
/// <param name="kinds">What the caller wants; empty: all.</param>
/// <param name="writer">To the caller.</param>
/// <param name="time">The source of time.</param>
internal sealed class EventStream(
    EventFeed feed, IReadOnlySet<Event.Types.Kind> kinds, BoundedWriter<StreamEventsResponse> writer, TimeProvider time)
{
    /// <summary>Events of one reading: what one slow caller keeps in memory, some tens of kilobytes.</summary>
    public const int PageSize = 100;

    /// <summary>The resume token that stands for the oldest event that is kept.</summary>
    public const string Begin = "begin";

    // Less than the half minute after which proxies take a silent connection for a dead one.
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(1);

    private string? _token;
    private long _toldAt;

    /// <summary>Finds the place to begin at, and tells it, so that a caller that is cut off at once can come back to it.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: not a token.</exception>
    /// <exception cref="StoreException">The store is away or refuses.</exception>
    public async Task BeginAsync(string resumeToken)
    {
        if (resumeToken.Length == 0)
        {
            _token = await feed.EndAsync();
        }
        else if (resumeToken != Begin)
        {
            try
            {
                await feed.ReadAsync(resumeToken, 1); // Nothing is made of it: it only tells whether the token is one.
            }
            catch (FormatException)
            {
                throw Problems.Invalid("resume_token", $"not a token of a stream of events; allowed: such a token, {Begin}, or nothing");
            }
            _token = resumeToken;
        }
        await TellAsync(new StreamEventsResponse());
    }

    /// <summary>Goes on until it is cancelled.</summary>
    public async Task FollowAsync(CancellationToken end)
    {
        while (true)
        {
            Task next = feed.Next;
            EventPage? page = await ReadAsync();
            if (page is null)
            {
                await Task.Delay(StoreRetry, time, end);
                continue;
            }
            await TellAsync(page);
            if (page.Events.Count == 0)
            {
                await WaitAsync(next, end);
            }
        }
    }

    // Null: the store is away, which a caller that stays need not be told.
    private async Task<EventPage?> ReadAsync()
    {
        try
        {
            return await feed.ReadAsync(_token, PageSize);
        }
        catch (StoreException)
        {
            return null;
        }
    }

    private async Task TellAsync(EventPage page)
    {
        // A log that was lost took along what nobody can count any more: at least one.
        long missed = page.Lost ? Math.Max(1, page.Missed) : page.Missed;
        for (int i = 0; i < page.Events.Count; i++)
        {
            Event entry = EventMessage.Of(page.Events[i], page.Tokens[i]);
            if (kinds.Count > 0 && !kinds.Contains(entry.Kind))
            {
                continue;
            }
            _token = page.Tokens[i];
            await TellAsync(new StreamEventsResponse { Event = entry, Missed = missed });
            missed = 0;
        }
        _token = page.Token;
        if (missed > 0)
        {
            await TellAsync(new StreamEventsResponse { Missed = missed });
        }
    }

    private async Task WaitAsync(Task next, CancellationToken end)
    {
        TimeSpan left = KeepAlive - time.GetElapsedTime(_toldAt);
        try
        {
            await next.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, end);
        }
        catch (TimeoutException)
        {
            await TellAsync(new StreamEventsResponse());
        }
    }

    private Task TellAsync(StreamEventsResponse message)
    {
        // Where there is no log yet, everything that will be in it is still to come.
        message.ResumeToken = _token ?? Begin;
        _toldAt = time.GetTimestamp();
        return writer.WriteAsync(message);
    }
}
