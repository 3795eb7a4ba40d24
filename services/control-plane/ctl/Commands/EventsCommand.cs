using System.CommandLine;
using Grpc.Core;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Calls;
using Turnpike.Ctl.Output;

namespace Turnpike.Ctl.Commands;

/// <summary><c>events</c>: what happened so far, or what happens from now on.</summary>
internal static class EventsCommand
{
    // How long a stream is silent when all that is kept has come.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    public static void AddTo(CommandTree tree)
    {
        Option<string?> realm = CommonSymbols.Realm("turnpike");
        Option<bool> follow = new("--follow", "-f") { Description = "goes on with what happens, and comes back when the control plane does" };
        Option<string?> resume = CommonSymbols.Text("--resume", "after the event with this token; begin: the oldest that is kept [begin; with --follow: from now on]", "token");
        Option<string[]> kinds = CommonSymbols.SomeOf("--kind", "only these kinds", [.. CommonSymbols.EventKinds.Select(entry => entry.Word)]);
        tree.Add(tree.Root, "events", "shows what happened in a realm, oldest first; as JSON a line each", [realm, follow, resume, kinds], async context =>
        {
            bool follows = context.Get(follow);
            StreamEventsRequest request = new()
            {
                Parent = context.Options.Realm(context.Get(realm)),
                ResumeToken = context.Get(resume) ?? (follows ? "" : "begin"),
                Kinds = { (context.Get(kinds) ?? []).Select(word => CommonSymbols.EventKinds.First(entry => entry.Word == word).Kind) },
            };
            if (follows)
            {
                await Streams.FollowAsync(
                    context,
                    () => context.Server.Usage.StreamEvents(request, cancellationToken: context.Cancellation),
                    response => Take(context, request, response));
            }
            else
            {
                await ReadKeptAsync(context, request);
            }
        });
    }

    private static async Task ReadKeptAsync(CommandContext context, StreamEventsRequest request)
    {
        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(context.Cancellation);
        using AsyncServerStreamingCall<StreamEventsResponse> call = context.Server.Usage.StreamEvents(request, cancellationToken: silence.Token);
        bool open = false;
        try
        {
            // The stream is open once its headers are here, which takes no longer than any other call.
            silence.CancelAfter(context.Connection.Timeout);
            await call.ResponseHeadersAsync;
            open = true;
            silence.CancelAfter(Silence);
            while (await call.ResponseStream.MoveNext(silence.Token))
            {
                Take(context, request, call.ResponseStream.Current);
                if (call.ResponseStream.Current.Event is not null)
                {
                    silence.CancelAfter(Silence);
                }
            }
        }
        catch (Exception problem) when (Streams.IsTheCallers(problem) && silence.IsCancellationRequested)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (!open)
            {
                throw new RpcException(new Status(StatusCode.DeadlineExceeded, ""));
            }
            // Silence: that was all.
        }
        if (!context.Printer.Json && request.ResumeToken is not ("" or "begin"))
        {
            context.Printer.Note($"go on with --resume {request.ResumeToken}");
        }
    }

    private static void Take(CommandContext context, StreamEventsRequest request, StreamEventsResponse response)
    {
        if (response.ResumeToken.Length > 0)
        {
            request.ResumeToken = response.ResumeToken;
        }
        if (response.Missed > 0 && !context.Printer.Json)
        {
            context.Printer.Note($"{response.Missed} events before this are not kept any more");
        }
        if (response.Event is not null || (context.Printer.Json && response.Missed > 0))
        {
            context.Printer.WriteLine(response, () => Line(response.Event!));
        }
    }

    private static string Line(Event happened)
    {
        IEnumerable<string> parts =
        [
            Show.Time(happened.EventTime), $"{Show.Word(happened.Kind),-19}", Part("reason", happened.Reason), Part("user", happened.User), Part("tag", happened.Tag),
            happened.Allocation.Length > 0 ? happened.Allocation : happened.Edge,
            happened.Totals is { } totals ? $"{Show.Number((double)totals.BytesToPeers + totals.BytesToClients)} bytes in {Show.Length(totals.AllocationTime)}" : "",
        ];
        return string.Join("  ", parts.Where(part => part.Length > 0));
    }

    private static string Part(string name, string value) => value.Length > 0 ? $"{name} {value}" : "";
}
