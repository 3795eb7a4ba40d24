using System.CommandLine;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Calls;
using Turnpike.Ctl.Output;
using Turnpike.Ctl.Values;

namespace Turnpike.Ctl.Commands;

/// <summary><c>usage</c>.</summary>
internal static class UsageCommand
{
    public static void AddTo(CommandTree tree)
    {
        Option<string?> realm = CommonSymbols.Realm("turnpike");
        Option<string?> bucket = CommonSymbols.OneOf("--bucket", "the length of a row [hour]", "minute", "hour", "day");
        Option<string?> by = CommonSymbols.OneOf("--by", "tells apart", "tag", "user");
        Option<string?> key = CommonSymbols.Text("--key", "only this tag or user, as --by says", "text");
        Option<string?> since = CommonSymbols.Text("--since", "from then on, or so long ago [24h before --until]", "time");
        Option<string?> until = CommonSymbols.Text("--until", "up to then, or so long ago [now]", "time");
        Option<int> limit = CommonSymbols.Limit();
        tree.Add(tree.Root, "usage", "shows what was relayed for whom", [realm, bucket, by, key, since, until, limit], async context =>
        {
            if (context.Get(key) is not null && context.Get(by) is null)
            {
                throw new UsageException("--key: --by says what it is; allowed: --by tag, --by user");
            }
            QueryUsageRequest request = new()
            {
                Parent = context.Options.Realm(context.Get(realm)),
                Bucket = Enum.Parse<UsageBucket>(context.Get(bucket) ?? nameof(UsageBucket.Unspecified), ignoreCase: true),
                GroupBy = Enum.Parse<UsageGrouping>(context.Get(by) ?? nameof(UsageGrouping.Unspecified), ignoreCase: true),
                Key = context.Get(key) ?? "",
                StartTime = Lengths.ReadMoment("--since", context.Get(since), context.Console.Time),
                // The pages are of one range, whenever each of them is read.
                EndTime = Lengths.ReadMoment("--until", context.Get(until) ?? "0s", context.Console.Time),
            };
            QueryUsageResponse response = await Pages.ReadAsync(
                context.Get(limit),
                async (token, size) => await context.Server.Usage.QueryUsageAsync(
                    new QueryUsageRequest(request) { PageSize = size, PageToken = token }, cancellationToken: context.Cancellation),
                page => page.Rows, page => page.NextPageToken, context.Printer);
            context.Printer.Write(response, () => Listing.Of(
                ["from", context.Get(by) ?? "realm", "to peers, bytes#", "to clients, bytes#", "packets#", "allocations#", "their time#"],
                response.Rows.Select(row => Row(row, request.Parent))));
        });
    }

    private static string[] Row(UsageRow row, string realm)
    {
        UsageTotals totals = row.Totals ?? new UsageTotals();
        return
        [
            Show.Time(row.StartTime), row.Key.Length > 0 ? row.Key : Show.Id(realm), Show.Number(totals.BytesToPeers), Show.Number(totals.BytesToClients),
            Show.Number((double)totals.PacketsToPeers + totals.PacketsToClients), Show.Number(totals.Allocations), Show.Length(totals.AllocationTime),
        ];
    }
}
