using System.CommandLine;
using Spectre.Console;
using Turnpike.Contracts.V1;
using Turnpike.Ctl.Calls;
using Turnpike.Ctl.Output;

namespace Turnpike.Ctl.Commands;

/// <summary><c>explain</c>, <c>policy</c> and <c>decisions</c>: how many edges there should be, and why.</summary>
internal static class ScalingCommands
{
    public static void AddTo(CommandTree tree)
    {
        AddExplain(tree);
        tree.Add(tree.Root, "policy", "shows how the fleet is scaled", [], async context =>
        {
            ScalingPolicy policy = await context.Server.Scaling.GetScalingPolicyAsync(
                new GetScalingPolicyRequest { Name = "scalingPolicy" }, cancellationToken: context.Cancellation);
            context.Printer.Write(policy, () => PolicyTable(policy));
        });
        AddDecisions(tree);
    }

    private static void AddExplain(CommandTree tree)
    {
        Option<double?> load = CommonSymbols.Number("--load", "as if the load were so many times what it is", "factor", "2 or 0.5");
        Option<int?> min = CommonSymbols.WholeNumber("--min", "as if so few edges were allowed", "count");
        Option<int?> max = CommonSymbols.WholeNumber("--max", "as if so many edges were allowed", "count");
        Option<int?> target = CommonSymbols.WholeNumber("--target", "as if an edge were to use so much of its capacity", "percent");
        Option<int?> buffer = CommonSymbols.WholeNumber("--buffer", "as if so many edges were kept free", "count");
        tree.Add(tree.Root, "explain", "explains how many edges there should be now, and does nothing", [load, min, max, target, buffer], async context =>
        {
            ExplainScalingRequest request = new() { Policy = Policy(context, min, max, target, buffer) };
            if (context.Get(load) is double factor)
            {
                request.LoadFactor = factor;
            }
            ScalingDecision decision = await context.Server.Scaling.ExplainScalingAsync(request, cancellationToken: context.Cancellation);
            context.Printer.Write(decision, () => DecisionView.Of(decision));
        });
    }

    private static ScalingPolicy? Policy(CommandContext context, Option<int?> min, Option<int?> max, Option<int?> target, Option<int?> buffer)
    {
        if ((context.Get(min) ?? context.Get(max) ?? context.Get(target) ?? context.Get(buffer)) is null)
        {
            return null;
        }
        ScalingPolicy policy = new();
        if (context.Get(min) is int fewest)
        {
            policy.MinReplicas = fewest;
        }
        if (context.Get(max) is int most)
        {
            policy.MaxReplicas = most;
        }
        if (context.Get(target) is int percent)
        {
            policy.Targets.Add(new ScalingTarget { Utilization = percent / 100.0 });
        }
        if (context.Get(buffer) is int edges)
        {
            policy.Buffer = new ScalingBuffer { Edges = edges };
        }
        return policy;
    }

    private static void AddDecisions(CommandTree tree)
    {
        Option<bool> follow = new("--follow", "-f") { Description = "goes on with each new one, and comes back when the control plane does" };
        Option<int> limit = new("--limit") { Description = "how many at most; 0: all", HelpName = "count", DefaultValueFactory = _ => 20 };
        tree.Add(tree.Root, "decisions", "shows how the fleet was scaled, oldest first; with --follow as JSON a line each", [follow, limit], async context =>
        {
            if (context.Get(follow))
            {
                string last = "";
                await Streams.FollowAsync(
                    context,
                    () => context.Server.Scaling.WatchDecisions(new WatchDecisionsRequest(), cancellationToken: context.Cancellation),
                    response => last = Take(context, response.Decision, last));
                return;
            }
            ListDecisionsResponse response = await Pages.ReadAsync(
                context.Get(limit),
                async (token, size) => await context.Server.Scaling.ListDecisionsAsync(
                    new ListDecisionsRequest { PageSize = size, PageToken = token }, cancellationToken: context.Cancellation),
                page => page.Decisions, page => page.NextPageToken, context.Printer);
            context.Printer.Write(response, () => new Rows(response.Decisions.Reverse().Select(decision => new Text(SafeText.Line(DecisionView.Line(decision))))));
        });
    }

    // A stream that is opened again begins with the decision that was the last one.
    private static string Take(CommandContext context, ScalingDecision? decision, string last)
    {
        if (decision is null || decision.Name == last)
        {
            return last;
        }
        context.Printer.WriteLine(decision, () => DecisionView.Line(decision));
        return decision.Name;
    }

    private static Table PolicyTable(ScalingPolicy policy) => Listing.Of(
        ("replicas", $"{policy.MinReplicas} to {policy.MaxReplicas}"),
        ("target", string.Join(", ", policy.Targets.GroupBy(target => target.Utilization).OrderByDescending(group => group.Count())
            .Select((group, index) => $"{Show.Share(group.Key)}{(index == 0 ? "" : $" of {string.Join(", ", group.Select(target => Show.Word(target.Dimension)))}")}"))),
        ("buffer", $"{policy.Buffer?.Edges} {(policy.Buffer?.Edges == 1 ? "edge" : "edges")}, {policy.Buffer?.Percent} %, or what comes in {Show.Length(policy.Buffer?.ProvisioningTime)}: the largest"),
        ("scale up", Rules(policy.ScaleUp)),
        ("scale down", Rules(policy.ScaleDown)),
        ("schedule", policy.Schedule.Count == 0 ? "-" : string.Join('\n', policy.Schedule)),
        ("dry run", policy.DryRun ? "yes" : "no"));

    private static string Rules(ScalingRules? rules) => rules is null ? "-"
        : rules.SelectPolicy == ScalingRules.Types.SelectPolicy.Disabled ? "never"
        : $"beyond {Show.Share(rules.Tolerance)}, for {Show.Length(rules.StabilizationWindow)}, "
            + (rules.Policies.Count == 0
                ? "as many as are needed"
                : $"{(rules.SelectPolicy == ScalingRules.Types.SelectPolicy.Min ? "the least" : "the most")} of "
                    + string.Join(", ", rules.Policies.Select(rate => $"{rate.Value}{(rate.Type == RatePolicy.Types.Type.Percent ? " %" : "")} in {Show.Length(rate.Period)}")));
}
