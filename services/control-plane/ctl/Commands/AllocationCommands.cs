using System.CommandLine;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Calls;
using Turnpike.Ctl.Output;
using Turnpike.Ctl.Values;

namespace Turnpike.Ctl.Commands;

/// <summary><c>allocations list|terminate</c>.</summary>
internal static class AllocationCommands
{
    // What one call takes.
    private const int MostAtOnce = 1000;

    public static void AddTo(CommandTree tree)
    {
        Command group = CommandTree.Group(tree.Root, "allocations", "what the edges relay now");
        Option<string?> edge = CommonSymbols.Text("--edge", "only those of this edge", "edge");
        Option<string?> realm = CommonSymbols.Text("--realm", "only those of this realm", "realm");
        Option<string?> user = CommonSymbols.Text("--user", "only those of this user", "user");
        Option<string?> tag = CommonSymbols.Text("--tag", "only those with this tag", "tag");
        Option<int> limit = CommonSymbols.Limit();
        tree.Add(group, "list", "lists live allocations; the edges are asked", [edge, realm, user, tag, limit], async context =>
        {
            SortedSet<string> unreachable = new(StringComparer.Ordinal);
            ListAllocationsRequest request = new()
            {
                Parent = Names.Edge(context.Get(edge) ?? "-"),
                Realm = context.Get(realm) ?? "",
                User = context.Get(user) ?? "",
                Tag = context.Get(tag) ?? "",
            };
            ListAllocationsResponse response = await Pages.ReadAsync(
                context.Get(limit),
                async (token, size) =>
                {
                    ListAllocationsResponse page = await context.Server.Fleet.ListAllocationsAsync(
                        new ListAllocationsRequest(request) { PageSize = size, PageToken = token }, cancellationToken: context.Cancellation);
                    unreachable.UnionWith(page.Unreachable);
                    return page;
                },
                page => page.Allocations, page => page.NextPageToken, context.Printer);
            response.Unreachable.Clear();
            response.Unreachable.AddRange(unreachable);
            if (unreachable.Count > 0)
            {
                context.Printer.Note($"no answer from {string.Join(", ", unreachable)}; what they relay is missing here");
            }
            context.Printer.Write(response, () => Listing.Of(
                ["allocation", "realm", "user", "tag", "over", "client", "relayed", "began", "to peers, bytes#", "to client, bytes#"],
                response.Allocations.Select(Row)));
        });

        Argument<string[]> names = new("allocations") { Description = "edges/…/allocations/…, as the list shows them", Arity = ArgumentArity.OneOrMore };
        tree.Add(group, "terminate", "ends allocations", [names], async context =>
        {
            string[] typed = [.. context.Get(names).Distinct()];
            ILookup<string, string> byEdge = typed.ToLookup(EdgeOf);
            foreach (IGrouping<string, string> onEdge in byEdge)
            {
                foreach (string[] some in onEdge.Chunk(MostAtOnce))
                {
                    await context.Server.Fleet.TerminateAllocationsAsync(
                        new TerminateAllocationsRequest { Parent = onEdge.Key, Names = { some } }, cancellationToken: context.Cancellation);
                }
            }
            context.Printer.Done(typed.Length == 1 ? $"{typed[0]} is ended" : $"{typed.Length} allocations are ended");
        });
    }

    private static string EdgeOf(string name) => name.Split('/') is ["edges", { Length: > 0 } edge, "allocations", { Length: > 0 }]
        ? $"edges/{edge}"
        : throw new UsageException($"{name} is no allocation; allowed: edges/…/allocations/…, as `allocations list` shows them");

    private static string[] Row(Allocation allocation) =>
    [
        allocation.Name, allocation.Realm, allocation.User, allocation.Tag, allocation.Transport, allocation.ClientAddress,
        string.Join(' ', allocation.RelayedAddresses), Show.Time(allocation.StartTime),
        Show.Number(allocation.Counters?.BytesToPeers ?? 0), Show.Number(allocation.Counters?.BytesToClient ?? 0),
    ];
}
