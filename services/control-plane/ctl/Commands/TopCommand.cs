using System.CommandLine;
using Spectre.Console;
using Spectre.Console.Rendering;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Calls;
using Turnpike.Ctl.Output;

namespace Turnpike.Ctl.Commands;

/// <summary><c>top</c>: the fleet as it is now, and now.</summary>
internal static class TopCommand
{
    // Columns of a terminal that the table with everything in it takes.
    private const int WholeTable = 140;

    public static void AddTo(CommandTree tree)
    {
        Option<string?> region = CommonSymbols.Text("--region", "only edges of this region", "region");
        tree.Add(tree.Root, "top", "shows the edges and their load, live; as JSON a line for each change", [region], async context =>
        {
            WatchEdgesRequest request = new() { Region = context.Get(region) ?? "" };
            if (context.Printer.Json)
            {
                await FollowAsync(context, request, response => context.Printer.WriteLine(response, () => ""));
                return;
            }
            if (!context.Console.OutIsTerminal)
            {
                throw new UsageException("top draws on a terminal; use `edges list`, or --output json");
            }
            SortedDictionary<string, Edge> edges = new(StringComparer.Ordinal);
            IAnsiConsole screen = context.Console.Screen();
            await screen.Live(Screen(edges, context, screen.Profile.Width)).AutoClear(false).StartAsync(live => FollowAsync(context, request, response =>
            {
                if (response.Edge is null)
                {
                    return;
                }
                if (response.Gone)
                {
                    edges.Remove(response.Edge.Name);
                }
                else
                {
                    edges[response.Edge.Name] = response.Edge;
                }
                live.UpdateTarget(Screen(edges, context, screen.Profile.Width));
            }));
        });
    }

    private static Task FollowAsync(CommandContext context, WatchEdgesRequest request, Action<WatchEdgesResponse> take) =>
        Streams.FollowAsync(context, () => context.Server.Fleet.WatchEdges(request, cancellationToken: context.Cancellation), take);

    private static Rows Screen(SortedDictionary<string, Edge> edges, CommandContext context, int width)
    {
        IEnumerable<EdgeLoad> loads = edges.Values.Select(edge => edge.Load ?? new EdgeLoad());
        string total =
            $"{edges.Count} edges, {edges.Values.Count(edge => edge.State == Edge.Types.State.Ready)} ready   " +
            $"{Show.Number(loads.Sum(load => load.Allocations))} allocations   {Show.Number(loads.Sum(load => load.PacketsPerSecond))} packets/s   " +
            $"{Show.Number(loads.Sum(load => load.BitsPerSecond))} bits/s   {context.Connection.Server}";
        IRenderable table = width < WholeTable
            ? EdgeCommands.ShortTable(edges.Values)
            : EdgeCommands.Table(edges.Values, context.Console.Time.GetUtcNow());
        return new Rows(new Text(total), table);
    }
}
