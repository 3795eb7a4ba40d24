using Google.Protobuf.Collections;
using Spectre.Console;
using Spectre.Console.Rendering;
using Turnpike.Contracts.V1;

namespace Turnpike.Ctl.Output;

/// <summary>A scaling decision as people read it.</summary>
internal static class DecisionView
{
    private const int BarWidth = 20;

    public static IRenderable Of(ScalingDecision decision)
    {
        List<IRenderable> rows = [Headline(decision)];
        if (decision.Dimensions.Any(figures => figures.HasNeeded))
        {
            rows.Add(Dimensions(decision));
        }
        rows.AddRange(decision.Reasons.Select(reason => Line(reason.Limit ? "!" : "·", reason.Limit ? Color.Yellow : Color.Default, reason.Description)));
        rows.AddRange(Names("take back", decision.Undrain));
        rows.AddRange(Names("withdraw", decision.Withdraw));
        rows.AddRange(Names("drain", decision.Drain));
        return new Rows(rows);
    }

    /// <summary>The same on one line.</summary>
    public static string Line(ScalingDecision decision)
    {
        IEnumerable<string> parts =
        [
            Show.Time(decision.DecideTime), $"{Show.Id(decision.Name),6}", $"{What(decision),-22}",
            Part("take back", decision.Undrain), Part("withdraw", decision.Withdraw), Part("drain", decision.Drain),
            string.Join("; ", decision.Reasons.Select(reason => reason.Description)),
        ];
        return string.Join("  ", parts.Where(part => part.Length > 0));
    }

    private static Text Headline(ScalingDecision decision)
    {
        Color color = decision.Action switch
        {
            ScalingDecision.Types.Action.ScaleUp => Color.Green,
            ScalingDecision.Types.Action.ScaleDown => Color.Yellow,
            _ => Color.Default,
        };
        string draining = decision.CurrentReplicas > decision.InService ? $", {decision.CurrentReplicas - decision.InService} draining" : "";
        return new Text($"{What(decision)}{draining}   ({Replicas(decision)}{(decision.DryRun ? ", dry run" : "")})", new Style(color, decoration: Decoration.Bold));
    }

    private static string What(ScalingDecision decision) => decision.Action switch
    {
        ScalingDecision.Types.Action.ScaleUp => $"scale up {decision.InService} → {decision.Desired}",
        ScalingDecision.Types.Action.ScaleDown => $"scale down {decision.InService} → {decision.Desired}",
        _ => $"stay at {decision.InService}",
    };

    private static string Replicas(ScalingDecision decision) => decision.DesiredReplicas == decision.CurrentReplicas
        ? $"{decision.CurrentReplicas} replicas"
        : $"{decision.CurrentReplicas} → {decision.DesiredReplicas} replicas";

    // What is not counted is left out: nobody knows its capacity.
    private static Table Dimensions(ScalingDecision decision) => Listing.Of(
        ["", "load#", "+ buffer#", "capacity#", "an edge#", "used", "#", "target#", "needs#"],
        decision.Dimensions.Where(figures => figures.HasNeeded).Select(figures => (string[])
        [
            Show.Word(figures.Dimension),
            Show.Number(figures.Load),
            Show.Number(figures.Buffer),
            Show.Number(figures.Capacity),
            Show.Number(figures.EdgeCapacity),
            Bar(figures),
            figures.Capacity > 0 ? Show.Share(figures.Load / figures.Capacity) : "-",
            Show.Share(figures.Target),
            // Rounded up: a little more than one edge is not one.
            Show.Number(Math.Ceiling((figures.Needed * 10) - 1e-6) / 10) + (figures.Needed >= decision.Needed ? " ◄" : "  "),
        ]));

    // The target is marked in it.
    private static string Bar(ScalingFigures figures)
    {
        double used = figures.Capacity > 0 ? Math.Clamp(figures.Load / figures.Capacity, 0, 1) : 0;
        char[] bar = [.. Enumerable.Range(0, BarWidth).Select(place => place < (int)Math.Round(used * BarWidth) ? '█' : '░')];
        int mark = Math.Clamp((int)Math.Round(figures.Target * BarWidth) - 1, 0, BarWidth - 1);
        bar[mark] = bar[mark] == '█' ? '▓' : '│';
        return new string(bar);
    }

    private static IEnumerable<IRenderable> Names(string what, RepeatedField<string> names) =>
        names.Count == 0 ? [] : [Line("→", Color.Default, $"{what}: {string.Join(", ", names.Select(name => Show.Id(name)))}")];

    private static Text Line(string mark, Color color, string text) => new($"  {mark} {SafeText.Line(text)}", new Style(color));

    private static string Part(string what, RepeatedField<string> names) => names.Count == 0 ? "" : $"{what} {string.Join(", ", names.Select(name => Show.Id(name)))}";
}
