using System.CommandLine;
using Spectre.Console;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Calls;
using Turnpike.Ctl.Output;
using Turnpike.Ctl.Values;

namespace Turnpike.Ctl.Commands;

/// <summary><c>edges list|drain|undrain</c>.</summary>
internal static class EdgeCommands
{
    public static void AddTo(CommandTree tree)
    {
        Command group = CommandTree.Group(tree.Root, "edges", "the relays");
        Option<string?> region = CommonSymbols.Text("--region", "only those of this region", "region");
        Option<int> limit = CommonSymbols.Limit();
        tree.Add(group, "list", "lists the edges that are alive", [region, limit], async context =>
        {
            ListEdgesResponse response = await Pages.ReadAsync(
                context.Get(limit),
                async (token, size) => await context.Server.Fleet.ListEdgesAsync(
                    new ListEdgesRequest { Region = context.Get(region) ?? "", PageSize = size, PageToken = token }, cancellationToken: context.Cancellation),
                page => page.Edges, page => page.NextPageToken, context.Printer);
            context.Printer.Write(response, () => Table(response.Edges, context.Console.Time.GetUtcNow()));
        });

        Argument<string> name = CommonSymbols.Name("edge", "its name as the list shows it");
        Option<string?> deadline = CommonSymbols.Text("--deadline", "how long allocations may go on [the edge's own setting]", "time");
        tree.Add(group, "drain", "takes an edge out of service: nothing new, and what is there ends by itself", [name, deadline], async context =>
        {
            DrainEdgeRequest request = new() { Name = Names.Edge(context.Get(name)), Deadline = Lengths.Read("--deadline", context.Get(deadline)) };
            Write(context, await context.Server.Fleet.DrainEdgeAsync(request, cancellationToken: context.Cancellation));
        });

        tree.Add(group, "undrain", "puts a draining edge back into service", [name], async context =>
            Write(context, await context.Server.Fleet.UndrainEdgeAsync(
                new UndrainEdgeRequest { Name = Names.Edge(context.Get(name)) }, cancellationToken: context.Cancellation)));
    }

    public static Table Table(IEnumerable<Edge> edges, DateTimeOffset now) => Listing.Of(
        ["edge", "region", "state", "load", "#", "allocations#", "relay ports#", "packets/s#", "bits/s#", "busy#", "heard of#"],
        edges.Select(edge => (Edge: edge, Load: edge.Load ?? new EdgeLoad(), Capacity: edge.Capacity ?? new EdgeCapacity())).Select(entry => (string[])
        [
            Show.Id(entry.Edge.Name),
            entry.Edge.Region,
            Show.Word(entry.Edge.State) + (entry.Edge.Degraded ? ", degraded" : ""),
            Bar(entry.Edge.Saturation),
            Show.Share(entry.Edge.Saturation),
            Of(entry.Load.Allocations, entry.Capacity.Allocations),
            Of(entry.Load.RelayPorts, entry.Capacity.RelayPorts),
            Show.Number(entry.Load.PacketsPerSecond),
            Show.Number(entry.Load.BitsPerSecond),
            Show.Share(entry.Load.ShardBusy),
            entry.Edge.ReportTime is { } reported ? $"{Math.Max(0, (now - reported.ToDateTimeOffset()).TotalSeconds):0} s ago" : "-",
        ]));

    /// <summary>What matters most, for a narrow terminal.</summary>
    public static Table ShortTable(IEnumerable<Edge> edges) => Listing.Of(
        ["edge", "state", "load#", "allocations#", "bits/s#"],
        edges.Select(edge => (string[])
        [
            Show.Id(edge.Name), Show.Word(edge.State), Show.Share(edge.Saturation), Show.Number(edge.Load?.Allocations ?? 0), Show.Number(edge.Load?.BitsPerSecond ?? 0),
        ]));

    private static string Of(long load, long capacity) => capacity == 0 ? Show.Number(load) : $"{Show.Number(load)} / {Show.Number(capacity)}";

    private static string Bar(double share)
    {
        int filled = (int)Math.Round(Math.Clamp(share, 0, 1) * 10);
        return new string('█', filled) + new string('░', 10 - filled);
    }

    private static void Write(CommandContext context, Edge edge) =>
        context.Printer.Write(edge, () => Table([edge], context.Console.Time.GetUtcNow()));
}
