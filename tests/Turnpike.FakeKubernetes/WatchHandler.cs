using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace Turnpike.FakeKubernetes;

/// <summary>Answers watches, and lets tests do to them what networks and servers do.</summary>
public sealed class WatchHandler(Storage storage)
{
    private readonly ConcurrentDictionary<OpenWatch, Kind> _open = [];

    /// <summary>How many are open.</summary>
    public int Open => _open.Count;

    /// <summary>Each event comes so late.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Whether a watch from too long ago begins, and ends with an error; else it does not begin. Real servers do either.</summary>
    public bool TellsGoneInside { get; set; } = true;

    /// <summary>Cuts every connection, in the middle of whatever is written.</summary>
    public void Break()
    {
        foreach (OpenWatch watch in _open.Keys)
        {
            watch.IsBroken = true;
            watch.Lines.Writer.TryComplete();
        }
    }

    /// <summary>Ends every watch as the server does when its time is over.</summary>
    public void End()
    {
        foreach (OpenWatch watch in _open.Keys)
        {
            watch.Lines.Writer.TryComplete();
        }
    }

    /// <summary>Writes half an object into each, and cuts it.</summary>
    public void Tear()
    {
        foreach (OpenWatch watch in _open.Keys)
        {
            watch.Lines.Writer.TryWrite("""{"type":"MODIFIED","object":{"metadata":{"na""");
            watch.Lines.Writer.TryComplete();
        }
    }

    /// <summary>Tells each watch how far it has come, and returns that.</summary>
    public long Bookmark()
    {
        long revision = storage.Revision;
        foreach ((OpenWatch watch, Kind kind) in _open)
        {
            watch.Lines.Writer.TryWrite(Line("BOOKMARK", new JsonObject
            {
                ["kind"] = kind.Name,
                ["apiVersion"] = kind.ApiVersion,
                ["metadata"] = new JsonObject { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture), ["creationTimestamp"] = null },
            }));
        }
        return revision;
    }

    internal async Task AnswerAsync(ApiRequest request, HttpContext context)
    {
        IQueryCollection query = context.Request.Query;
        OpenWatch watch = new();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        Subscription subscription;
        try
        {
            subscription = storage.Watch(long.Parse(query["resourceVersion"].ToString(), CultureInfo.InvariantCulture));
        }
        catch (StatusException gone) when (TellsGoneInside)
        {
            await context.Response.WriteAsync(Line("ERROR", gone.ToStatus()), CancellationToken.None);
            return;
        }
        using (subscription)
        {
            _open[watch] = request.Kind;
            if (int.TryParse(query["timeoutSeconds"], NumberStyles.None, CultureInfo.InvariantCulture, out int seconds))
            {
                end.CancelAfter(TimeSpan.FromSeconds(seconds));
            }
            try
            {
                await context.Response.StartAsync(end.Token);
                await context.Response.Body.FlushAsync(end.Token);
                Task feeding = FeedAsync(request, subscription, watch.Lines.Writer, query["labelSelector"].ToString(), query["fieldSelector"].ToString(), end.Token);
                await foreach (string line in watch.Lines.Reader.ReadAllAsync(end.Token))
                {
                    if (watch.IsBroken)
                    {
                        break;
                    }
                    if (Delay > TimeSpan.Zero)
                    {
                        await Task.Delay(Delay, end.Token);
                    }
                    await context.Response.WriteAsync(line, end.Token);
                    await context.Response.Body.FlushAsync(end.Token);
                }
                if (watch.IsBroken)
                {
                    context.Abort();
                }
                await end.CancelAsync();
                await feeding;
            }
            catch (OperationCanceledException)
            {
                return; // The client or the test went, or the time is over.
            }
            finally
            {
                _open.TryRemove(watch, out _);
            }
        }
    }

    private static async Task FeedAsync(
        ApiRequest request, Subscription subscription, ChannelWriter<string> lines, string labels, string fields, CancellationToken cancellation)
    {
        try
        {
            await foreach (Change change in subscription.Changes.ReadAllAsync(cancellation))
            {
                JsonObject any = (change.After ?? change.Before)!;
                if (change.Kind != request.Kind || (request.Namespace.Length > 0 && any.Namespace() != request.Namespace))
                {
                    continue;
                }
                // What a selector no longer finds has gone for this watch.
                bool was = change.Before is not null && Selector.Fits(change.Before, labels, fields);
                bool fits = change.After is not null && Selector.Fits(change.After, labels, fields);
                string? type = (was, fits) switch { (false, true) => "ADDED", (true, true) => "MODIFIED", (true, false) => "DELETED", _ => null };
                if (type is not null)
                {
                    JsonObject item = (type == "DELETED" ? change.Before! : change.After!).Copy();
                    item.Meta()["resourceVersion"] = change.Revision.ToString(CultureInfo.InvariantCulture);
                    lines.TryWrite(Line(type, item));
                }
            }
        }
        catch (OperationCanceledException)
        {
            return; // The watch is over.
        }
    }

    private static string Line(string type, JsonObject item) => new JsonObject { ["type"] = type, ["object"] = item }.ToJsonString() + "\n";

    private sealed class OpenWatch
    {
        public Channel<string> Lines { get; } = Channel.CreateUnbounded<string>();

        public bool IsBroken { get; set; }
    }
}
