using System.Diagnostics;

namespace Turnpike.Cluster;

/// <summary>
/// The spans of calls to the store. There is one only within the span of something that somebody waits for, so heartbeats, flushes and whatever
/// else goes on by itself make none; where nobody listens, asking costs a comparison. Keys and arguments, which name users, are left out.
/// </summary>
/// <param name="source">Where the spans come from; null: there are none.</param>
internal sealed class StoreSpans(ActivitySource? source)
{
    /// <summary>Links of one span: whoever reads a trace wants to know of some, and a batch may have hundreds.</summary>
    public const int MaxLinks = 16;

    /// <summary>Begins the span of a call; null where there is none.</summary>
    /// <param name="command">As Redis calls it: <c>HGET</c>.</param>
    /// <param name="script">The script that runs; null where it is a plain command.</param>
    /// <param name="causes">
    /// The spans that the call is made for, where it serves several at once: it is the first one's child, and linked with the others. Empty: it is
    /// made for the current one.
    /// </param>
    public Activity? Begin(string command, string? script, IReadOnlyList<ActivityContext> causes)
    {
        if (source is null || !source.HasListeners())
        {
            return null;
        }
        if (causes.Count == 0 && Activity.Current is not { Recorded: true, IsStopped: false })
        {
            return null;
        }
        string name = script is null ? command : $"{command} {script}";
        Activity? span = causes.Count == 0
            ? source.StartActivity(name, ActivityKind.Client)
            : source.StartActivity(name, ActivityKind.Client, causes[0], links: causes.Skip(1).Take(MaxLinks).Select(cause => new ActivityLink(cause)));
        return span?.SetTag("db.system.name", "redis").SetTag("db.operation.name", command).SetTag("db.stored_procedure.name", script);
    }

    /// <summary>The call has failed.</summary>
    public static void Fail(Activity? span, StoreErrorKind kind) =>
        span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", StoreInstruments.Label(kind));
}
